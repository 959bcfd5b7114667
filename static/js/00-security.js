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

// The address bar may hold a code behind its #; it is nobody's business, ours included.
document.addEventListener('htmx:config:request', (event) => {
  delete event.detail.ctx.request.headers['HX-Current-URL'];
});
