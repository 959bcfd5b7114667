import asyncio
import logging
import ssl
import subprocess
import sys
import textwrap

import pytest

from ephemera.logs import Formatter, on_loop_error, places

# Everything a log must never hold, in one word.
CANARY = "canary-7Q2M"


def error_holding(canary: str) -> Exception:
    try:
        int(f"/rooms/{canary}")
    except ValueError as error:
        return error
    raise AssertionError


def line_of(name: str, message: str, *args: object, error: BaseException | None = None) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 7, message, args, exc_info, "caller")
    return Formatter().format(record)


def output_of(script: str) -> str:
    """Run a script in a process of its own, for hooks are global; return all that it wrote."""
    opening = "import logging, sys, warnings, asyncio, threading\nfrom ephemera import logs\n"
    whole = f"{opening}logs.set_up()\nCANARY = {CANARY!r}\n{textwrap.dedent(script)}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


def test_our_own_sentences_are_written_with_time_level_and_logger() -> None:
    line = line_of("ephemera.reaper", "%d rooms wiped.", 3)
    assert line.endswith(" ERROR ephemera.reaper: 3 rooms wiped.")


def test_a_logger_that_only_begins_like_ours_is_not_ours() -> None:
    assert CANARY not in line_of("ephemerally", CANARY)


def test_what_a_library_says_is_withheld_but_its_place_is_given() -> None:
    line = line_of("quart.app", f"Exception on request GET /rooms/{CANARY}")
    assert CANARY not in line
    assert "tests/test_logs.py:7 caller" in line


def test_what_a_library_says_is_written_when_it_is_known_to_be_harmless() -> None:
    assert line_of("hypercorn.error", "Error in ASGI Framework").endswith("Error in ASGI Framework")


def test_an_exception_leaves_its_type_and_its_places_but_not_its_message() -> None:
    line = line_of("hypercorn.error", "Error in ASGI Framework", error=error_holding(CANARY))
    assert "[ValueError at tests/test_logs.py:" in line
    assert "error_holding]" in line
    assert CANARY not in line


def test_causes_and_groups_are_followed_without_their_messages() -> None:
    cause = KeyError(CANARY)
    group = ExceptionGroup(CANARY, [error_holding(CANARY), OSError(CANARY)])
    group.__cause__ = cause
    described = places(group)
    assert CANARY not in described
    for kind in ("ExceptionGroup", "ValueError", "OSError", "KeyError"):
        assert kind in described


def test_a_context_is_followed_unless_it_was_silenced() -> None:
    silenced, followed = ValueError(), ValueError()
    silenced.__context__ = followed.__context__ = KeyError()
    silenced.__suppress_context__ = True
    assert places(silenced) == "ValueError"
    assert places(followed) == "ValueError; because of KeyError"


def test_a_circle_of_causes_ends() -> None:
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    assert places(one) == "ValueError; because of KeyError"


def test_deep_recursion_gives_a_few_places() -> None:
    def fall(depth: int) -> None:
        if not depth:
            raise LookupError
        fall(depth - 1)

    with pytest.raises(LookupError) as raised:
        fall(100)
    assert places(raised.value).count(" < ") < 20


def test_a_record_is_one_line_whatever_is_in_it() -> None:
    assert line_of("ephemera", "one\r\ntwo\x1b[31m\u2028three").count("\n") == 0
    assert "\x1b" not in line_of("ephemera", "one\x1b[31m")


def test_arguments_that_do_not_fit_are_not_printed_raw() -> None:
    assert CANARY not in line_of("ephemera", "%d", CANARY)


async def test_a_failed_handshake_and_a_cancelled_task_are_not_worth_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = asyncio.get_running_loop()
    for harmless in (ssl.SSLError(CANARY), asyncio.CancelledError(CANARY)):
        on_loop_error(loop, {"message": CANARY, "exception": harmless})
    assert not caplog.records
    on_loop_error(loop, {"message": CANARY, "exception": ValueError(CANARY)})
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "script",
    [
        "raise ValueError(CANARY)",
        "warnings.warn(CANARY)",
        "logging.getLogger('quart.app').exception(CANARY)",
        "logging.getLogger('hypercorn.error').error('Error in ASGI Framework', exc_info=ValueError(CANARY))",  # noqa: E501 # one statement of another program
        "logging.getLogger('ephemera').error('%d', CANARY)",
        "threading.Thread(target=lambda: int(CANARY)).start()",
        """
        class Ending:
            def __del__(self):
                raise ValueError(CANARY)
        Ending()
        """,
        """
        async def fail():
            raise ValueError(CANARY)
        async def main():
            asyncio.get_running_loop().set_exception_handler(logs.on_loop_error)
            asyncio.create_task(fail(), name=CANARY)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        asyncio.run(main())
        """,
        """
        async def fail():
            raise ValueError(CANARY)
        async def main():
            asyncio.create_task(fail(), name=CANARY)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        asyncio.run(main())
        """,
    ],
)
def test_whatever_fails_leaves_one_line_without_its_message(script: str) -> None:
    written = output_of(script)
    assert written.count("\n") == 1
    assert (
        "ephemera" in written
        or "asyncio" in written
        or "hypercorn" in written
        or "quart" in written
    )
    assert CANARY not in written


def test_keyboard_interrupt_is_no_failure() -> None:
    assert not output_of("raise KeyboardInterrupt(CANARY)")


def test_chatter_of_libraries_is_left_out() -> None:
    assert not output_of("logging.getLogger('hypercorn.error').info('Running on http://…')")
