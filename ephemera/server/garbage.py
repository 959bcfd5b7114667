"""When Python looks for garbage: seldom, and never among what lives as long as the process.

Reference counts free nearly everything here. What they cannot free is what a connection leaves
behind in Hypercorn: objects that know one another. To find them Python looks at all objects that
have lived for a while, and nobody is served in the meantime (ADR 0027).
"""

import gc
from typing import Final

YOUNG: Final = 700
"""New objects that are not freed again before the young ones are looked at. Of each connection that
came since there are a hundred, for those of one that went are taken off this count; with ten
thousand a look took fifty milliseconds."""
OLDER: Final = 3
"""How often that happens before those are looked at that it left."""
OLDEST: Final = 240
"""And all of them: what half a million objects take, some 6,000 dead streams, may lie about."""


def settle() -> None:
    """Take what is there by now for permanent. To be called once, when everything is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
