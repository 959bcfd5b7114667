// Without this, the copy buttons stay hidden: the code and the link can still be selected and copied by hand.
function byHand(text) {
  const area = document.createElement('textarea');
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area); // the rest of the page is inert
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const text = source.href ?? source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!byHand(text)) return;
    button.focus();
  }
  const place = button.closest('dialog')?.querySelector('#sheet-said') ?? document.getElementById('copied');
  place.textContent = button.dataset.done;
  button.dataset.copied = '';
  setTimeout(() => {
    place.textContent = '';
    delete button.dataset.copied;
  }, 2500);
}

// Fragments come and go: their buttons are found when they are there.
function reveal() {
  for (const button of document.querySelectorAll('[data-copy][hidden]')) button.hidden = false;
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-copy]');
  if (button) copy(button);
});
document.addEventListener('htmx:after:swap', reveal);
reveal();
