"""What the agent writes down of the models in use: counts, times, megabytes."""

from edge_agent.app.timeline import Stage, Timeline
from edge_agent.app.wellbeing import Wellbeing, teller
from edge_agent.base.frames import RATE_HZ
from edge_agent.supply.fleet import health
from edge_agent.workers.process import State

TURN = Timeline(
    1,
    {
        Stage.SPEECH_END: 0,
        Stage.SOFT_END: RATE_HZ // 10,
        Stage.TRANSCRIPT: RATE_HZ // 5,
        Stage.FIRST_SAMPLE: RATE_HZ // 2,
    },
)


def seen(root, story, generation="2-b"):
    memory = iter(range(100, 1000, 100))
    book = Wellbeing(root, generation, lambda: float(next(memory)))
    story(book)
    book.close()
    return health.read(root, generation)


def test_turns_are_counted_and_timed(tmp_path):
    def story(book):
        for _ in range(5):
            book.turn(TURN)

    found = seen(tmp_path, story)
    assert found.turns == 5
    assert (found.first_sound_p95_ms, found.transcript_p95_ms) == (500.0, 100.0)
    assert (found.memory_begun_mb, found.memory_mb) == (300.0, 500.0)


def test_a_crash_and_a_model_that_does_not_load_are_told(tmp_path):
    def story(book):
        book.crashed()
        book.broken("3-c", "no such tensor")

    assert seen(tmp_path, story).crashes == 1
    assert health.read(tmp_path, "3-c").broken == "no such tensor"


def test_another_generation_begins_anew(tmp_path):
    def story(book):
        book.crashed()
        book.begin("3-c")
        book.turn(TURN)

    assert seen(tmp_path, story).crashes == 1
    assert (health.read(tmp_path, "3-c").turns, health.read(tmp_path, "3-c").crashes) == (1, 0)


def test_without_a_fleet_nothing_is_written(tmp_path):
    seen(tmp_path / "never", lambda book: book.turn(TURN))
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_is_started_again_is_a_crash_and_its_first_start_or_its_renewal_is_none(tmp_path):
    def story(book):
        news = []
        tell = teller(book, news.append)
        for state in (State.STARTING, State.READY, State.RENEWING, State.STARTING, State.READY):
            tell("llm", state)
        assert news == []
        for state in (State.BACKING_OFF, State.STARTING, State.READY):
            tell("llm", state)
        assert [each.engine for each in news] == ["llm"]

    assert seen(tmp_path, story).crashes == 1
