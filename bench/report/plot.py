"""The plot: one panel for each main figure, a bar for each server, a line for the quartiles."""

from collections.abc import Iterator
from html import escape
from typing import Final

from bench.figures import Figure, plotted
from bench.report.results import Results, Spread, number

WIDTH: Final = 760
NAMES: Final = 190
"""Pixels for the names on the left; the bars take what is left beside their numbers."""
NUMBERS: Final = 80
ROW: Final = 20
HEAD: Final = 44
BAR: Final = 12

STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #2b2a33 }
.title { font-weight: 600 }
.bar { fill: #9aa3b5 } .ours { fill: #b4501e } .line { stroke: #2b2a33; stroke-width: 1.5 }
.paper { fill: #fbf8f3 }
@media (prefers-color-scheme: dark) {
  text { fill: #ece7df } .paper { fill: #1d1c24 } .line { stroke: #ece7df }
  .bar { fill: #6d7690 } .ours { fill: #e8834a }
}"""


def plot(results: Results) -> str:
    """Return the plot as an SVG document."""
    panels: list[str] = []
    top = 0
    for title, figure in plotted(results.run.plan):
        rows = _rows(results, figure)
        panels += _panel(title, figure, rows, top)
        top += HEAD + ROW * len(rows)
    height = top + ROW
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>What messages and streams cost: medians with quartiles</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
            *panels,
            "</svg>\n",
        ]
    )


def _rows(results: Results, figure: Figure) -> list[tuple[str, Spread]]:
    """Return the servers that have the figure, the best one first."""
    spreads = [(e.name, results.spread(e.name, figure)) for e in results.run.entrants]
    known = [(name, spread) for name, spread in spreads if spread]
    return sorted(known, key=lambda row: row[1].middle, reverse=figure.more)


def _panel(title: str, figure: Figure, rows: list[tuple[str, Spread]], top: int) -> Iterator[str]:
    better = "more is better" if figure.more else "less is better"
    head = escape(f"{title} ({figure.unit}), {better}")
    yield f'<text class="title" x="12" y="{top + 30}">{head}</text>'
    most = max((spread.high for _, spread in rows), default=1.0) or 1.0
    scale = (WIDTH - NAMES - NUMBERS) / most
    for place, (name, spread) in enumerate(rows):
        yield from _bar(name, spread, scale, top + HEAD + place * ROW)


def _bar(name: str, spread: Spread, scale: float, top: int) -> Iterator[str]:
    kind = "bar ours" if name.startswith("ephemera") else "bar"
    end, low, high = (NAMES + scale * v for v in (spread.middle, spread.low, spread.high))
    middle = top + BAR / 2
    yield f'<text x="{NAMES - 8}" y="{top + 11}" text-anchor="end">{escape(name)}</text>'
    yield (f'<rect class="{kind}" x="{NAMES}" y="{top}" width="{end - NAMES:.1f}" height="{BAR}"/>')
    yield (
        f'<line class="line" x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.1f}" y2="{middle:.1f}"/>'
    )
    yield f'<text x="{max(end, high) + 8:.1f}" y="{top + 11}">{number(spread.middle)}</text>'
