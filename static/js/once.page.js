// Without this, an impatient second click sends a form twice; the server is asked again and may refuse the second.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-once]') || event.defaultPrevented) return;
  if (form.hasAttribute('data-sent')) event.preventDefault();
  form.setAttribute('data-sent', '');
});

// Coming back by the browser's own cache, the page must be usable again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('[data-sent]')) form.removeAttribute('data-sent');
});
