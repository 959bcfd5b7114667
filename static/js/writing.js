// Without this, nobody sees who is writing, and nobody is told that you are.
const place = document.getElementById('writing');
const choice = document.getElementById('tells-writing');
const OFF = 'ephemera:writing-off';
const PAUSE = 3000; // one signal in this time says it all
const LASTS = 5000;

const me = document.body.dataset.member;
const timers = new Map();
let told = 0;

function mayTell() {
  const own = document.getElementById(`member-${me}`);
  return choice.checked && own && !own.hasAttribute('data-muted') && own.parentNode.childElementCount > 1;
}

function tell() {
  if (Date.now() - told < PAUSE || !mayTell()) return;
  told = Date.now();
  fetch(place.dataset.to, { method: 'POST', headers: { Accept: '*/*' } }).catch(() => {}); // a signal may get lost
}

// "Ben and Cleo are writing…": the words around the names are drawn by the style sheet.
function phrase() {
  const writers = [...place.children].filter((writer) => writer.dataset.member !== me);
  const list = new Intl.ListFormat(document.documentElement.lang, { type: 'conjunction' });
  const left = [...writers];
  const [head, tail] = ephemera.counted(place.dataset.words, writers.length).split('{names}');
  let between = head;
  for (const { type, value } of list.formatToParts(writers.map((writer) => writer.textContent))) {
    if (type === 'literal') between += value;
    else { left.shift().dataset.before = between; between = ''; }
  }
  writers.forEach((writer, n) => { writer.dataset.after = n + 1 < writers.length ? '' : tail; });
}

function heard(records) {
  for (const writer of records.flatMap((record) => [...record.addedNodes])) {
    if (!writer.dataset) continue;
    const { member } = writer.dataset;
    clearTimeout(timers.get(member));
    timers.set(member, setTimeout(() => document.getElementById(`writing-${member}`)?.remove(), LASTS));
    if (!choice.checked) writer.remove();
  }
  phrase();
}

if (place) {
  choice.closest('label').hidden = false;
  choice.checked = ephemera.recall(OFF) === null;
  choice.addEventListener('change', () => {
    if (choice.checked) ephemera.forget(OFF);
    else ephemera.remember(OFF, '1');
    place.replaceChildren();
  });
  document.addEventListener('input', ({ target }) => { if (target.id === 'text' && target.value.trim()) tell(); });
  new MutationObserver(heard).observe(place, { childList: true });
  // What was written has been said.
  new MutationObserver((records) => {
    for (const line of records.flatMap((record) => [...record.addedNodes])) {
      if (line.dataset?.member) document.getElementById(`writing-${line.dataset.member}`)?.remove();
    }
  }).observe(document.getElementById('messages'), { childList: true });
}
