"""GET /health/live, /health/ready and /metrics: numbers only."""

from tests.support.asking import Kind, by_kind
from tests.support.cast import House, Person, Scene, set_scene


@by_kind
async def test_a_process_that_answers_is_live_and_ready(house: House, kind: Kind) -> None:
    for path, text in (("/health/live", "live\n"), ("/health/ready", "ready\n")):
        answer = await Person(house).get(path, kind)
        assert (answer.status, answer.text) == (200, text)
        assert answer.type == "text/plain; charset=utf-8"


async def test_a_draining_process_is_live_but_not_ready(house: House) -> None:
    await house.app.drain()
    assert (await Person(house).get("/health/live")).status == 200
    answer = await Person(house).get("/health/ready")
    assert answer.status == 503
    assert answer.headers["Retry-After"]


async def test_a_process_full_of_streams_is_not_ready() -> None:
    scene = await set_scene(House(max_streams=1))
    async with scene.ben.listening(f"{scene.path}/raw") as stream:
        await stream.until("Eve")
        assert (await scene.mallory.get("/health/ready")).status == 503
    assert (await scene.mallory.get("/health/ready")).status == 200


async def test_metrics_count_rooms_and_streams(scene: Scene) -> None:
    async with scene.ben.listening(f"{scene.path}/raw") as stream:
        await stream.until("Eve")
        metrics = await scene.mallory.get("/metrics")
    assert metrics.type == "text/plain; version=0.0.4; charset=utf-8"
    assert "\nephemera_rooms 2.0\n" in metrics.text
    assert "\nephemera_streams 1.0\n" in metrics.text


async def test_metrics_count_what_happens(scene: Scene) -> None:
    async def told(name: str) -> float:
        text = (await scene.mallory.get("/metrics")).text
        return float(text.partition(f"\n{name} ")[2].partition("\n")[0])

    commits, events = await told("ephemera_commits_total"), await told("ephemera_events_total")
    assert (await scene.ada.say(scene.room, "Hello")).status == 201
    assert await told("ephemera_commits_total") == commits + 1
    assert await told("ephemera_events_total") == events + 1
    assert await told("ephemera_conflicts_total") == 0
    assert await told("ephemera_lag_seconds_count") == 0


async def test_metrics_name_nobody(scene: Scene) -> None:
    metrics = (await scene.mallory.get("/metrics")).text
    for word in ("Ada", "Ben", scene.room, scene.code, scene.ada.address):
        assert word not in metrics
