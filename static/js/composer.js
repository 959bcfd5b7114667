// Without this, Enter breaks the line instead of sending, and a draft does not survive a reload.
const { recall, remember, forget, newKey, isOurs, draftName, LEFT, showKept } = ephemera;
const DRAFT = draftName();
const PATIENCE = 30_000; // whatever holds an answer back for longer holds it for ever
const READABLE = 2000;
const form = document.getElementById('composer');
const area = document.getElementById('text');
const error = document.getElementById('composer-error');
const fitsItself = window.CSS?.supports('field-sizing', 'content');
const length = (text) => [...text].length;
const slot = document.getElementById('composer-reply'); // holds what one replies to, if anything
const shelf = document.createElement('div'); // where the quotes of what is under way stand: their words may change, or go

const outbox = []; // what was sent and has not been accepted yet: each with its words, its key and its reply
let isSending = false;
let isComposing = false;
let isLeaving = false;
let refused = null; // why the outbox must come back into the field
let returned = null; // what came back, under the key that it was sent with
let readable = 0;
let excusing = null;

const replyIn = (place) => place?.querySelector('[name=reply]')?.value ?? null;
const unsent = () => [...outbox.map((entry) => entry.text), ...(area.value ? [area.value] : [])].join('\n');
const replyOfAll = () => replyIn(slot) ?? outbox.map((entry) => replyIn(entry.reply)).find(Boolean) ?? null;

function keep() {
  const text = unsent();
  const tried = outbox[0]?.text ?? returned?.text;
  const key = outbox[0]?.key ?? form.elements.key.value;
  if (text) remember(DRAFT, JSON.stringify({ text, tried, key, reply: replyOfAll() }));
  else forget(DRAFT);
  if (!form.isConnected && !isLeaving) showKept(text);
}

function restore() {
  const draft = JSON.parse(recall(DRAFT) ?? 'null');
  if (!draft || area.value) return;
  area.value = draft.text;
  if (draft.reply && !replyIn(slot)) askForReply(draft.reply);
  if (draft.tried === draft.text) comesBack(draft.key);
}

// It is a reply at once, and shows the words it replies to when they have come.
function askForReply(reply) {
  const mark = document.createElement('input');
  Object.assign(mark, { type: 'hidden', name: 'reply', value: reply });
  slot.replaceChildren(mark);
  htmx.ajax('GET', `${slot.dataset.from}?reply=${reply}`, { source: slot, target: slot, select: '#composer-reply > *', swap: 'innerHTML' });
}

// What was sent may have arrived: under the same key a second try is the same message.
function comesBack(key) {
  returned = { text: area.value, reply: replyIn(slot) };
  form.elements.key.value = key;
}

function fit() {
  if (fitsItself) return;
  area.style.setProperty('height', 'auto');
  area.style.setProperty('height', `${area.scrollHeight + 2}px`);
}

function count() {
  const left = Number(area.dataset.limit) - length(area.value);
  const place = document.getElementById('composer-room');
  const words = left < 0 ? place.dataset.over : place.dataset.words;
  place.textContent = left < 500 ? ephemera.counted(words, Math.abs(left)) : '';
  place.toggleAttribute('data-over-limit', left < 0);
}

function show() {
  keep();
  if (!form.isConnected) return;
  form.toggleAttribute('data-under-way', outbox.length > 0);
  fit();
  count();
}

// Other words, or another reply, are another message.
function compare() {
  if (!returned || (area.value === returned.text && replyIn(slot) === returned.reply)) return;
  returned = null;
  form.elements.key.value = newKey();
}

function excuse() {
  clearTimeout(excusing);
  error.textContent = '';
  area.removeAttribute('aria-invalid');
}

// An error goes when one types; but whoever was typing when it came could not have read it yet.
function typed() {
  clearTimeout(excusing);
  excusing = setTimeout(excuse, readable - Date.now());
  compare();
  show();
}

