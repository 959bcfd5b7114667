// Without this, the panel with the QR code closes only by its own button, not by Escape or a click elsewhere.
const panels = () => document.querySelectorAll('details.qr[open]');

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

document.getElementById('link')?.addEventListener('focus', (event) => event.target.select());
