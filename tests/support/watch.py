"""Keeps an eye on all that the pages of one person do."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Request


@dataclass
class Watch:
    """What the pages of one person complained of, and which hosts they turned to."""

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    forgiven: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> "Watch":
        """Watch every page of the context, those of later too."""
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._note)
        return self

    def forgive(self, *parts: str) -> None:
        """Let complaints pass that a test provokes: those that hold one of the parts."""
        self.forgiven += parts

    @property
    def unforgiven(self) -> list[str]:
        said = dict.fromkeys(self.complaints)
        return [text for text in said if not any(part in text for part in self.forgiven)]

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _note(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"}:
            self.hosts.add(url.netloc)
