// Without this, a browser that enforces Trusted Types refuses every swap, so nothing would update by itself.
const policy = window.trustedTypes?.createPolicy('htmx', {
  createHTML: (html) => html, // fragments come from our own server, where everything typed was escaped
  createScript: () => '', // and never hold a script
});

htmx.registerExtension('ephemera', {
  init(api) {
    const refuse = () => { throw new Error('no code from strings'); };
    api.initSecurity(policy, refuse, refuse);
  },
});

// What something in front of us has to say, in its own words and looks, is as good as no answer.
document.addEventListener('htmx:before:response', (event) => {
  const { raw } = event.detail.ctx.response;
  if (raw.ok || ephemera.isOurs(raw)) return;
  event.preventDefault();
  htmx.trigger(event.target, 'htmx:response:error', event.detail);
});

// The address bar may hold a code behind its #; it is nobody's business, ours included. And who asks a
// cache asks nobody: a 410 of something in front would be given out for ever.
document.addEventListener('htmx:config:request', (event) => {
  delete event.detail.ctx.request.headers['HX-Current-URL'];
  event.detail.ctx.request.cache = 'no-store';
});
