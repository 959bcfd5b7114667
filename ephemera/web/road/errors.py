"""One mapping from everything we refuse to the answers that say so."""

import logging
from math import ceil
from typing import Final

from quart import Quart, Response, g, request
from werkzeug.exceptions import HTTPException

from ephemera.domain.errors import (
    Broken,
    Coded,
    Invalid,
    KeyNeeded,
    Later,
    NoSuchRoom,
    NotAllowed,
    NotPossible,
    NotPut,
    NotUnderstood,
    Refusal,
    Removed,
    RoomFull,
    TooLarge,
    TooMany,
    TooSlow,
    Unavailable,
    Unsupported,
    WrongCode,
    WrongMethod,
)
from ephemera.web.rendering import refusals
from ephemera.web.rendering.fragments import Fragments
from ephemera.web.road import answers
from ephemera.web.road.answers import Answer
from ephemera.web.road.asked import Asked, as_asked

logger = logging.getLogger(__name__)

STATUS: Final[tuple[tuple[type[Refusal], int], ...]] = (
    (WrongMethod, 405),
    (Unsupported, 415),
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
        case KeyNeeded():
            return "opening_key"
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


def refusal_for(raised: Exception) -> Refusal:
    """Return what is said of what was raised; a fault of ours is logged and admitted."""
    if not isinstance(raised, Refusal):
        logger.error("a request could not be answered", exc_info=raised)
    let_go(raised)
    return raised if isinstance(raised, Refusal) else Broken()


def saying_no(answer: Answer, refusal: Refusal) -> Answer:
    """Return the answer with the status, and the time to wait, of the refusal.

    Whatever says no goes through here, so this is where refusals are let go.
    """
    let_go(refusal)
    if isinstance(refusal, Later):
        answer = answer.having(retry_after=str(ceil(refusal.retry_after)))
    if isinstance(refusal, Coded):
        answer = answer.having(accept_encoding="identity")
    return answer._replace(status=status_of(refusal))


def with_status(answer: Response, refusal: Refusal) -> Response:
    """Return what Quart sends, with what `saying_no` says."""
    said = saying_no(Answer(200, ()), refusal)
    answer.status_code = said.status
    answer.headers.extend((name.decode(), value.decode()) for name, value in said.headers)
    return answer


class Errors:
    """Answers for refusals that no page has taken care of, and for our own faults."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments

    def answer_to(self, refusal: Refusal, asked: Asked, kept: str = "") -> Answer:
        """Answer with the sentence for the refusal, in the form that was asked for.

        What was typed, and `kept`, comes back on a page of its own.
        """
        sentence = refusals.sentence(refusal, asked.locale)
        match asked.form:
            case "json":
                answer = answers.fields(
                    error=dict(sorted(error_fields(refusal, asked.locale).items()))
                )
            case "text":
                answer = answers.lines(f"{sentence}\n")
            case _:
                answer = answers.page(self._html(refusal, sentence, asked, kept))
        return saying_no(answer, refusal)

    def register(self, app: Quart) -> None:
        """Answer every refusal and every exception of the application."""
        app.register_error_handler(Refusal, self._refuse)
        app.register_error_handler(HTTPException, self._translate)

    async def _refuse(self, refusal: Refusal) -> Response:
        return self.answer_to(refusal, as_asked(), g.get("kept_text", "")).response

    async def _translate(self, error: HTTPException) -> Response:
        """Answer for what Quart and Werkzeug refuse, and (500) for a fault of ours."""
        refusal = _OF_THE_FRAMEWORK.get(error.code or 500, Broken)
        if refusal is WrongMethod and request.method == "PUT":
            refusal = NotPut
        for raised in (error, getattr(error, "original_exception", None)):
            if raised:
                let_go(raised)
        request.routing_exception = None  # it may be what was raised
        answer = await self._refuse(refusal())
        answer.headers.extend(
            (name, value) for name, value in error.get_headers() if name == "Allow"
        )
        return answer

    def _html(self, refusal: Refusal, sentence: str, asked: Asked, kept: str) -> str:
        if isinstance(refusal, NoSuchRoom):
            return self._fragments.render("errors/gone.html", asked.locale, text=kept)
        said = {"status": status_of(refusal), "sentence": sentence, "text": kept}
        page = "errors/_sentence.html" if asked.htmx else "errors/error.html"
        return self._fragments.render(page, asked.locale, **said)


def error_fields(refusal: Refusal, locale: str) -> dict[str, str]:
    """Return what programs are told: a stable reason, the sentence, the field if there is one."""
    fields = {"reason": refusal.reason, "message": refusals.sentence(refusal, locale)}
    if isinstance(refusal, Invalid):
        fields |= {"field": refusal.field, "problem": refusal.problem}
    return fields
