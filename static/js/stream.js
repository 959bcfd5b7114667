// Without this, a connection that died silently is not noticed, and a network that holds streams back shows nothing new.
const SILENCE = 40_000; // heartbeats come every 15 s: this is two of them lost
const SUSPECT = 20_000; // after sleep or a tunnel, less patience
const POCKET = 5_000; // hidden for longer, a page trusts no stream
const FIRST_WORD = 6_000;
const RETRY_ENDLESS = 600_000;
const SLOW = 'ephemera:slow';
const RELOADED = 'ephemera:reloaded';

const stream = () => document.getElementById('stream');
const connection = () => stream()?._htmx?.sse;

let lastWord = Date.now();
let heard = false;
let failed = false;
let finite = false;
let hiddenAt = 0;
let cursor = stream()?.dataset.cursor;

// status.js says it in words
const tell = (what) => document.dispatchEvent(new CustomEvent(`ephemera:${what}`));

// A new element, because the old one's loop goes on for as long as the old one is in the page.
function replace(query, settings, trigger) {
  const old = stream();
  if (!old) return;
  const fresh = old.cloneNode(false);
  fresh.removeAttribute('data-htmx-powered');
  fresh.setAttribute('hx-sse:connect', `${old.dataset.events}?${query}after=${cursor}`);
  fresh.setAttribute('hx-config', `sse.pauseOnBackground:false ${settings}`);
  fresh.setAttribute('hx-trigger', trigger);
  htmx.trigger(old, 'htmx:abort');
  const loop = old._htmx?.sse;
  old.replaceWith(fresh);
  loop?.delayCanceller?.();
  loop?.abortController?.abort();
  htmx.process(fresh);
}

function goFinite() {
  if (finite) return;
  finite = true;
  // 2.3 s less a tenth of jitter: never more than one request in two seconds
  replace('once=1&', 'sse.reconnectDelay:2300 sse.reconnectJitter:0.1 sse.connectTimeout:40000', 'load, every 45s');
}

function goEndless() {
  tell('endless');
  finite = false;
  heard = false;
  lastWord = Date.now();
  replace('', 'sse.connectTimeout:15000', 'load, every 20s');
  expectFirstWord();
}

function goSlow() {
  goFinite();
  sessionStorage.setItem(SLOW, '1');
  tell('slow');
  setTimeout(goEndless, RETRY_ENDLESS);
}

function expectFirstWord() {
  setTimeout(() => { if (stream() && !heard && !failed && !finite && navigator.onLine) goSlow(); }, FIRST_WORD);
}

function word(event) {
  lastWord = Date.now();
  cursor = event.detail.message.id || cursor;
  failed = false;
  if (!finite && !heard) sessionStorage.removeItem(SLOW);
  heard = true;
  tell('word');
}

function probe(patience) {
  if (Date.now() - lastWord < (finite && patience ? SILENCE : patience)) return;
  const loop = connection();
  tell('trouble');
  if (loop?.reader) loop.reader.cancel();
  else if (loop?.delayCanceller) { loop.attempt = 1; loop.delayCanceller(); }
  else if (!loop && stream()) htmx.trigger(stream(), 'every', {}, false);
  lastWord = Date.now() - SUSPECT / 2;
}

function gone() {
  const last = Number(sessionStorage.getItem(RELOADED));
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
}

function trouble(code) {
  failed = true;
  if (code === 404) gone();
  else tell('trouble');
}

if (stream()) {
  const mine = (event) => event.target.id === 'stream';
  document.addEventListener('htmx:sse:before:message', (event) => { if (mine(event)) word(event); });
  document.addEventListener('htmx:sse:error', (event) => { if (mine(event)) trouble(event.detail.status); });
  document.addEventListener('htmx:response:error', (event) => { if (mine(event)) trouble(event.detail.ctx.response.status); });
  document.addEventListener('htmx:error', (event) => { if (mine(event)) trouble(); });
  document.addEventListener('finite', (event) => { if (mine(event)) setTimeout(goFinite); });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hiddenAt = Date.now();
    else probe(finite || Date.now() - hiddenAt < POCKET ? SUSPECT : 0);
  });
  window.addEventListener('pageshow', (event) => { if (event.persisted) probe(0); });
  window.addEventListener('online', () => probe(0));
  setInterval(() => probe(SILENCE), 5000);
  if (sessionStorage.getItem(SLOW)) setTimeout(goSlow);
  else expectFirstWord();
}
