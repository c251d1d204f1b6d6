import re
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import InputError
from edge_agent.talk.mind import skills
from edge_agent.talk.mind.skills import (
    Answer,
    CancelTimers,
    SetTimer,
    SetVolume,
    Skills,
    Timers,
    World,
    answer,
    foreseeable,
)
from edge_agent.talk.mind.skills.normal import normalise

SKILLS = Skills()
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)


def test_the_sentences_are_written_in_the_form_that_speech_is_brought_into():
    written = (Path(skills.__file__).parent / "sentences" / "en.yaml").read_text(encoding="utf-8")
    templates = re.findall(r'^ +- "(.+)"$|in: "([^"]+)"', written, re.MULTILINE)
    words = re.findall(r"[a-z0-9/']+", re.sub(r"[{<][^}>]*[}>]", " ", " ".join(map("".join, templates))))
    assert len(words) > 200
    assert [word for word in words if word != "1/2" and normalise(word) != word] == []


def test_one_more_time_and_min_are_understood():
    assert ask("Say that one more time.", world(last_reply="Hello.")).say == "Hello."
    assert ask("One more time.", world(last_reply="Hello.")).say == "Hello."
    assert ask("Set the volume to min.").effect == SetVolume(0.1)


def world(*timers: tuple[int, str], volume: float = 0.5, last_reply: str = "") -> World:
    running = Timers()
    for duration_s, name in timers:
        running, _ = running.add(duration_s, name, now=0.0)
    return World(NOON, volume, running.running(0.0), last_reply)


def ask(text: str, at: World | None = None) -> Answer:
    understood = SKILLS.understand(text)
    assert understood is not None, text
    return answer(understood, at or world())


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Set a TIMER, please!", "set a timer please"),
        ("twenty-five minutes", "25 minutes"),
        ("one hundred and twenty", "120"),
        ("one hundred and a half", "100 and a half"),
        ("a hundred", "100"),
        ("two hundred five", "205"),
        ("1.5 hours", "1 and a half hours"),
        ("2½ hours", "2 and a half hours"),
        ("50%", "50 percent"),
        ("a 12-ounce and 8oz", "a 12 ounce and 8 ounce"),
        ("1,000", "1000"),
        ("what’s up", "what's up"),
        ("...", ""),
    ],
)
def test_what_whisper_writes_is_brought_into_one_form(written, plain):
    assert normalise(written) == plain


@pytest.mark.parametrize(
    ("text", "seconds", "name"),
    [
        ("Set a timer for ten minutes.", 600, ""),
        ("10 minute timer", 600, ""),
        ("Set a timer for half an hour.", 1800, ""),
        ("Timer for an hour and a half, please.", 5400, ""),
        ("start a timer for one and a half hours", 5400, ""),
        ("Set a 1.5 hour timer", 5400, ""),
        ("Set a timer for 1 hour and 30 minutes.", 5400, ""),
        ("set a timer for two minutes and thirty seconds", 150, ""),
        ("set a timer for a minute and a half", 90, ""),
        ("Could you set a timer for a quarter of an hour?", 900, ""),
        ("Wait, set a timer for two minutes.", 120, ""),
        ("Hold on, sorry, set a timer for two minutes.", 120, ""),
        ("Wake me up in twenty minutes.", 1200, ""),
        ("Remind me in 45 seconds", 45, ""),
        ("Set a pasta timer for 8 minutes.", 480, "pasta"),
        ("Set an 8-minute pasta timer.", 480, "pasta"),
        ("Set a timer for 8 minutes called pasta.", 480, "pasta"),
        ("set a timer for the eggs for 4 minutes", 240, "eggs"),
    ],
)
def test_timers_are_set_as_people_ask_for_them(text, seconds, name):
    assert ask(text).effect == SetTimer(seconds, name)


def test_setting_a_timer_is_confirmed():
    assert ask("set a timer for one minute").say == "Timer set for 1 minute."
    assert ask("set a pasta timer for ninety seconds").say == "Pasta timer set for 1 minute and 30 seconds."


