// Without this, the log does not hold still under the reader, new messages are not counted, and times stay in UTC.
const log = document.getElementById('messages');
const scroll = document.getElementById('scroll');
const newer = document.getElementById('newer');
const name = document.title;
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat([], { weekday: 'long', day: 'numeric', month: 'long' });
const TOGETHER = 300; // seconds: what one member says within them stands under one name

let pinned = true;
let inView = []; // the lines that the reader sees, each with its place
let below = 0; // messages the reader has not scrolled to
let unread = 0; // messages that came while the reader was elsewhere
let resyncing = false;

const when = (line) => Number(line.dataset.at);
const isMessage = (line) => line.matches('.message');
const isSpeech = (line) => line.matches('.message:not(.action)');
const isMine = (line) => line.dataset.member === document.body.dataset.member;

function dress(line) {
  const before = line.previousElementSibling;
  const date = day.format(when(line) * 1000);
  const newDay = before ? day.format(when(before) * 1000) !== date : date !== day.format(Date.now());
  line.toggleAttribute('data-day', newDay);
  if (newDay) line.dataset.day = date;
  line.toggleAttribute('data-follows', Boolean(before) && !newDay && isSpeech(line) && isSpeech(before)
    && before.dataset.member === line.dataset.member && when(line) - when(before) < TOGETHER);
  const time = line.querySelector('time[data-local]');
  if (!time) return;
  const here = new Date(time.dateTime);
  time.title = exact.format(here);
  if (time.textContent !== clock.format(here)) time.textContent = clock.format(here);
}

const height = (line) => line.getBoundingClientRect().top - scroll.getBoundingClientRect().top;

// The scroller is a reversed column: its place is counted from the newest line, 0 and below.
const look = () => {
  pinned = scroll.scrollTop > -24;
  inView = pinned ? [] : [...log.children].map((line) => [line, height(line)]).filter(([line, top]) => top < scroll.clientHeight && top + line.offsetHeight > 0);
  if (pinned) below = 0;
  show();
};

function show() {
  if (!log.isConnected) return; // wiped: the title is not ours any more
  newer.hidden = below === 0;
  const words = ephemera.counted(newer.dataset.words, below);
  const label = newer.querySelector('span');
  if (below && label.textContent !== words) label.textContent = words;
  document.title = unread ? `(${unread}) ${name}` : name;
}

// A window beside others is in view, and yet nobody may look at it.
const isElsewhere = () => document.hidden || !document.hasFocus();

function back() {
  if (isElsewhere()) return;
  unread = 0;
  show();
}

function toNewest() {
  scroll.scrollTop = 0;
  look();
}

// Whatever comes, grows or goes elsewhere, the lines that the reader sees stay where they are.
function hold() {
  for (const [line, top] of inView) {
    const same = document.getElementById(line.id); // a message that was taken back has a notice in its place
    if (!same) continue;
    scroll.scrollTop += height(same) - top;
    break;
  }
  look();
}

function changed(records) {
  const whole = records.filter((record) => record.target === log);
  const lines = whole.flatMap((record) => [...record.addedNodes]).filter((node) => node.dataset?.at && node.isConnected);
  const behind = whole.map((record) => record.nextSibling?.nextElementSibling ?? record.nextSibling);
  for (const line of new Set([...lines, ...lines.map((line) => line.nextElementSibling), ...behind])) {
    if (line?.dataset?.at && line.isConnected) dress(line);
  }
  const news = resyncing ? [] : lines.filter((line) => isMessage(line) && !isMine(line));
  const own = !resyncing && lines.some((line) => isMessage(line) && isMine(line));
  if (isElsewhere()) unread += news.length;
  if (pinned || own || resyncing) toNewest();
  else {
    below += news.length;
    hold();
  }
}

if (log) {
  for (const line of log.children) dress(line);
  new MutationObserver(changed).observe(log, { childList: true, subtree: true });
  new ResizeObserver(() => { if (pinned) scroll.scrollTop = 0; }).observe(scroll);
  scroll.addEventListener('scroll', look, { passive: true });
  newer.addEventListener('click', () => { toNewest(); log.focus({ preventScroll: true }); });
  document.addEventListener('visibilitychange', back);
  window.addEventListener('focus', back);
  // After a resync everything is new to the page but not to the reader: keep a screen reader from saying it all again.
  document.addEventListener('resync', () => {
    resyncing = true;
    log.setAttribute('aria-busy', 'true');
    log.setAttribute('aria-live', 'off');
  });
  document.addEventListener('htmx:sse:after:message', (event) => {
    if (!resyncing || event.detail.message.event) return;
    setTimeout(() => {
      resyncing = false;
      log.removeAttribute('aria-busy');
      log.setAttribute('aria-live', 'polite');
    }, 500);
  });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-hide]')) event.target.closest('#notice')?.replaceChildren();
  });
  look();
}
