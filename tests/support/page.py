"""A page that heeds server-sent events as htmx with hx-sse and hx-upsert does, without a browser.

Only what our streams use: unnamed events hold `<hx-partial>` elements, each with targets, `#id` or
`.class[data-of='id']`, found before any of them is swapped, and one of the swaps `upsert`,
`innerHTML`, `outerHTML`, `afterend` and `delete`; a `<title>` becomes the page's.
Everything else in an event is an error: we would not know what a browser makes of it.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import dropwhile
from typing import Final, NamedTuple

VOID: Final = frozenset({"br", "col", "hr", "img", "input", "link", "meta"})


_SELECTOR: Final = re.compile(r"#(?P<id>[\w-]+)|\.(?P<class>\w+)\[data-of='(?P<of>[\w-]+)'\]")


class ServerSentEvent(NamedTuple):
    """One event as the HTML standard, section 9.2.6, has a client see it."""

    id: str
    name: str
    data: str
    retry: str


def events_of(stream: str) -> list[ServerSentEvent]:
    """Return the events of a stream, which must hold nothing but whole events."""
    assert not stream or stream.endswith("\n\n"), "the last event is cut"
    assert "\r" not in stream
    return [_event(block) for block in stream.split("\n\n") if block]


def _event(block: str) -> ServerSentEvent:
    fields: dict[str, list[str]] = {"id": [], "event": [], "data": [], "retry": []}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        fields[name].append(value.removeprefix(" "))
    for name in ("id", "event", "retry"):
        assert len(fields[name]) <= 1, f"{name} is there twice"
    first = {name: (values or [""])[0] for name, values in fields.items()}
    return ServerSentEvent(first["id"], first["event"], "\n".join(fields["data"]), first["retry"])


@dataclass(eq=False)
class Element:
    """An element of a page; its children are elements and texts."""

    tag: str
    attributes: dict[str, str | None]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.attributes.get("id") or ""

    @property
    def elements(self) -> list["Element"]:
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.elements:
            yield from child.walk()

    def find(self, wanted: str) -> "Element | None":
        return next((element for element in self.walk() if element.id == wanted), None)

    def select(self, selector: str) -> list["Element"]:
        """Return the elements that a list of selectors means."""
        wanted = [_SELECTOR.fullmatch(one) for one in selector.split(", ")]
        assert all(wanted), selector
        keys = {(one["id"] or one["of"], one["class"]) for one in wanted if one}
        return [element for element in self.walk() if not keys.isdisjoint(element.keys)]

    @property
    def keys(self) -> set[tuple[str | None, str | None]]:
        classes = (self.attributes.get("class") or "").split()
        of = self.attributes.get("data-of")
        return {(self.id, None), *((of, name) for name in classes)}

    def all(self, tag: str) -> list["Element"]:
        return [element for element in self.walk() if element.tag == tag]

    def parent_of(self, child: "Element") -> "Element":
        return next(element for element in self.walk() if child in element.elements)

    def replace(self, old: "Element", *new: "Element | str") -> None:
        place = self._place(old)
        self.children[place : place + 1] = new

    def insert_before(self, place: "Element", new: "Element") -> None:
        self.children.insert(self._place(place), new)

    def shape(self) -> object:
        """Return what two equal elements have in common: all but the blanks between elements."""
        return (
            self.tag,
            sorted(self.attributes.items()),
            [
                child if isinstance(child, str) else child.shape()
                for child in self.children
                if not isinstance(child, str) or child.strip()
            ],
        )

    def _place(self, child: "Element") -> int:
        return next(place for place, other in enumerate(self.children) if other is child)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment reached the reader: {data}")


def parse(html: str) -> Element:
    """Return the document; fail when an element is not closed, or closed in the wrong place."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert parser._open == [parser.root], f"<{parser._open[-1].tag}> is never closed"
    return parser.root


class Page:
    """A page that was loaded once and has followed its stream since."""

    def __init__(self, html: str) -> None:
        self.document = parse(html)
        link = self.document.find("link")
        self._origin = link.text.partition("/join#")[0] if link else ""
        ids = [element.id for element in self.document.walk() if element.id]
        assert len(ids) == len(set(ids)), "an id is there twice"

    @property
    def title(self) -> str:
        return self.document.all("title")[0].text

    @property
    def stream(self) -> str:
        """The address at which the page's stream goes on."""
        element = self.document.find("stream")
        assert element
        return str(element.attributes["hx-sse:connect"])

    def shape(self, wanted: str) -> object:
        """Return what is in the element of that id, but for the blanks between elements."""
        element = self.document.find(wanted)
        return element and element.shape()

    def ids(self, wanted: str) -> list[str]:
        """Return the ids of the children of an element, in order."""
        element = self.document.find(wanted)
        assert element
        return [child.id for child in element.elements]

    def hear(self, stream: str) -> None:
        """Heed the events of a stream."""
        for event in events_of(stream):
            if not event.name and event.data:
                self._swap(parse(event.data))

    def _swap(self, fragment: Element) -> None:
        tasks = []
        for element in fragment.elements:
            if element.tag == "title":
                self.document.all("title")[0].children = [element.text]
            else:
                assert element.tag == "hx-partial", element.tag
                targets = self.document.select(str(element.attributes["hx-target"]))
                tasks += [(element, target) for target in targets]
        for partial, target in tasks:
            self._swap_partial(deepcopy(partial), target)
        if link := self.document.find("link"):  # as `invite.page.js` does: a stream knows no host
            link.children = [f"{self._origin}{link.attributes['href']}"]
        loose = [child for child in fragment.children if isinstance(child, str) and child.strip()]
        assert not loose, loose

    def _swap_partial(self, partial: Element, target: Element) -> None:
        match partial.attributes["hx-swap"]:
            case "upsert":
                for child in partial.elements:
                    self._upsert(target, child)
            case "innerHTML":
                target.children = partial.children
            case "outerHTML":
                self.document.parent_of(target).replace(target, *partial.children)
            case "afterend":
                self.document.parent_of(target).replace(target, target, *partial.children)
            case "delete":
                self.document.parent_of(target).replace(target)
            case swap:
                raise AssertionError(swap)

    def _upsert(self, target: Element, new: Element) -> None:
        """Replace the element of that id wherever it is, else insert it sorted by id."""
        old = self.document.find(new.id)
        assert new.id, "an element without an id could not be replaced"
        if old:
            return self.document.parent_of(old).replace(old, new)
        later = next(
            dropwhile(lambda other: _order(other.id) <= _order(new.id), target.elements), None
        )
        if later:
            return target.insert_before(later, new)
        target.children.append(new)
        return None


def _order(identity: str) -> list[tuple[int, int, str]]:
    """Return the sort key of `localeCompare` with `numeric: true`, for ids such as ours."""
    parts = re.findall(r"[0-9]+|[^0-9]+", identity)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
