"""Arrows point downwards only, and nothing grows too large to be read in one go."""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

import pytest

HOUSE: Final = Path(__file__).resolve().parent.parent / "ephemera"
TESTS: Final = HOUSE.parent / "tests"
MODULES: Final = sorted(HOUSE.rglob("*.py"))

PURE_TEXT: Final = {"wcwidth", "confusable_homoglyphs"}
ARROWS: Final[Mapping[str, set[str]]] = {
    "domain": set(),
    "engine": {"domain"},
    "hub": {"engine", "domain"},
    "lobby": {"engine", "domain"},
    "web": {"lobby", "hub", "engine", "domain"},
    "server": set(),
    "terminal": {"domain"},
}
"""What each storey may know beside itself, what is common and the standard library.

The terminal is no storey of the server but a house of its own beside it.
"""
WITHIN_THE_WEB: Final = {
    "rendering": {"rendering"},
    "road": {"rendering", "road"},
    "routes": {"rendering", "road", "routes"},
}
"""What looks like something knows nobody who asks; the road knows no address."""
LIBRARIES: Final[Mapping[str, set[str]]] = {
    "domain": PURE_TEXT,
    "engine": {"redis", "hiredis", "msgspec"},
    "hub": set(),
    "lobby": set(),
    "server": {"hypercorn", "h11", "h2", "hyperframe"},
    "web": {"quart", "werkzeug", "jinja2", "markupsafe", "segno"},
    "terminal": {"httpx", "prompt_toolkit", "socksio"},
}
COMMON: Final = {"clock", "logs", "__version__"}
OUTSIDERS: Final = {"server"}
"""What knows nothing of Ephemera, not even what is common: it could be published as it is."""
LENT: Final = ("ephemera.server.eager.", "ephemera.server.faults.")
"""What everybody may use of it, as of a library: it needs the standard library alone."""
IMPURE: Final = {"asyncio", "socket", "threading", "time", "datetime", "os", "pathlib", "logging"}
"""What the domain has no business with, though Python brings it along."""
KNOW_EVERYONE: Final = {"app", "cli", "serve", "__main__"}

MOST_LINES = 300
MEDIAN_LINES = 100
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_FRAGMENT = 30


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def storey_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Yield every module imported anywhere in the file, by its full name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            base = node.module or ""
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_allowed(storey: str, imported: str) -> bool:
    first, *rest = imported.split(".")
    if first != "ephemera":
        return first in sys.stdlib_module_names | LIBRARIES[storey]
    if storey in OUTSIDERS:
        return rest[0] == storey
    return rest[0] in ARROWS[storey] | {storey, *COMMON} or imported.startswith(LENT)


def forbidden_in(path: Path) -> list[str]:
    return [name for name in imports_of(path) if not is_allowed(storey_of(path), name)]


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name_of(path)}: {node.name}", (node.end_lineno or 0) - node.lineno + 1


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_the_house_has_the_storeys_it_should() -> None:
    folders = {path.name for path in HOUSE.iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(ARROWS)
    assert len(MODULES) > 40


@pytest.mark.parametrize(
    ("storey", "imported"),
    [
        ("domain", "ephemera.engine.base"),
        ("domain", "quart.request"),
        ("engine", "ephemera.lobby.steps"),
        ("lobby", "ephemera.hub.hub"),
        ("hub", "ephemera.lobby.lobby"),
        ("hub", "ephemera.web.rendering.refusals"),
        ("web", "ephemera.app"),
        ("web", "ephemera.settings"),
        ("web", "ephemera.terminal.client"),
        ("web", "hypercorn.config"),
        ("terminal", "ephemera.hub.hub.Hub"),
        ("hub", "ephemera.server.serving.Server"),
    ],
)
def test_an_arrow_that_points_upwards_would_be_found(storey: str, imported: str) -> None:
    assert not is_allowed(storey, imported)
    assert is_allowed(storey, f"ephemera.{storey}.anything")
    assert is_allowed(storey, "ephemera.clock.Clock")


def test_the_server_knows_nothing_of_ephemera_and_lends_what_needs_nothing() -> None:
    for imported in ("ephemera.logs.log", "ephemera.clock.Clock", "ephemera.domain.rooms.Room"):
        assert not is_allowed("server", imported)
    for lent in LENT:
        path = HOUSE.parent / f"{lent.rstrip('.').replace('.', '/')}.py"
        assert {name.split(".")[0] for name in imports_of(path)} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "path",
    [*TESTS.glob("connections/*.py"), TESTS / "support" / "connections.py"],
    ids=lambda path: path.name,
)
def test_the_tests_of_the_server_know_nothing_else_but_how_it_is_logged(path: Path) -> None:
    ours = [name for name in imports_of(path) if name.startswith("ephemera.")]
    assert not [name for name in ours if name.split(".")[1] not in {"server", "logs"}]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if storey_of(path) in ARROWS], ids=name_of
)
def test_arrows_point_downwards_only(path: Path) -> None:
    assert forbidden_in(path) == []


