"""What a client may ask of a connection of HTTP/2 by frames that are no requests."""

import time
from typing import Final

from h2.config import H2Configuration
from h2.events import Event
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hypercorn.config import Config
from hyperframe.frame import DataFrame, Frame, HeadersFrame, RstStreamFrame, SettingsFrame

from ephemera.server.borrowed import OpenFrames

MOST_CREDIT: Final = 1_000
"""So many frames may come at once that ask for nothing, or answer nothing that was sent."""
CREDIT_PER_SECOND: Final = 200
CREDIT_PER_FRAME_SENT: Final = 4
"""A reader opens two windows for each frame, and some do so in small steps."""
COSTS: Final = {RstStreamFrame: 10, SettingsFrame: 10, HeadersFrame: 0}
"""A request is work for us, and one that is taken back is work for nothing; others cost 1."""
SMALL: Final = 64
"""Data in smaller parts costs like a frame without any."""
MOST_SILENT_BYTES: Final = 64 * 1024
"""A head of more than that, in however many frames, is none."""


class FloodError(ProtocolError):
    """The client asks for too much that is nothing."""


class Floodgate(OpenFrames):
    """The state of a connection; it counts the frames. `receive_data` raises `FloodError`, too."""

    MAX_CLOSED_STREAMS = 1_000

    def __init__(self, config: Config) -> None:
        super().__init__(H2Configuration(client_side=False, header_encoding=None))
        self.DEFAULT_MAX_INBOUND_FRAME_SIZE = config.h2_max_inbound_frame_size
        self.decoder.max_header_list_size = config.h2_max_header_list_size
        self.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: config.h2_max_concurrent_streams,
                SettingCodes.MAX_HEADER_LIST_SIZE: config.h2_max_header_list_size,
                SettingCodes.ENABLE_CONNECT_PROTOCOL: 1,
            },
        )
        self._credit = float(MOST_CREDIT)
        self._counted_at = time.monotonic()
        self._silent = 0

    def receive_data(self, data: bytes) -> list[Event]:  # type: ignore[override] # ours are bytes
        """Return what the client says. Raises `ProtocolError`."""
        now = time.monotonic()
        self._grant((now - self._counted_at) * CREDIT_PER_SECOND)
        self._counted_at = now
        events = super().receive_data(data)
        self._silent = 0 if events else self._silent + len(data)
        if self._silent > MOST_SILENT_BYTES:
            raise FloodError
        return events

    def note_sent(self) -> None:
        """Note that a part of an answer is sent: it may be answered with frames."""
        self._grant(CREDIT_PER_FRAME_SENT)

    def note(self, frame: Frame) -> None:
        """Count the frame. Raises `FloodError`."""
        if not (isinstance(frame, DataFrame) and len(frame.data) >= SMALL):
            self._credit -= COSTS.get(type(frame), 1)
        if self._credit < 0:
            raise FloodError

    def _grant(self, credit: float) -> None:
        self._credit = min(self._credit + credit, MOST_CREDIT)
