// Without this, no other script finds what all of them need: `ephemera`, our one global name.
const quietly = (act) => {
  try {
    return act() ?? null;
  } catch {
    return null; // who refuses cookies has no storage either, and a full one takes nothing: then nothing is remembered
  }
};

window.ephemera = Object.freeze({
  // What this tab remembers, if it may remember anything.
  recall: (name) => quietly(() => sessionStorage.getItem(name)),
  remember: (name, value) => quietly(() => sessionStorage.setItem(name, value)),
  forget: (name) => quietly(() => sessionStorage.removeItem(name)),

  // A key by which a retry is known, as the server draws them.
  newKey: () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join(''),

  // A sentence with a number in it. Of each of its forms the server says one number for which it is right.
  counted(forms, n) {
    const rules = new Intl.PluralRules(document.documentElement.lang);
    const told = Object.entries(JSON.parse(forms));
    const [, words] = told.find(([other]) => rules.select(Number(other)) === rules.select(n)) ?? told[0];
    return words.replace('{n}', n);
  },

  // Something in front of us may answer as well, with any status: all that we say bears our name.
  isOurs: (response) => response.headers.has('Ephemera'),

  // The draft of the room at this address, under whatever page of it. One that was left on purpose is forgotten in the lobby.
  draftName: (path = location.pathname) => `ephemera:draft:${path.match(/^\/rooms\/[^/]+/)?.[0] ?? path}`,
  LEFT: 'ephemera:left',

  // Words that were not sent, where the page ends. Those that the server has handed back already are shown once.
  showKept(words) {
    const place = document.getElementById('draft');
    const label = document.createElement('label');
    const field = Object.assign(document.createElement('textarea'), { id: 'kept-draft', rows: 8, dir: 'auto', readOnly: true, value: words });
    label.htmlFor = field.id;
    label.textContent = place.dataset.label;
    place.replaceChildren(...(words ? [label, field] : []));
    place.hidden = !words || document.getElementById('kept')?.value === words;
    if (!place.closest('.gone')) document.querySelector('.gone')?.append(place);
  },
});
