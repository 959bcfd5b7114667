// Without this, a code behind the # of an invitation link must be pasted by hand.
const field = document.getElementById('join-code');
const invited = document.getElementById('join-invited');
const hint = document.getElementById('join-code-hint');

// What stands in the address bar gets into screenshots.
function taken() {
  const hash = location.hash.slice(1);
  if (location.href.includes('#')) history.replaceState(history.state, '', location.pathname + location.search);
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash; // a stray % is for the server to read
  }
}

// What is not surely a code goes into the field as it is: the server reads it.
function read(typed) {
  const text = typed.normalize('NFKC');
  const word = text.match(/[0-9a-f]{20}\.[\w-]{43}/)?.[0];
  const code = text.split(/[/?&]/)[0].toUpperCase().replace(/[^0-9A-Z]/g, '');
  const shown = /^[0-9A-Z]{10}$/.test(code) ? `${code.slice(0, 5)}-${code.slice(5)}` : typed;
  return { word, shown: word ?? shown, code: code.replace(/O/g, '0').replace(/[IL]/g, '1') };
}

// The word of an invitation is long, and for nobody to read or to change.
function ask(shown, isWord) {
  field.value = shown;
  field.readOnly = isWord;
  field.className = isWord ? 'word' : 'code-input';
  field.labels[0].textContent = isWord ? invited.dataset.label : invited.dataset.code;
  invited.textContent = isWord ? invited.dataset.welcome : '';
  for (const told of [hint, document.getElementById('join-code-error')]) told?.remove();
  for (const name of ['aria-invalid', 'aria-describedby']) field.removeAttribute(name);
  if (!hint || isWord) return;
  field.after(hint);
  field.setAttribute('aria-describedby', hint.id);
}

// Whoever has a seat in that room already goes there, instead of asking for another.
function lead({ word, code }) {
  let isHeld = false;
  for (const place of document.querySelectorAll('.seated')) {
    const { dataset } = place;
    place.hidden = !(dataset.code === code || word?.startsWith(`${dataset.room}.`));
    isHeld ||= !place.hidden;
  }
  field.form.hidden = isHeld;
  if (!isHeld) document.getElementById('join-nickname').focus();
}

function follow() {
  const typed = taken();
  if (typed.replace(/[^\p{L}\p{N}]/gu, '').length < 10) return;
  const found = read(typed);
  ask(found.shown, Boolean(found.word));
  lead(found);
}

if (field) {
  follow();
  window.addEventListener('hashchange', follow); // a link that is followed on its own page loads nothing
}
