"""Whoever reads the tour, or the check lists, finds each file there, and in it what is named."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent
SEEN_FROM: Final = (ROOT, ROOT / "ephemera")
DEVELOPMENT: Final = ROOT / "docs/development.md"
CONTRIBUTING: Final = ROOT / "CONTRIBUTING.md"

BUILT: Final = {"static/vendor/"}
"""What `make setup` brings and no checkout has."""
MOST_LINES_OF_A_TOUR: Final = 25
MARKED: Final = re.compile(r"`([^`]+)`")
PATH: Final = re.compile(r"[\w.][\w.*-]*(/[\w.*-]+)*(/|\.(py|html|css|js|lua|md|toml|lock|json))")
WORD: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?")


def files_of(path: str) -> Sequence[Path]:
    """Return the files that are meant by a path, or lie in the folder that is."""
    found = [each for root in SEEN_FROM for each in root.glob(path.rstrip("/"))]
    return [
        file
        for each in found
        for file in ([each] if each.is_file() else each.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
    ]


def defined_in(tree: ast.AST, within: str = "") -> Iterator[str]:
    """Yield what a module, or a class in it, defines."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef(name=name):
                yield within + name
                yield from defined_in(node, f"{within}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield within + name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield within + name


def has(file: Path, name: str, *, defined: bool) -> bool:
    """Tell whether the file has that name; one of Python may have to define it."""
    text = file.read_text(errors="replace")
    if defined and file.suffix == ".py":
        return name in defined_in(ast.parse(text))
    return re.search(rf"\b{re.escape(name.rsplit('.', 1)[-1])}\b", text) is not None


def missing_in(text: str) -> Iterator[str]:
    """Yield the files a text names that are not there, and the names that are not in them.

    What is in parentheses right behind a file must be defined in it. Any other name that a list's
    item marks must stand in one of the files that it names.
    """
    for item in re.split(r"\n(?=\d+\. )|\n\n", text):
        paths = [mark for mark in MARKED.findall(item) if PATH.fullmatch(mark)]
        yield from (path for path in paths if not files_of(path) and path not in BUILT)
        if not re.match(r"\d+\. ", item):
            continue
        for path, behind in re.findall(r"`([^`]+)`\s\(((?:`[^`]+`[, \n]*)+)\)", item):
            for name in MARKED.findall(behind):
                if not any(has(file, name, defined=True) for file in files_of(path)):
                    yield f"{path} {name}"
        named = [file for path in paths for file in files_of(path)]
        for name in MARKED.findall(item):
            is_word = WORD.fullmatch(name) and not PATH.fullmatch(name)
            if is_word and not any(has(file, name.strip("()"), defined=False) for file in named):
                yield f"{name} ({', '.join(paths)})"


def sections(text: str) -> dict[str, str]:
    """Return the parts of the tour by what they follow."""
    tour = text.split("\n## A tour\n", 1)[1].split("\n## ", 1)[0]
    parts = re.split(r"\n\*\*(A \w+)\*\*", tour)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("`server/whole.py` (`Hot.read`)", []),
        ("`server/hole.py` (`Hot.read`)", ["server/hole.py", "server/hole.py Hot.read"]),
        ("`server/whole.py` (`Hot.write`)", ["server/whole.py Hot.write"]),
        ("`server/whole.py` (`Hot`, `cold`)", ["server/whole.py cold"]),
    ],
)
def test_what_has_moved_is_missed_by_name(said: str, missing: list[str]) -> None:
    assert [each for each in missing_in(f"1. {said}: half a sentence.") if "(" not in each] == (
        missing
    )


@pytest.mark.parametrize("page", [DEVELOPMENT, CONTRIBUTING], ids=lambda page: page.name)
def test_every_file_that_is_named_is_there_and_has_what_is_named(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    assert MARKED.search(text)
    assert list(missing_in(text)) == []


def test_the_tour_follows_a_message_a_removal_and_a_stream_in_a_screen_each() -> None:
    tour = sections(DEVELOPMENT.read_text())
    assert list(tour) == ["A message", "A removal", "A stream"]
    for followed in tour.values():
        assert len(followed.strip().splitlines()) <= MOST_LINES_OF_A_TOUR
        steps = [line for line in followed.splitlines() if re.match(r"\d+\. ", line)]
        assert len(steps) > 1
        assert all(PATH.fullmatch(MARKED.findall(step)[0]) for step in steps)
