"""What the glossary says still stands in the code, and what it advises against does not."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
HOUSE: Final = ROOT / "ephemera"
ON_THEIR_OWN: Final = {"server", "terminal", "settings.py"}
"""What has words of its own: a connection has sockets, a terminal rows, the kernel its users."""
MOST_WORDS: Final = 45
"""More than that no newcomer reads."""

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CODE: Final = re.compile(r"`([^`]+)`")


class Row(NamedTuple):
    """One line of the glossary."""

    words: list[str]
    places: list[str]
    avoided: list[str]


def rows_of(page: str) -> Iterator[Row]:
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] not in {"word", "---"}:
            words, _, where, avoided = cells
            yield Row(
                words.split(", "), _CODE.findall(where), [w for w in avoided.split(", ") if w]
            )


def bound_in(node: ast.AST) -> Iterator[str]:
    """Yield the names that a class or a module binds, with what a class says of itself."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef(name=name):
                yield name
                yield from (f"{name}.{each}" for each in bound_in(child))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
                targets = (each for each in ast.walk(child) if isinstance(each, ast.Attribute))
                yield from (each.attr for each in targets if isinstance(each.ctx, ast.Store))
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name


def parts_of(name: str) -> str:
    """Return the words of a name, each between two spaces."""
    return f" {_CAPITAL.sub(' ', name).replace('_', ' ').lower().strip()} "


def names_of(path: Path) -> set[str]:
    return set(bound_in(ast.parse(path.read_text("utf-8"))))


def paths_of(place: str) -> list[Path]:
    return [path for path in (HOUSE / place, ROOT / place) if path.exists()]


ROWS: Final = list(rows_of((ROOT / "docs" / "glossary.md").read_text("utf-8")))
NAMES: Final = {path: names_of(path) for path in HOUSE.rglob("*.py")}
OURS: Final = sorted(
    {
        name
        for path, names in NAMES.items()
        if path.relative_to(HOUSE).parts[0] not in ON_THEIR_OWN
        for name in (path.stem, *(name.rpartition(".")[2] for name in names))
    }
)


def by_words(row: Row) -> str:
    return row.words[0]


def test_the_glossary_is_what_a_newcomer_must_know_and_no_word_is_there_twice() -> None:
    words = Counter(word for row in ROWS for word in row.words)
    assert 30 < len(ROWS) <= MOST_WORDS
    assert [word for word, times in words.items() if times > 1] == []
    assert words.keys().isdisjoint(word for row in ROWS for word in row.avoided)


@pytest.mark.parametrize("row", ROWS, ids=by_words)
def test_each_word_stands_where_the_glossary_says(row: Row) -> None:
    files = [place for place in row.places if "/" in place]
    assert [place for place in files if not paths_of(place)] == []
    here = {name for place in files for path in paths_of(place) for name in NAMES.get(path, ())}
    anywhere = {name for names in NAMES.values() for name in names if "." in name}
    assert row.places
    assert set(row.places) - set(files) - here - anywhere == set()


@pytest.mark.parametrize("row", [row for row in ROWS if row.avoided], ids=by_words)
def test_what_the_glossary_advises_against_names_nothing(row: Row) -> None:
    assert [name for name in OURS for word in row.avoided if f" {word} " in parts_of(name)] == []


def test_a_name_that_is_advised_against_would_be_found() -> None:
    assert " waiting room " in parts_of("TheWaitingRoom")
    assert " user " in parts_of("_find_user")
    assert " user " not in parts_of("unused")
    row, *_ = rows_of("| word | | | not |\n|---|---|---|---|\n| seat | x | `a/b` `C` | slot, pew |")
    assert row == Row(["seat"], ["a/b", "C"], ["slot", "pew"])
    assert "Room.id" in NAMES[HOUSE / "domain" / "rooms.py"]