def test_a_timer_of_no_length_is_refused_and_so_is_one_too_many():
    assert ask("set a timer for 0 minutes") == Answer("A timer needs at least one second.")
    assert ask("set a timer for 999 hours").effect is None
    assert ask("set a timer for 5 minutes", world(*[(60, "")] * 32)).effect is None


@pytest.mark.parametrize(
    ("timers", "say"),
    [
        ([], "There's no timer running."),
        ([(245, "")], "4 minutes and 5 seconds left."),
        ([(60, ""), (120, "pasta")], "1 minute on your 1 minute timer and 2 minutes on your pasta timer."),
    ],
)
def test_how_long_is_left(timers, say):
    assert ask("How much time is left?", world(*timers)).say == say


def test_how_long_is_left_on_a_certain_one():
    two = world((60, ""), (120, "pasta"))
    assert ask("How long is left on the pasta timer?", two).say == "2 minutes left."
    assert ask("How long is left on my one minute timer?", two).say == "1 minute left."
    assert ask("How long is left on the egg timer?", two).say == "There's no egg timer."


def test_one_timer_is_cancelled_without_asking_which():
    assert ask("Cancel the timer.", world((60, "pasta"))) == Answer("Pasta timer cancelled.", CancelTimers((1,)))


def test_with_several_timers_it_asks_which():
    two = world((60, ""), (120, "pasta"))
    assert ask("Stop the timer.", two) == Answer("Which one, the 1 minute timer or the pasta timer?")
    assert ask("Stop the pasta timer.", two).effect == CancelTimers((2,))
    assert ask("Cancel the 1 minute timer.", two).effect == CancelTimers((1,))
    assert ask("Cancel the egg timer.", two) == Answer("There's no egg timer.")


def test_all_timers_are_cancelled():
    assert ask("Cancel all timers.", world((60, ""), (120, "pasta"))).effect == CancelTimers((1, 2))
    assert ask("Cancel all my timers.").effect is None


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ("Louder!", 0.6),
        ("Turn it up a bit.", 0.6),
        ("Quieter, please.", 0.4),
        ("Turn the volume down.", 0.4),
        ("Volume to 5.", 0.5),
        ("Set the volume to ten", 1.0),
        ("Set the volume to 35%.", 0.35),
        ("volume 80", 0.8),
        ("change volume to thirty five percent", 0.35),
        ("full volume", 1.0),
    ],
)
def test_volume(text, volume):
    assert ask(text).effect == SetVolume(volume)


def test_the_volume_has_ends():
    assert ask("louder", world(volume=1.0)).effect is None
    assert ask("quieter", world(volume=0.1)).effect is None
    assert ask("louder", world(volume=0.95)).effect == SetVolume(1.0)
    assert ask("quieter", world(volume=0.15)).effect == SetVolume(0.1)


def test_time_and_date():
    assert ask("What time is it?").say == "It's 12:05 pm."
    midnight = World(datetime(2026, 1, 2, 0, 30, tzinfo=UTC), 0.5)
    assert ask("Can you tell me the time?", midnight).say == "It's 12:30 am."
    assert ask("What's the date today?").say == "It's Monday, November 23."


@pytest.mark.parametrize(
    "text",
    [
        "Go on.",
        "Please continue.",
        "Keep going!",
        "Sorry, go ahead.",
        "What were you saying?",
        "Continue where you left off.",
        "Finish the list.",
        "Tell me the rest of the story.",
    ],
)
def test_going_on_says_what_was_left_unsaid_or_leaves_it_to_the_model(text):
    assert ask(text, World(NOON, 0.5, unheard="a time, at sea.")).say == "a time, at sea."
    assert answer(SKILLS.understand(text), world()) is None


@pytest.mark.parametrize(
    "text", ["set a timer for ten minutes", "set the volume to 30 percent", "what day is it", "what did you say"]
)
def test_likely_answers_are_foreseen_word_for_word(text):
    assert ask(text).say in set(foreseeable(NOON))


def test_stop_is_answered_with_silence():
    for text in ("Stop.", "Be quiet!", "Never mind.", "Okay, stop talking."):
        assert ask(text) == Answer("")


