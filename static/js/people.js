// Without this, the roster's heading on wide screens is a button that does nothing, and older browsers keep the list folded.
const people = document.querySelector('.people');
const wide = window.matchMedia('(min-width: 56rem)');

function unfold() {
  people.open = wide.matches;
  people.querySelector('summary').tabIndex = wide.matches ? -1 : 0;
}

if (people) {
  wide.addEventListener('change', unfold);
  unfold();
}
