// Without this, a code behind the # of an invitation link must be typed by hand.
const field = document.getElementById('join-code');
const code = decoded(location.hash.slice(1)).trim();

function decoded(hash) {
  try {
    return decodeURIComponent(hash);
  } catch {
    return ''; // a stray % is no code
  }
}

// The word of an invitation is long, and for nobody to read or to change.
function invite() {
  field.readOnly = true;
  field.classList.replace('code-input', 'word');
  field.labels[0].textContent = document.getElementById('join-invited').dataset.label;
  document.getElementById('join-code-hint')?.remove();
  field.removeAttribute('aria-describedby');
  document.getElementById('join-invited').hidden = false;
}

const isWord = /^[0-9a-f]{20}\.[\w-]{43}$/.test(code);

if (field && (isWord || /^[0-9A-Za-z][0-9A-Za-z -]{8,14}$/.test(code))) {
  field.value = code;
  if (isWord) invite();
  history.replaceState(null, '', location.pathname + location.search); // a code in the address bar gets into screenshots
  document.getElementById('join-nickname')?.focus();
}
