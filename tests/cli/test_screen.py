"""What `talk` shows, on a terminal and where there is none."""

from io import StringIO

import pytest
from rich.console import Console

from edge_agent.app.happenings import (
    LevelMeasured,
    MicrophoneChanged,
    Noted,
    PhraseQueued,
    StateChanged,
    TurnEnded,
    WordsHeard,
)
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.cli.screen import LINES_MAX, METER_DB, Screen, meter, stages
from edge_agent.talk.floor.state import State

TURN = Timeline(
    1,
    {Stage.SPEECH_END: 16_000, Stage.TRANSCRIPT: 20_800, Stage.FIRST_SAMPLE: 25_600},
    kind="local",
    reply="The sky is blue.",
    heard="The sky is blue.",
)


def plain():
    return Screen(Console(file=StringIO(), width=100), "edge-agent · a room")


def drawn(screen):
    """What a terminal would show now."""
    paper = Console(file=StringIO(), width=100)
    paper.print(screen._draw())
    return paper.file.getvalue()


def test_without_a_terminal_every_exchange_is_one_plain_line_each():
    with plain() as screen:
        screen.watch(LevelMeasured(-30.0, 0.9))
        screen.watch(StateChanged(State.HEARING, False))
        screen.watch(WordsHeard("Why is", final=False))
        screen.watch(WordsHeard("Why is the sky blue?", final=True))
        screen.watch(PhraseQueued("The sky is blue."))
        screen.watch(TurnEnded(TURN))
        screen.watch(Noted("the stt engine failed [and] is being restarted"))
    assert screen.console.file.getvalue().splitlines() == [
        "edge-agent · a room",
        "   you  Why is the sky blue?",
        " agent  The sky is blue.   600 ms",
        "  note  the stt engine failed [and] is being restarted",
    ]


def test_a_long_line_is_not_broken_so_that_a_log_can_be_searched():
    with plain() as screen:
        screen.watch(WordsHeard("word " * 60, final=True))
    assert len(screen.console.file.getvalue().splitlines()) == 2


def test_an_answer_that_was_cut_off_ends_in_a_dash():
    with plain() as screen:
        screen.watch(TurnEnded(TURN.noted(heard="The sky")))
    assert " agent  The sky —" in screen.console.file.getvalue()


@pytest.mark.parametrize("state", State)
def test_the_screen_says_who_speaks(state):
    screen = plain()
    screen.watch(StateChanged(state, False))
    assert state.value in drawn(screen)


def test_the_screen_says_when_it_is_muted():
    screen = plain()
    screen.watch(MicrophoneChanged(open=False))
    assert "muted" in drawn(screen)
    screen.watch(MicrophoneChanged(open=True))
    assert "listening" in drawn(screen)


def test_the_screen_has_the_level_and_the_keys():
    screen = plain()
    screen.watch(LevelMeasured(-35.0, 0.87))
    shown = drawn(screen)
    assert "-35 dB  voice 0.87" in shown
    assert "█" * 15 + "░" * 15 in shown
    assert "m mute" in shown


def test_words_are_shown_as_they_come_and_are_gone_when_they_are_said():
    screen = plain()
    screen.watch(WordsHeard("Why is", final=False))
    assert "Why is …" in drawn(screen)
    screen.watch(WordsHeard("Why is the sky blue?", final=True))
    screen.watch(PhraseQueued("The sky"))
    screen.watch(PhraseQueued("is blue."))
    shown = drawn(screen)
    assert "…" not in shown
    assert "agent  The sky is blue." in shown
    screen.watch(TurnEnded(TURN))
    assert drawn(screen).count("The sky is blue.") == 1


def test_the_screen_says_where_the_time_of_the_last_turn_went():
    screen = plain()
    screen.watch(TurnEnded(TURN))
    assert "local · ms after your last sample: transcript 300 · first sample 600" in drawn(screen)


def test_what_is_typed_is_shown():
    screen = plain()
    screen.typing = "what time"
    assert "type  what time" in drawn(screen)


def test_only_the_last_exchanges_stay():
    screen = plain()
    for number in range(LINES_MAX + 3):
        screen.watch(WordsHeard(f"question {number}.", final=True))
    shown = drawn(screen)
    assert "question 2." not in shown
    assert f"question {LINES_MAX + 2}." in shown


def test_a_terminal_is_drawn_in_place():
    console = Console(file=StringIO(), width=100, force_terminal=True)
    with Screen(console, "edge-agent · a room") as screen:
        screen.watch(WordsHeard("Why is the sky blue?", final=True))
    shown = console.file.getvalue()
    assert "Why is the sky blue?" in shown
    assert "╭" in shown


def test_the_meter_is_empty_at_silence_full_at_loud_speech_and_never_leaves_its_frame():
    low, high = METER_DB
    bars = [meter(dbfs, 20).plain for dbfs in (-120, low, (low + high) / 2, high, 0)]
    assert bars == ["░" * 20, "░" * 20, "█" * 10 + "░" * 10, "█" * 20, "█" * 20]


def test_stages_that_were_not_reached_are_left_out():
    assert stages(Timeline(1, kind="announcement")).plain == "announcement · ms after your last sample: "
