"""Facts about a room, in the past tense.

An `Event` is announced: it is numbered, kept in the log and shown to members.
A `Secret` happens in the same step, changes the room's state, and is seen by
nobody: a type that no log, encoder or stream can hold. A `Signal` changes
nothing and is kept nowhere. Whoever defines one in a module of this folder has
handed it on here.
"""

from ephemera.domain.events.base import *
from ephemera.domain.events.doors import *
from ephemera.domain.events.messages import *
from ephemera.domain.events.powers import *
from ephemera.domain.events.seats import *
