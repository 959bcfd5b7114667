// Without this, what was typed in a room is not handed back when its page was loaded again and the room is gone.
const { recall, forget, draftName, LEFT, showKept } = ephemera;

const left = recall(LEFT);

if (left && location.pathname === '/') {
  forget(left);
  forget(LEFT);
}

// Where there is a composer it has the draft.
const hasEnded = document.getElementById('draft') && !document.getElementById('composer');

if (hasEnded && recall(draftName()) && left !== draftName()) {
  showKept(JSON.parse(recall(draftName())).text);
}
