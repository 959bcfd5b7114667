// Without this, the line of the room's remaining life, the words beside it and the time until which it waits for a guest stand still, and neither away members nor disappearing messages fade.
const life = document.getElementById('life');
const words = document.getElementById('left');
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });

const unit = (value, name) => new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit: name, unitDisplay: 'long' }).format(value);

function inWords(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return unit(Math.max(0, Math.floor(seconds)), 'second');
  if (minutes < 60) return unit(minutes, 'minute');
  const rest = minutes % 60;
  return unit(Math.floor(minutes / 60), 'hour') + (rest ? ` ${unit(rest, 'minute')}` : '');
}

if (life) {
  // Counted on this page's own clock from what the server said: a wrong date on the device does no harm.
  const began = performance.now();
  const atServer = Number(life.dataset.now);
  const now = () => atServer + (performance.now() - began) / 1000;

  function tick() {
    if (!life.isConnected) return;
    const left = Number(life.dataset.until) - now();
    life.value = Math.max(0, left);
    const sentence = inWords(left);
    if (words.textContent !== sentence) words.textContent = sentence;
    wait();
    setTimeout(tick, left < 120 ? 1000 : 15_000);
  }

  // Every minute that this page is open, the room will wait a minute longer.
  function wait() {
    const until = document.getElementById('waits-until');
    if (!until) return;
    const kept = Math.max(Number(life.dataset.guest), Number(document.getElementById('rules').dataset.grace));
    const sentence = clock.format(Math.min(now() + kept, Number(life.dataset.until)) * 1000);
    if (until.textContent !== sentence) until.textContent = sentence;
  }

  function fade(member) {
    member.style.setProperty('--since', `${Math.min(0, Number(member.dataset.away) - now())}s`);
  }

  // How far the edge of a message that disappears has burnt down.
  function burn(line) {
    const at = Number(line.dataset.at);
    line.style.setProperty('--life', `${Number(line.dataset.until) - at}s`);
    line.style.setProperty('--since', `${Math.min(0, at - now())}s`);
  }

  const log = document.getElementById('messages');
  new MutationObserver((records) => {
    for (const line of records.flatMap((record) => [...record.addedNodes])) if (line.dataset?.until) burn(line);
  }).observe(log, { childList: true });
  log.querySelectorAll('[data-until]').forEach(burn);

  const roster = document.getElementById('members');
  const fadeAll = () => roster.querySelectorAll('[data-away]').forEach(fade);
  new MutationObserver(fadeAll).observe(roster, { childList: true });
  fadeAll();
  tick();
}