def test_repeat_says_what_was_last_heard():
    assert ask("What did you say?", world(last_reply="Fine.")).say == "Fine."
    assert ask("Say that again, please.").say == "I haven't said anything yet."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Set a timer for",
        "Set a timer for ten",
        "What time is it in London?",
        "Tell me a story about a timer that was never cancelled",
        "What's the volume of a sphere?",
        "Stop the war",
        "Set a timer for ten minutes and remind me of my mother",
        "set a really very long winded name timer for 5 minutes",
        "please",
    ],
)
def test_what_is_no_whole_command_is_not_understood(text):
    assert SKILLS.understand(text) is None
    assert not SKILLS.is_complete(text)


def test_a_whole_command_is_complete():
    assert SKILLS.is_complete("Set a timer for ten minutes")


@given(st.text(max_size=60))
def test_any_text_is_survived(text):
    SKILLS.understand(text)


def test_understanding_takes_milliseconds():
    texts = [
        "set a timer for 1 hour and 30 minutes",
        "what time is it",
        "tell me about the history of rome and its kings",
    ]
    SKILLS.understand(texts[0])
    took = []
    for text in texts * 7:
        begin = time.process_time()
        SKILLS.understand(text)
        took.append(time.process_time() - begin)
    assert statistics.median(took) < 0.02


def test_an_owner_brings_sentences_and_answers(tmp_path):
    (tmp_path / "house.yaml").write_text(
        "intents: {Lamp: {data: [{sentences: ['(light|lamp) {state}']}]}}\n"
        "lists: {state: {values: ['on', 'off']}}\n"
        "answers: {Lamp: 'The lamp is {state}{missing}.'}\n"
    )
    understood = Skills([tmp_path]).understand("Lamp on!")
    assert understood is not None
    assert (understood.name, understood.slots) == ("Lamp", {"state": "on"})
    assert answer(understood, world()) == Answer("The lamp is on.")
    assert Skills([tmp_path]).understand("what time is it") is not None


def test_two_readings_that_are_equally_good_are_not_understood(tmp_path):
    (tmp_path / "house.yaml").write_text("intents: {A: {data: [{sentences: [go]}]}, B: {data: [{sentences: [go]}]}}")
    assert Skills([tmp_path]).understand("go") is None


@pytest.mark.parametrize(
    "content",
    [
        "intents: [",
        "just text",
        "intents: {A: {}}",
        "intents: {A: {data: [{sentences: ['(a']}]}}",
        "intents: {}\nskip_words: [please, {u: m}]",
    ],
)
def test_a_bad_grammar_is_named(tmp_path, content):
    (tmp_path / "bad.yaml").write_text(content)
    with pytest.raises(InputError, match=tmp_path.name):
        Skills([tmp_path])


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("lists: {}\nexpansion_rules: {light: lamp}", r"there is no \{colour\}"),
        ("lists: {colour: {values: [red]}}\nexpansion_rules: {}", "there is no <light>"),
        ("lists: {colour: {values: [red]}}\nexpansion_rules: {light: 'a <light>'}", "<light> refers to itself"),
        ("lists: {colour: {values: ['{colour} red']}}\nexpansion_rules: {light: lamp}", "refers to itself"),
    ],
)
def test_a_grammar_that_refers_to_what_it_lacks_is_refused_when_it_is_loaded_and_not_in_a_turn(tmp_path, rest, said):
    sentences = 'intents: {Light: {data: [{sentences: ["make <light> {colour}"]}]}}\n'
    (tmp_path / "bad.yaml").write_text(sentences + rest)
    with pytest.raises(InputError, match=said):
        Skills([tmp_path])


@pytest.mark.parametrize("said", ["On}", "{0}", "{}", "{state.upper}", "{state!r}", "{state:d}", "[]"])
def test_an_answer_with_anything_in_braces_but_a_slot_is_refused(tmp_path, said):
    text = said if said == "[]" else f"'{said}'"
    (tmp_path / "bad.yaml").write_text(f"intents: {{A: {{data: [{{sentences: [go]}}]}}}}\nanswers: {{A: {text}}}")
    with pytest.raises(InputError, match="answers"):
        Skills([tmp_path])


def test_an_empty_folder_is_no_grammar(tmp_path):
    with pytest.raises(InputError, match="no grammar"):
        Skills([tmp_path])
