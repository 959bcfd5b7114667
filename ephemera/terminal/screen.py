"""The terminal: lines above, the prompt below them, neither ever in the other."""

from collections.abc import Callable

from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.renderer import print_formatted_text

from ephemera.terminal import looks
from ephemera.terminal.prompt import prompt
from ephemera.terminal.typed import Sendable


class Screen:
    """Shows lines above a prompt that may be in use."""

    def __init__(self, status: Callable[[], str]) -> None:
        self._depth = looks.color_depth()
        self._session = prompt(
            "> ",
            style=looks.STYLE,
            validator=Sendable(),
            validate_while_typing=False,
            bottom_toolbar=status,
            erase_when_done=True,  # it comes back through the stream, like everybody's words
        )

    @property
    def typed(self) -> str:
        """What stands in the prompt while it is open."""
        return self._session.default_buffer.text if self._session.app.is_running else ""

    async def ask(self, draft: str) -> str:
        """Return the next line that is typed; it begins as the draft.

        Ctrl-C empties the line. Raises `EOFError` for Ctrl-D, or Ctrl-C, in an empty one.
        """
        try:
            return (await self._session.prompt_async(default=draft)).strip()
        except KeyboardInterrupt:
            if self._session.default_buffer.text:
                return ""
            raise EOFError from None

    def refresh(self) -> None:
        """Draw the prompt and the status again."""
        self._session.app.invalidate()

    def resume(self) -> None:
        """Draw the prompt anew below whatever a shell has written while we were stopped."""
        if self._session.app.is_running:
            self._session.app.renderer.erase()
            self._session.app.invalidate()

    def show(self, lines: looks.Fragments) -> None:
        """Print the lines at once, in order.

        prompt_toolkit's own way (`run_in_terminal`) lets the terminal echo what is typed
        meanwhile, in the middle of the conversation: so the prompt is put aside here by hand.
        """
        app = self._session.app
        if app.is_running:
            app.renderer.erase()
        text = FormattedText(lines)
        print_formatted_text(app.output, text, looks.STYLE, color_depth=self._depth)
        if app.is_running and not app.is_done:
            app.renderer.request_absolute_cursor_position()
            app.invalidate()
