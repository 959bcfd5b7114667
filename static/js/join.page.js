// Without this, a code behind the # of an invitation link must be typed by hand.
const field = document.getElementById('join-code');
const code = decodeURIComponent(location.hash.slice(1)).trim();

if (field && /^[0-9A-Za-z][0-9A-Za-z -]{8,14}$/.test(code)) {
  field.value = code;
  history.replaceState(null, '', location.pathname + location.search); // a code in the address bar gets into screenshots
  document.getElementById('join-nickname')?.focus();
}
