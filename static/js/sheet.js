// Without this, what can be done to a member, a message or the room is asked for on a page of its own.
const dialog = document.getElementById('sheet');
const body = document.getElementById('sheet-body');
const notice = document.getElementById('notice');

let opener = null;
let returned = null;

// The browser itself goes back to the button; but it may have been replaced, or be gone with its message.
function back() {
  returned = opener;
  opener = null;
  again();
}

function again() {
  const now = document.activeElement;
  if (!returned || (now !== document.body && !dialog.contains(now))) return;
  const same = document.querySelector(`button[form="${returned.getAttribute('form')}"][value="${returned.value}"]`);
  returned = same;
  (same ?? document.getElementById('messages'))?.focus({ preventScroll: true });
}

function show() {
  document.getElementById('sheet-said').textContent = '';
  if (!dialog.open) dialog.showModal();
  else body.querySelector('a, button:not([hidden])')?.focus();
  dialog.scrollTop = 0;
}

const succeeded = ({ response }) => response?.status < 300;
const from = (ctx, id) => ctx?.sourceElement?.closest?.(id);

function swapped({ detail: { ctx } }) {
  if ([body, '#sheet-body'].includes(ctx.target) && ctx.swap !== 'none') show();
  else if (!dialog.open) {
    if (returned && !returned.isConnected) again(); // what it stood in has changed since
  }
  else if (from(ctx, '#stream') && !body.childElementCount) dialog.close(); // what it was about is gone
  else if (succeeded(ctx) && /\/composer(\?|$)/.test(ctx.request.action)) {
    opener = null;
    dialog.close();
    document.getElementById('text').focus();
  }
}

if (dialog) {
  document.addEventListener('submit', ({ target, submitter }) => {
    if (!dialog.open && target.getAttribute('hx-target') === '#sheet-body') opener = submitter;
  }, true);
  document.addEventListener('htmx:before:request', ({ detail: { ctx } }) => {
    if (!from(ctx, '#stream')) notice.querySelector(':scope > .error')?.remove();
  });
  document.addEventListener('htmx:after:swap', swapped);
  // An act that was done says nothing here: the room shows it. What answers with words stays open.
  document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
    if (ctx.response?.status === 204 && from(ctx, '#sheet')) dialog.close();
  });
  document.addEventListener('pointerdown', () => { returned = null; });
  dialog.addEventListener('click', ({ target }) => { if (target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => { body.replaceChildren(); back(); });
}