@pytest.mark.parametrize("folder", WITHIN_THE_WEB)
def test_arrows_within_the_web_point_downwards_only(folder: str) -> None:
    modules = sorted((HOUSE / "web" / folder).glob("*.py"))
    assert len(modules) > 5
    known = {
        name.split(".")[2] for path in modules for name in imports_of(path) if "a.web." in name
    }
    assert known <= WITHIN_THE_WEB[folder]


@pytest.mark.parametrize("library", ["redis", "msgspec"])
def test_a_server_without_the_extra_needs_nothing_of_it(library: str) -> None:
    needs_it = {
        path.parent
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports_of(path))
    }
    assert needs_it == {HOUSE / "engine" / "redis"}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if storey_of(path) == "domain"], ids=name_of
)
def test_the_domain_does_nothing_but_think(path: Path) -> None:
    assert {name.split(".")[0] for name in imports_of(path)}.isdisjoint(IMPURE)
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    assert not [n for n in nodes if isinstance(n, ast.AsyncFunctionDef | ast.Await)]


def test_only_the_roof_knows_everyone() -> None:
    ground = [path for path in MODULES if path.parent == HOUSE]
    for path in ground:
        ours = [name for name in imports_of(path) if name.startswith("ephemera.")]
        inside = {name.split(".")[1] for name in ours if not name.startswith(LENT)}
        if path.stem not in KNOW_EVERYONE:
            assert inside.isdisjoint({*ARROWS, *KNOW_EVERYONE}), name_of(path)


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    assert {name_of(p): lines_of(p) for p in MODULES if lines_of(p) > MOST_LINES} == {}


def test_half_of_the_modules_have_a_hundred_lines_or_fewer() -> None:
    assert median(map(lines_of, MODULES)) <= MEDIAN_LINES


def test_no_function_is_longer_than_forty_lines() -> None:
    functions = dict(found for path in MODULES for found in functions_of(path))
    assert len(functions) > 200
    assert {n: size for n, size in functions.items() if size > MOST_LINES_OF_A_FUNCTION} == {}


def test_no_fragment_is_longer_than_thirty_lines_and_each_says_what_it_needs() -> None:
    fragments = sorted((HOUSE.parent / "templates").rglob("_*.html"))
    assert len(fragments) > 5
    for fragment in fragments:
        lines = fragment.read_text("utf-8").splitlines()
        assert len(lines) <= MOST_LINES_OF_A_FRAGMENT, fragment.name
        assert lines[0].startswith("{# needs:"), fragment.name


MOST_KNOWN_TO_THE_ROOT: Final = 15
MOST_WHO_KNOW: Final = 15
FOR_MANY: Final = {"ephemera.clock", "ephemera.engine.base", "ephemera.web.routes.kit"}
"""Contracts: what one tells time by, where rooms live, what a resource works with."""


def known_by(path: Path) -> set[str]:
    """Return the modules of ours that a module names."""
    nodes = [
        n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.ImportFrom)
    ]
    return {
        found
        for node in nodes
        for each in node.names
        for found in (f"{node.module}.{each.name}", node.module or "")
        if (HOUSE.parent / (found.replace(".", "/") + ".py")).is_file()
    }


def test_the_root_composes_from_lists_and_knows_few() -> None:
    assert len(known_by(HOUSE / "app.py")) <= MOST_KNOWN_TO_THE_ROOT


def test_nothing_but_the_words_of_the_domain_is_known_to_many() -> None:
    knowing = Counter(module for path in MODULES for module in known_by(path))
    many = {name: count for name, count in knowing.items() if count > MOST_WHO_KNOW}
    assert {name for name in many if not name.startswith("ephemera.domain.")} <= FOR_MANY


def test_the_id_of_a_message_is_spelt_in_one_place() -> None:
    paths = [*HOUSE.rglob("*.py"), *(HOUSE.parent / "templates").rglob("*.*")]
    spelt = [path.name for path in paths if re.search(r"\bm-[{\"'(\[]", path.read_text("utf-8"))]
    assert spelt == ["cursors.py"]


def test_whatever_is_asked_for_by_htmx_says_where_a_refusal_is_shown() -> None:
    for template in (HOUSE.parent / "templates").rglob("*.html"):
        for line in template.read_text("utf-8").splitlines():
            asks = "hx-get=" in line or "hx-post=" in line
            assert not asks or "{{ refusals_at(" in line, (template.name, line)
