// Without this, the panel with the QR code closes only by its own button, and shows an old code after a rotation.
const panels = () => document.querySelectorAll('details.qr[open]');

let pictured = document.getElementById('link')?.href;

// The picture has one address whatever the code is: when that has changed, the browser must ask again.
function renew() {
  const link = document.getElementById('link');
  for (const panel of panels()) {
    if (link.textContent !== link.href) link.textContent = link.href;
    if (link.href === pictured) continue;
    const picture = panel.querySelector('img');
    picture.src = `${picture.src.split('?')[0]}?${Date.now()}`;
    pictured = link.href;
  }
}

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const panel of panels()) {
    panel.open = false;
    panel.querySelector('summary').focus();
  }
});

document.addEventListener('click', (event) => {
  for (const panel of panels()) if (!panel.contains(event.target)) panel.open = false;
});

document.addEventListener('toggle', renew, true);
document.addEventListener('htmx:after:swap', renew);
