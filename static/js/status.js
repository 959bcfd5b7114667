// Without this, nobody is told that the connection is lost, back, or slow.
const status = document.getElementById('status');
const PATIENCE = 2000; // most interruptions are over before anyone needs to know
const NOTED = 3000;

let slow = false;
let later = null;

function say(word) {
  clearTimeout(later);
  const sentence = status.dataset[word] ?? '';
  if (status.textContent !== sentence) status.textContent = sentence;
  status.dataset.state = word;
}

function sayLater(word, delay) {
  clearTimeout(later);
  later = setTimeout(say, delay, word);
}

const calm = () => (slow ? 'slow' : '');
const troubled = () => ['reconnecting', 'offline'].includes(status.dataset.state);

function trouble() {
  if (!troubled()) sayLater(navigator.onLine ? 'reconnecting' : 'offline', PATIENCE);
}

function word() {
  if (troubled()) say('reconnected');
  if (status.dataset.state === 'reconnected') sayLater(calm(), NOTED);
  else clearTimeout(later);
}

function turn(toSlow) {
  slow = toSlow;
  say(calm());
}

if (status) {
  document.addEventListener('ephemera:trouble', trouble);
  document.addEventListener('ephemera:word', word);
  document.addEventListener('ephemera:slow', () => turn(true));
  document.addEventListener('ephemera:endless', () => turn(false));
  window.addEventListener('offline', () => say('offline'));
}
