// Without this, the roster's heading on wide screens is a button that does nothing, older browsers keep the list folded, and who is muted or left alone later reads it only in a page that is loaded again.
const people = document.querySelector('.people');
const wide = window.matchMedia('(min-width: 56rem)');

function unfold() {
  people.open = wide.matches;
  people.querySelector('summary').tabIndex = wide.matches ? -1 : 0;
}

// Whether such a sentence is shown, a style sheet says, for it may become so, and be so no more.
for (const place of document.querySelectorAll('[data-sentence]')) place.textContent = place.dataset.sentence;

if (people) {
  wide.addEventListener('change', unfold);
  unfold();
}
