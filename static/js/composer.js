// Without this, Enter breaks the line instead of sending, and a draft does not survive a reload.
const DRAFT = `ephemera:draft:${location.pathname}`;
const form = () => document.getElementById('composer');
const area = () => document.getElementById('text');
const error = () => document.getElementById('composer-error');
const fitsItself = window.CSS?.supports('field-sizing', 'content');
const length = (text) => [...text].length;

let sent = null; // what is on its way
let failed = null; // what was sent under the present key without an answer

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function keep() {
  const text = area().value;
  if (text || failed !== null) sessionStorage.setItem(DRAFT, JSON.stringify({ text, failed, key: form().elements.key.value }));
  else sessionStorage.removeItem(DRAFT);
}

function restore() {
  const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? 'null');
  if (!draft || area().value) return;
  area().value = draft.text;
  if (draft.failed === null) return;
  failed = draft.failed; // it may have arrived: the same key makes a second try the same message
  form().elements.key.value = draft.key;
}

function fit() {
  if (fitsItself) return;
  area().style.setProperty('height', 'auto');
  area().style.setProperty('height', `${area().scrollHeight + 2}px`);
}

function count() {
  const left = Number(area().dataset.limit) - length(area().value);
  const place = document.getElementById('composer-room');
  const words = left < 0 ? place.dataset.over : place.dataset.words;
  place.textContent = left < 500 ? words.replace('{n}', Math.abs(left)) : '';
  place.toggleAttribute('data-over-limit', left < 0);
}

function typed() {
  if (failed !== null && area().value !== failed) {
    failed = null;
    form().elements.key.value = newKey();
  }
  keep();
  fit();
  count();
}

function excuse() {
  error().textContent = '';
  area().removeAttribute('aria-invalid');
}

function notSent() {
  failed = sent;
  sent = null;
  error().textContent = form().dataset.failed;
  keep();
}

const isPost = (event) => event.detail.ctx?.request.action.endsWith('/messages');
const isReply = ({ detail: { ctx } }) => ctx?.response?.status < 300 && /\/composer(\?|$)/.test(ctx.request.action);
const accepted = (ctx) => ctx.response?.status < 300;
let typedMeanwhile = '';

function beforeSwap({ detail: { ctx } }) {
  const now = area().value;
  typedMeanwhile = now === sent ? '' : now.startsWith(sent) ? now.slice(sent.length).trimStart() : now;
}

function afterSwap({ detail: { ctx } }) {
  if (ctx.swap === 'none' || !form()) return;
  sent = null;
  failed = null;
  if (accepted(ctx) || typedMeanwhile) area().value = typedMeanwhile;
  typed();
}

// A composer for a reply keeps what was typed; what may have been sent before is another message.
function replied() {
  failed = null;
  area().value = typedMeanwhile;
  typed();
  area().focus();
}

function forget() {
  sessionStorage.removeItem(DRAFT);
}

if (form()) {
  restore();
  typed();
  document.addEventListener('input', (event) => { if (event.target.id === 'text') { excuse(); typed(); } });
  document.addEventListener('keydown', (event) => {
    if (event.target.id === 'text' && event.key === 'Escape') document.querySelector('#composer-reply a')?.click();
    if (event.target.id !== 'text' || event.key !== 'Enter') return;
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (sent === null && area().value.trim()) form().requestSubmit();
  });
  document.addEventListener('htmx:before:request', (event) => {
    if (!isPost(event)) return;
    sent = area().value;
    error().textContent = '';
  });
  document.addEventListener('htmx:before:swap', (event) => {
    if (isPost(event)) beforeSwap(event);
    else if (isReply(event)) typedMeanwhile = area().value;
  });
  document.addEventListener('htmx:after:swap', (event) => {
    if (isPost(event)) afterSwap(event);
    else if (isReply(event)) replied();
  });
  document.addEventListener('htmx:finally:request', (event) => { if (isPost(event) && sent !== null && form()) notSent(); });
  // Leaving takes the draft along: the room forgets, and so does this tab.
  document.addEventListener('submit', (event) => { if (/\/(leave|close)$/.test(event.target.action)) forget(); });
  new MutationObserver(() => { if (!form()) forget(); }).observe(document.body, { childList: true });
}
