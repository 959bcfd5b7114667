"""The tables for the terminal: median, and ratio to the reference."""

from bench.entrants import REFERENCE
from bench.figures import Figure, Table
from bench.report.results import Results, number


def printed(results: Results) -> str:
    """Return all tables as text."""
    parts = [_table(results, table) for table in results.tables()]
    failures = [f"! {failure}" for failure in results.run.failures]
    return "\n".join([*parts, f"x: ratio to {REFERENCE}, median of the rounds", *failures])


def _table(results: Results, table: Table) -> str:
    heads = [f"{figure.title} [{figure.unit}]".removesuffix(" []") for figure in table.figures]
    lines = [f"\n{table.title}", *(f"  ({n}) {head}" for n, head in enumerate(heads, 1))]
    numbers = "".join(f"{f'({n})':>18}" for n in range(1, len(heads) + 1))
    lines.append(f"{'':<26}{numbers}")
    for name in results.names(table):
        cells = "".join(f"{_cell(results, name, figure):>18}" for figure in table.figures)
        lines.append(f"{name:<26}{cells}")
    return "\n".join(lines)


def _cell(results: Results, name: str, figure: Figure) -> str:
    spread, ratio = results.spread(name, figure), results.ratio(name, figure)
    if not spread:
        return "-"
    return number(spread.middle) + (f" x{ratio.middle:.2f}" if ratio else "      ")
