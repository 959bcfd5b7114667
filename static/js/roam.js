// Without this, the Tab key stops at the button of every message; with it at one, and the arrow keys go to the others.
const log = document.getElementById('messages');
const buttons = () => [...log.querySelectorAll('.more')];
const steps = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };

let current = null;

function settle(button) {
  if (current) current.tabIndex = -1;
  current = button;
  if (current) current.tabIndex = 0;
}

function arrived(records) {
  for (const line of records.flatMap((record) => [...record.addedNodes])) {
    const button = line.querySelector?.('.more');
    if (button) button.tabIndex = -1;
  }
  if (!current?.isConnected || current !== document.activeElement) settle(buttons().at(-1));
}

if (log) {
  for (const button of buttons()) button.tabIndex = -1;
  settle(buttons().at(-1));
  new MutationObserver(arrived).observe(log, { childList: true });
  log.addEventListener('focusin', ({ target }) => { if (target.matches('.more')) settle(target); });
  log.addEventListener('keydown', (event) => {
    if (!event.target.matches('.more') || !(event.key in steps)) return;
    event.preventDefault();
    const all = buttons();
    const next = Math.min(Math.max(all.indexOf(event.target) + steps[event.key], 0), all.length - 1);
    all[next].focus();
  });
}
