// Without this, a connection that died silently is not noticed, and a network that holds streams back shows nothing new.
const SILENCE = 40_000; // heartbeats come every 15 s: this is two of them lost
const SUSPECT = 20_000; // after sleep or a tunnel, less patience
const POCKET = 5_000; // hidden for longer, a page trusts no stream
const FIRST_WORD = 6_000;
const RETRY_ENDLESS = 600_000;
const SLOW = 'ephemera:slow';
const ENDED = [200, 403, 404, 410];

const stream = () => document.getElementById('stream');
const connection = () => stream()?._htmx?.sse;

let lastWord = Date.now();
let heard = false;
let failed = false;
let finite = false;
let looking = false;
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
  replace('once=1&', 'sse.reconnectDelay:2300 sse.reconnectJitter:0.1 sse.reconnectMaxDelay:15000 sse.connectTimeout:40000', 'load, every 45s');
}

function goEndless() {
  tell('endless');
  finite = false;
  heard = false;
  lastWord = Date.now();
  replace('', 'sse.connectTimeout:15000 sse.reconnectMaxDelay:15000', 'load, every 20s');
  expectFirstWord();
}

function goSlow() {
  goFinite();
  ephemera.remember(SLOW, '1');
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
  if (!finite && !heard) ephemera.forget(SLOW);
  heard = true;
  tell('word');
}

function hurry() {
  const loop = connection();
  if (!loop?.delayCanceller) return;
  loop.attempt = 1;
  loop.delayCanceller();
}

function probe(patience) {
  if (Date.now() - lastWord < (finite && patience ? SILENCE : patience)) return;
  const loop = connection();
  tell('trouble');
  if (loop?.reader) loop.reader.cancel();
  else if (loop?.delayCanceller) hurry();
  else if (!loop && stream()) htmx.trigger(stream(), 'every', {}, false);
  lastWord = Date.now() - SUSPECT / 2;
}

// What stands at this address instead of the room, if that is our word; or nothing.
async function ending() {
  try {
    const answer = await fetch(location.href, { cache: 'no-store', headers: { Accept: 'text/html' } });
    const page = ephemera.isOurs(answer) && ENDED.includes(answer.status) ? await answer.text() : '';
    return page.includes('id="stream"') ? null : page;
  } catch {
    return null;
  }
}

// Put into this page, not loaded: who loads a page anew and gets it from something in front has lost this one.
async function end(page) {
  const ctx = { sourceElement: stream(), request: { action: location.pathname } };
  await htmx.swap({ ...ctx, text: page, target: '#room', select: 'main', swap: 'outerHTML' });
  await htmx.swap({ ...ctx, text: '', target: '#stream', swap: 'delete' });
}

// Something in front that answers 404 while it starts again does not speak for us.
async function look() {
  if (looking) return;
  looking = true;
  const page = await ending();
  looking = false;
  if (page && stream()) await end(page);
  else tell('trouble');
}

function trouble(code) {
  failed = true;
  if (code === 404) look();
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
  document.addEventListener('ephemera:reached', () => { if (failed) hurry(); });
  setInterval(() => probe(SILENCE), 5000);
  if (ephemera.recall(SLOW)) setTimeout(goSlow);
  else expectFirstWord();
}
