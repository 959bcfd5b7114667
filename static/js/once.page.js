// Without this, an impatient second click sends a form twice, and a page that was kept sends the key of a request that is over.
const { newKey } = ephemera;

// A seat is held by a cookie: without one it would be taken, and nobody could sit on it.
function refuse(form) {
  const error = form.querySelector('.error-form') ?? document.createElement('p');
  error.className = 'error error-form';
  error.setAttribute('role', 'alert');
  error.textContent = form.dataset.noCookies;
  form.querySelector('[name=key]').after(error);
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-once]') || event.defaultPrevented) return;
  if (form.dataset.noCookies && !navigator.cookieEnabled) {
    event.preventDefault();
    refuse(form);
    return;
  }
  if (form.hasAttribute('data-sent')) event.preventDefault();
  form.setAttribute('data-sent', '');
});

// Coming back by the browser's own cache, the page must be usable again, for another room than before.
window.addEventListener('pageshow', ({ persisted }) => {
  for (const form of document.querySelectorAll('[data-once]')) {
    form.removeAttribute('data-sent');
    if (persisted && form.elements.key) form.elements.key.value = newKey();
  }
});
