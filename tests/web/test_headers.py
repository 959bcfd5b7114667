"""The headers of every answer (DESIGN.md, section 8)."""

import pytest

from tests.support.asking import BROWSER, CURL, HTMX, KINDS, PROGRAM
from tests.support.cast import FORM, NEVER, Answer, House, Person, Scene, set_scene

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; manifest-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types htmx ephemera"
)
EXACTLY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Robots-Tag": "noindex",
    "Ephemera": "1",
}


def assert_headers(answer: Answer, cache: str, *, secure: bool) -> None:
    for name, value in EXACTLY.items():
        assert answer.headers.getlist(name) == [value], (name, answer.status)
    assert answer.headers.getlist("Cache-Control") == [cache]
    permissions = answer.headers["Permissions-Policy"]
    denied = dict(feature.split("=") for feature in permissions.split(", "))
    assert {*denied.values()} == {"()"}
    assert {"camera", "microphone", "geolocation", "payment", "usb", "display-capture"} <= {*denied}
    assert "clipboard" not in permissions
    assert "publickey" not in permissions
    assert answer.headers.getlist("Strict-Transport-Security") == (
        ["max-age=63072000"] if secure else []
    )
    names = {name.lower() for name in answer.headers.keys()}  # noqa: SIM118 - of werkzeug's Headers
    assert not {name for name in names if name.startswith("access-control-")}
    assert not names & {"server", "x-powered-by", "etag", "last-modified", "expires", "pragma"}


PATHS = (
    "/",
    "/about",
    "/join",
    "/join/ABCDE-FGHJK",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/nonsense",
    "//",
    "/static/nonsense",
    f"/rooms/{NEVER}",
    f"/rooms/{NEVER}/events",
    f"/rooms/{NEVER}/mine.css",
)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", PATHS)
async def test_every_page_has_them(house: House, path: str, scheme: str) -> None:
    for kind in KINDS:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
            answer = await Person(house, scheme=scheme).ask(method, path, kind)
            assert answer.status < 500
            assert_headers(answer, "no-store", secure=scheme == "https")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_every_answer_about_a_room_has_them(scene: Scene, scheme: str) -> None:
    scene.ben.scheme = scheme
    for tail in ("", "/mine.css", "/leave", "/close", "/messages"):
        for kind in KINDS:
            for method in ("GET", "HEAD", "OPTIONS", "PUT"):
                answer = await scene.ben.ask(method, scene.path + tail, kind)
                assert_headers(answer, "no-store", secure=scheme == "https")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_every_answer_to_a_form_has_them(scheme: str) -> None:
    scene = await set_scene(House())
    ben = scene.ben
    ben.scheme = scheme
    statuses = set()
    for kind in (BROWSER, HTMX, PROGRAM, CURL):
        answers = [
            await ben.post("/rooms", kind, {"nickname": "Ada"}),
            await ben.post("/rooms", kind, {"nickname": ""}),
            await ben.post("/join", kind, {"nickname": "x", "code": "x"}),
            await ben.post("/join", kind, {"nickname": "x", "code": scene.code}),
            await ben.post(f"{scene.path}/messages", kind, {"text": "Hello"}),
            await ben.post(f"{scene.path}/messages", kind, {"text": ""}),
            await ben.post(f"{scene.path}/close", kind),
            await ben.post("/rooms", kind, headers={"Origin": "https://evil.test"}),
            await ben.ask("POST", "/rooms", kind, body=b"\xff", headers={"Content-Type": FORM}),
            await ben.ask("POST", "/rooms", kind, body=b"x" * 66_000),
        ]
        statuses |= {answer.status for answer in answers}
        for answer in answers:
            assert_headers(answer, "no-store", secure=scheme == "https")
    assert {200, 201, 303, 400, 403, 404, 413, 422} <= statuses


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", ["events", "json", "raw", "live"])
async def test_streams_have_them_and_may_not_be_transformed(
    scene: Scene, kind: str, scheme: str
) -> None:
    scene.ben.scheme = scheme
    for method in ("GET", "HEAD"):
        answer = await scene.ben.ask(method, f"{scene.path}/{kind}?once=1")
        assert answer.status == 200
        assert_headers(answer, "no-store, no-transform", secure=scheme == "https")
        assert answer.headers["X-Accel-Buffering"] == "no"


async def test_static_files_have_them_but_may_be_kept(scene: Scene) -> None:
    page = (await scene.ben.get(scene.path, BROWSER)).text
    paths = [part.split('"')[0] for part in page.split('"/static/')[1:]]
    assert len(paths) >= 3
    for path in paths:
        answer = await scene.mallory.get(f"/static/{path}")
        assert answer.status == 200
        assert_headers(answer, "public, max-age=31536000, immutable", secure=False)


async def test_a_fault_of_ours_has_them_too_and_tells_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> str:
        raise RuntimeError("the secret of canary-7Q2M")

    house.app.add_url_rule("/fault/<name>", view_func=fail)
    for kind in KINDS:
        answer = await Person(house).get("/fault/canary-7Q2M", kind)
        assert answer.status == 500
        assert_headers(answer, "no-store", secure=False)
        assert b"canary" not in answer.body
        assert b"Traceback" not in answer.body
    assert "a request could not be answered" in caplog.text
    assert "/fault" not in " ".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("kind", [BROWSER, PROGRAM, CURL], ids=["browser", "program", "curl"])
async def test_a_wrong_method_is_called_by_its_number(house: House, kind: dict[str, str]) -> None:
    answer = await Person(house).post("/about", kind)
    assert answer.status == 405
    assert "400" not in answer.text
    assert "Send it as a form" not in answer.text
