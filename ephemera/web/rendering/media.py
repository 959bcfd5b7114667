"""The media types of our answers."""

from typing import Final

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
SVG: Final = "image/svg+xml; charset=utf-8"
CSS: Final = "text/css; charset=utf-8"
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
JSON_LINES: Final = "application/x-ndjson; charset=utf-8"
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"
