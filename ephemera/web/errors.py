"""One mapping from everything we refuse to the answers that say so."""

from math import ceil
from typing import Final

from quart import Quart, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from ephemera.domain.errors import (
    Broken,
    Invalid,
    NoSuchRoom,
    NotAllowed,
    NotPossible,
    NotUnderstood,
    Refusal,
    Removed,
    RoomFull,
    TooLarge,
    TooMany,
    TooSlow,
    Unavailable,
    WrongCode,
    WrongMethod,
)
from ephemera.web import texts
from ephemera.web.fragments import Fragments
from ephemera.web.media import HTML, TEXT
from ephemera.web.requests import wanted

STATUS: Final[tuple[tuple[type[Refusal], int], ...]] = (
    (WrongMethod, 405),
    (NotUnderstood, 400),
    (NotAllowed, 403),
    (NoSuchRoom, 404),
    (WrongCode, 404),
    (TooSlow, 408),
    (RoomFull, 409),
    (NotPossible, 409),
    (TooLarge, 413),
    (Invalid, 422),
    (TooMany, 429),
    (Broken, 500),
    (Unavailable, 503),
)

_OF_THE_FRAMEWORK: Final[dict[int, type[Refusal]]] = {
    400: NotUnderstood,
    404: NoSuchRoom,
    405: WrongMethod,
    408: TooSlow,
    413: TooLarge,
}


def status_of(refusal: Refusal) -> int:
    """Return the HTTP status that says this refusal."""
    return next(status for kind, status in STATUS if isinstance(refusal, kind))


def field_of(refusal: Refusal) -> str:
    """Return the form field beside which the refusal is explained, or `form` for all of it."""
    match refusal:
        case Invalid(field=field) if field != "key":
            return field
        case WrongCode() | RoomFull() | NotPossible() | Removed():
            return "code"
        case _:
            return "form"


def let_go(raised: BaseException) -> None:
    """Let an exception keep nothing of how it came about, now that it is answered for.

    The frames of its traceback know what was asked, by whom, and often the exception itself: a
    circle that only a collection of garbage breaks, which may be minutes away.
    """
    waiting: list[BaseException | None] = [raised]
    while waiting:
        if each := waiting.pop():
            waiting += (each.__cause__, each.__context__)
            each.__traceback__ = each.__cause__ = each.__context__ = None


def with_status(answer: Response, refusal: Refusal) -> Response:
    """Return the answer with the status, and the time to wait, of the refusal.

    Whatever says no goes through here, so this is where refusals are let go.
    """
    let_go(refusal)
    answer.status_code = status_of(refusal)
    if isinstance(refusal, TooMany | Unavailable):
        answer.headers["Retry-After"] = str(ceil(refusal.retry_after))
    return answer


class Errors:
    """Answers for refusals that no page has taken care of, and for our own faults."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments

    def register(self, app: Quart) -> None:
        """Answer every refusal and every exception of the application."""
        app.register_error_handler(Refusal, self.refuse)
        app.register_error_handler(HTTPException, self.translate)

    async def refuse(self, refusal: Refusal) -> Response:
        """Answer with the sentence for the refusal, in the form that was asked for."""
        return with_status(self._answer(refusal, texts.sentence(refusal)), refusal)

    async def translate(self, error: HTTPException) -> Response:
        """Answer for what Quart and Werkzeug refuse, and (500) for a fault of ours."""
        refusal = _OF_THE_FRAMEWORK.get(error.code or 500, Broken)
        for raised in (error, getattr(error, "original_exception", None)):
            if raised:
                let_go(raised)
        request.routing_exception = None  # it may be what was raised
        answer = await self.refuse(refusal())
        answer.headers.extend(
            (name, value) for name, value in error.get_headers() if name == "Allow"
        )
        return answer

    def _answer(self, refusal: Refusal, sentence: str) -> Response:
        match wanted():
            case "json":
                return jsonify(error=error_fields(refusal))
            case "text":
                return Response(sentence + "\n", content_type=TEXT)
            case _:
                return Response(self._page(refusal, sentence), content_type=HTML)

    def _page(self, refusal: Refusal, sentence: str) -> str:
        text = g.get("kept_text", "")
        if isinstance(refusal, NoSuchRoom):
            return self._fragments.render("errors/gone.html", text=text)
        if "HX-Request" in request.headers:
            return self._fragments.render("errors/_sentence.html", sentence=sentence)
        return self._fragments.render(
            "errors/error.html", status=status_of(refusal), sentence=sentence, text=text
        )


def error_fields(refusal: Refusal) -> dict[str, str]:
    """Return what programs are told: a stable reason, the sentence, the field if there is one."""
    fields = {"reason": refusal.reason, "message": texts.sentence(refusal)}
    if isinstance(refusal, Invalid):
        fields |= {"field": refusal.field, "problem": refusal.problem}
    return fields
