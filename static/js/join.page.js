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

// Whoever has a seat in that room already goes there, instead of asking for another.
function placeOf() {
  const typed = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return [...document.querySelectorAll('.seated')].find(({ dataset }) => dataset.code === typed || code.startsWith(`${dataset.room}.`));
}

const isWord = /^[0-9a-f]{20}\.[\w-]{43}$/.test(code);

if (field && (isWord || /^[0-9A-Za-z][0-9A-Za-z -]{8,14}$/.test(code))) {
  const place = placeOf();
  if (place) {
    place.hidden = false;
    field.form.hidden = true;
  }
  field.value = code;
  if (isWord) invite();
  history.replaceState(null, '', location.pathname + location.search); // a code in the address bar gets into screenshots
  if (!place) document.getElementById('join-nickname')?.focus();
}
