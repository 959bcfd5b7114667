"""RESULTS.md and the plot beside it."""

from pathlib import Path
from typing import Final

from bench.entrants import REFERENCE
from bench.figures import Figure, Table
from bench.report.machine import Machine
from bench.report.plot import plot
from bench.report.results import Results, Spread, number

QUICK_NOTE: Final = "**A quick run: it shows that everything works, not what anything costs.**"


def write(results: Results, machine: Machine, folder: Path) -> None:
    """Write both files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.svg").write_text(plot(results), "utf-8")
    (folder / "RESULTS.md").write_text(document(results, machine), "utf-8")


def document(results: Results, machine: Machine) -> str:
    """Return RESULTS.md."""
    parts = [
        "# What messages and streams cost",
        _introduction(results, machine),
        "![The main figures of each server as bars, with quartiles](results.svg)",
        *(_table(results, table) for table in results.tables()),
        _failures(results),
        _list("Machine", machine.facts),
        _list("Versions", machine.versions),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(results: Results, machine: Machine) -> str:
    plan, minutes = results.run.plan, results.run.seconds / 60
    note = [QUICK_NOTE, ""] if plan.name == "quick" else []
    rounds = f"{plan.rounds} rounds with messages, {plan.idle_rounds} with idle streams"
    lines = [
        f"Written by `make bench` on {machine.day}, a {plan.name} run of {minutes:.0f} minutes:",
        f"{rounds}, {plan.cost_rounds} with single requests,",
        "and in each round the servers one after the other.",
        "A cell holds the median and, in brackets, the quartiles of the rounds;",
        f"below it, &times;, the ratio to {REFERENCE} in the same round, likewise.",
        "[README.md](README.md) says what each figure is, and what it is not.",
    ]
    return "\n".join(note + lines)


def _table(results: Results, table: Table) -> str:
    heads = [f"{figure.title}, {figure.unit}".removesuffix(", ") for figure in table.figures]
    lines = [
        f"## {table.title}\n",
        "| | " + " | ".join(heads) + " |",
        "|---|" + "---:|" * len(heads),
    ]
    for name in results.names(table):
        cells = " | ".join(_cell(results, name, figure) for figure in table.figures)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def _cell(results: Results, name: str, figure: Figure) -> str:
    spread, ratio = results.spread(name, figure), results.ratio(name, figure)
    if not spread:
        return "-"
    return _brackets(spread) + (f"<br>&times;{_brackets(ratio)}" if ratio else "")


def _brackets(spread: Spread) -> str:
    return f"{number(spread.middle)} ({number(spread.low)} to {number(spread.high)})"


def _failures(results: Results) -> str:
    return _list("What is missing", results.run.failures) if results.run.failures else ""


def _list(title: str, lines: list[str]) -> str:
    return "\n".join([f"## {title}\n", *(f"- {line}" for line in lines)])
