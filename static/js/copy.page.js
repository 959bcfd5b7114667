// Without this, the copy buttons stay hidden: the code and the link can still be selected and copied by hand.
function byHand(text) {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!byHand(text)) return;
    button.focus();
  }
  const place = document.getElementById('copied');
  place.textContent = button.dataset.done;
  button.dataset.copied = '';
  setTimeout(() => {
    place.textContent = '';
    delete button.dataset.copied;
  }, 2500);
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => copy(button));
}
