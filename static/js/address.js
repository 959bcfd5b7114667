// Without this, what the address of a new seat ends in (and nobody needs any more) stays in the address bar.
if (new URLSearchParams(location.search).has('fresh')) history.replaceState(null, '', location.pathname + location.hash);