function take() {
  const isWaiting = refused !== null;
  if (isComposing) { area.blur(); area.focus(); } // the button was pressed: what is being composed is meant as it stands
  const text = area.value;
  if (!text.trim() || isWaiting) return;
  document.querySelector('#notice > .error')?.remove();
  const reply = document.createElement('div');
  reply.append(...slot.childNodes);
  shelf.append(reply);
  outbox.push({ text, reply, key: form.elements.key.value });
  form.elements.key.value = newKey();
  returned = null;
  area.value = '';
  area.focus(); // also from the button
  excuse();
  show();
  send();
}

// Returns nothing when the message was accepted, else the sentence that says why not, or '' when nobody said so.
async function refusalOf({ text, key, reply }) {
  const body = new URLSearchParams({ text, key });
  if (replyIn(reply)) body.set('reply', replyIn(reply));
  const giveUp = new AbortController();
  const late = setTimeout(() => giveUp.abort(), PATIENCE);
  try {
    const answer = await fetch(form.action, { method: 'POST', headers: { Accept: 'application/json' }, body, redirect: 'error', signal: giveUp.signal });
    const words = await answer.text();
    if (answer.status === 201) return null; // a page to sign in to a network is sent with 200
    if (!isOurs(answer) || answer.status === 404 || answer.status >= 500) return '';
    return JSON.parse(words).error.message;
  } catch {
    return '';
  } finally {
    clearTimeout(late);
  }
}

// Who can send can hear: a stream that was about to wait for its next try need not.
function accepted() {
  outbox.shift().reply.remove();
  document.dispatchEvent(new CustomEvent('ephemera:reached'));
}

// One after the other: nothing overtakes what was said before it.
async function send() {
  if (isSending || refused || !outbox.length) return;
  isSending = true;
  const refusal = await refusalOf(outbox[0]);
  isSending = false;
  if (refusal === null) accepted();
  else refused = { sentence: refusal };
  if (!form.isConnected) { refused = null; keep(); }
  else if (!refused) { show(); send(); }
  else comeBack();
}

function putBefore(words) {
  const { selectionStart, selectionEnd } = area;
  area.setRangeText(words, 0, 0);
  area.setSelectionRange(selectionStart + words.length, selectionEnd + words.length);
}

function replyAgain(replies) {
  const reply = replies.find(replyIn);
  if (reply && !replyIn(slot)) slot.replaceChildren(...reply.childNodes);
  for (const place of replies) place.remove();
}

// The words come back to where they were typed, before those typed since, and never into the middle of a composition.
function comeBack() {
  keep();
  if (isComposing) return;
  const { text, key } = outbox[0];
  const words = outbox.map((entry) => entry.text).join('\n');
  putBefore(area.value ? `${words}\n` : words);
  replyAgain(outbox.splice(0).map((entry) => entry.reply));
  if (area.value === text) comesBack(key);
  excuse();
  if (refused.sentence) area.setAttribute('aria-invalid', 'true');
  error.textContent = refused.sentence || form.dataset.failed;
  refused = null;
  readable = Date.now() + READABLE;
  show();
}

if (form) {
  shelf.hidden = true;
  form.after(shelf);
  forget(LEFT); // whoever is here has stayed
  restore();
  show();
  form.addEventListener('submit', (event) => { event.preventDefault(); take(); });
  area.addEventListener('input', typed);
  area.addEventListener('compositionstart', () => { isComposing = true; });
  area.addEventListener('compositionend', () => { isComposing = false; if (refused) comeBack(); });
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') slot.querySelector('a')?.click();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    take();
  });
  // The field keeps the focus, and a phone its keyboard, when the button is pressed.
  form.querySelector('.send').addEventListener('mousedown', (event) => event.preventDefault());
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target !== slot && ctx.target !== '#composer-reply') return;
    compare();
    keep();
    area.focus();
  });
  // Leaving takes the draft along: the room forgets, and so does this tab once it has arrived in the lobby.
  document.addEventListener('submit', (event) => {
    if (!/\/(leave|close)$/.test(event.target.action)) return;
    isLeaving = true;
    remember(LEFT, DRAFT);
  });
  const stay = () => { isLeaving = false; forget(LEFT); };
  window.addEventListener('pageshow', ({ persisted }) => { if (persisted) stay(); });
  document.getElementById('sheet').addEventListener('close', stay); // where one was asked
  new MutationObserver(() => { if (!form.isConnected) keep(); }).observe(document.body, { childList: true });
}
