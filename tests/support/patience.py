"""How long a test waits for what must come.

A deadline, not a pause: on a busy machine things take long, but not for ever. It tells nothing of
how fast something is; what does is in `stopwatch.py`.
"""

from typing import Final

PATIENCE: Final = 90.0
PATIENCE_MS: Final = 1_000 * PATIENCE
