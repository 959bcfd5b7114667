"""The metrics as they are written: for a program, about nobody, and into no file."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from ephemera.metrics import BUCKETS, Metrics

COUNT_AND_TELL = """
from ephemera.metrics import Metrics
metrics = Metrics()
metrics.commits()
metrics.lag(0.1)
print(metrics.tell(1, 2).decode())
"""


def families(metrics: Metrics, rooms: int = 0, streams: int = 0) -> dict[str, Metric]:
    told = metrics.tell(rooms, streams).decode()
    return {family.name: family for family in text_string_to_metric_families(told)}


def numbers(found: Iterable[Metric]) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in found
        for sample in family.samples
        if not sample.labels
    }


def test_what_was_counted_is_told_under_its_name() -> None:
    metrics = Metrics()
    metrics.events(3)
    metrics.reaped()
    metrics.reaped()
    found = numbers(families(metrics, rooms=5, streams=8).values())
    assert found == {
        "ephemera_rooms": 5,
        "ephemera_streams": 8,
        "ephemera_events_total": 3,
        "ephemera_commits_total": 0,
        "ephemera_conflicts_total": 0,
        "ephemera_reaped_total": 2,
        "ephemera_dropped_streams_total": 0,
        "ephemera_engine_unavailable_total": 0,
        "ephemera_lag_seconds_count": 0,
        "ephemera_lag_seconds_sum": 0,
    }


def test_a_lag_is_in_every_bucket_that_is_long_enough_for_it() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.3, 0.3, 20.0):
        metrics.lag(seconds)
    samples = families(metrics)["ephemera_lag_seconds"].samples
    buckets = {float(sample.labels["le"]): sample.value for sample in samples if sample.labels}
    assert tuple(buckets) == (*BUCKETS, float("inf"))
    assert (BUCKETS[0], BUCKETS[-1]) == (0.005, 10)
    assert [buckets[seconds] for seconds in (0.005, 0.25, 0.5, 10, float("inf"))] == [1, 1, 3, 3, 4]
    assert numbers(families(metrics).values())["ephemera_lag_seconds_sum"] == 20.605


def test_no_label_could_hold_a_name() -> None:
    found = families(Metrics())
    assert all(name.startswith("ephemera_") for name in found)
    labels = {
        label for family in found.values() for sample in family.samples for label in sample.labels
    }
    assert labels == {"le"}


def test_processes_count_each_for_itself() -> None:
    ours, theirs = Metrics(), Metrics()
    ours.commits()
    assert numbers(families(theirs).values())["ephemera_commits_total"] == 0


def test_counting_writes_no_file_even_where_the_library_would(tmp_path: Path) -> None:
    environ = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", COUNT_AND_TELL], env=environ, capture_output=True, check=True
    )
    assert b"\nephemera_commits_total 1.0\n" in told.stdout
    assert list(tmp_path.iterdir()) == []
