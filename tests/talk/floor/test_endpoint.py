"""When a turn is over: what each signal reads, how they are weighed, and how odds become a wait."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.endpoint import Evidence, end_odds, wait_s
from edge_agent.talk.floor.endpoint.opening import asks
from edge_agent.talk.floor.endpoint.signals import SIGNALS, log_odds
from edge_agent.talk.floor.endpoint.wait import line_ms
from edge_agent.talk.floor.endpoint.weights import WEIGHTS
from edge_agent.talk.floor.endpoint.words import Ending, ending

DEFAULT = FloorSettings()

probabilities = st.floats(0, 1)
words = st.sampled_from(
    [
        "",
        "I want a coffee",
        "I want a",
        "and",
        "um",
        "yes",
        "four two",
        "what is it for",
        "Well...",
        "one latte, please.",
    ]
)
evidences = st.builds(
    Evidence,
    smart_turn=st.none() | probabilities,
    words=st.none() | words,
    sentence_end=st.none() | probabilities,
    avg_logprob=st.none() | st.floats(-5, 0),
    grammar_complete=st.none() | st.booleans(),
    can_go_on=st.none() | st.booleans(),
    asked=st.none() | st.booleans(),
    paused_s=st.none() | st.floats(0, 10),
)
milliseconds = st.integers(100, 5000)
settings = st.builds(
    FloorSettings,
    silence_ms=milliseconds,
    complete_ms=milliseconds,
    unsure_cap_ms=milliseconds,
    finished_at=st.floats(0.4, 0.95),
    unfinished_at=st.floats(0.02, 0.39),
)
orderly = settings.filter(lambda s: s.complete_ms <= s.unsure_cap_ms)


# What the last words say


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I would like a latte and", Ending.DANGLING),
        ("Send it to the", Ending.DANGLING),
        ("I want a small coffee with", Ending.LEANING),
        ("Can I have some, um,", Ending.HESITATION),
        ("Set a timer for, let me see", Ending.HESITATION),
        ("Well, I was thinking...", Ending.HESITATION),
        ("I was going to—", Ending.HESITATION),
        ("My number is four two seven", Ending.SPELLING),
        ("It's 4-2-7.", Ending.SPELLING),
        ("The code is K, L, M.", Ending.SPELLING),
        ("When she had heard that,", Ending.COMMA),
        ("Can I have some,", Ending.COMMA),
        ("Well, um,", Ending.HESITATION),
        ("Yes.", Ending.TERSE),
        ("No, thanks!", Ending.TERSE),
        ("That’s all", Ending.TERSE),
        ("A table for two people, please.", Ending.PLAIN),
        ("Wake me at 6:30.", Ending.PLAIN),
        ("Give me two", Ending.PLAIN),
        ("I have one", Ending.PLAIN),
        ("What did he say to me and I", Ending.DANGLING),
        ("It is plan a", Ending.DANGLING),
        ("What's the time?", Ending.QUESTION),
        ("What is the?", Ending.DANGLING),
        ("Really?", Ending.TERSE),
    ],
)
def test_a_transcript_ends_in_one_way(text, kind):
    assert ending(text) is kind


@pytest.mark.parametrize("text", ["", "  ", "...", " - ?"])
def test_where_there_are_no_words_there_is_no_ending(text):
    assert ending(text) is None


@given(st.text())
def test_any_text_has_an_ending_or_none(text):
    assert ending(text) is None or ending(text) in Ending


# What the first words say


@pytest.mark.parametrize(
    "text",
    [
        "Turn on the lights in the kitchen.",
        "Okay, hey, play some jazz",
        "Can I have a small coffee with milk?",
        "Is the door open?",
        "What time is it in Lisbon?",
        "How many grams are in an ounce",
        "Where's my phone?",
        "When does the next train leave?",
        "I’d like two tickets for tonight",
        "I would like a table for two",
        "Um, I want a latte",
        "Two black coffees, please.",
    ],
)
def test_who_begins_so_asks_for_something(text):
    assert asks(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "When she heard of it, she left the house.",
        "I was in Lisbon last summer",
        "Where the river bends there is a mill",
        "The next train leaves at noon.",
        "I wanted to be a pilot",
        "Two black coffees",
    ],
)
def test_who_begins_so_tells_something(text):
    assert asks(text) is False


@pytest.mark.parametrize("text", ["", "...", "Okay, um", "Hello!"])
def test_what_may_come_before_either_says_nothing(text):
    assert asks(text) is None


@given(st.text())
def test_any_text_asks_or_tells_or_neither(text):
    assert asks(text) in (True, False, None)


# What the signals read


def test_without_evidence_no_signal_votes():
    assert [signal.read(Evidence()) for signal in SIGNALS] == [None] * len(SIGNALS)
    assert end_odds(Evidence()) is None


def test_no_words_are_no_evidence():
    assert end_odds(Evidence(words="")) is None


def test_every_signal_has_a_weight_and_every_weight_a_signal():
    assert {signal.name for signal in SIGNALS} == set(WEIGHTS)
    assert len(SIGNALS) == len(WEIGHTS)


def test_a_model_that_is_certain_is_not_believed_without_limit():
    assert end_odds(Evidence(smart_turn=1.0)) == end_odds(Evidence(smart_turn=0.995))
    assert end_odds(Evidence(smart_turn=0.0)) == end_odds(Evidence(smart_turn=0.005))


@given(evidences)
def test_a_whole_command_is_likelier_an_end_than_a_half_one(evidence):
    assert end_odds(replace(evidence, grammar_complete=True)) > end_odds(replace(evidence, grammar_complete=False))


def test_a_command_that_has_everything_is_likelier_an_end_than_one_that_may_go_on():
    has_everything = Evidence(words="a latte with milk", grammar_complete=True, can_go_on=False)
    assert end_odds(has_everything) > end_odds(replace(has_everything, can_go_on=True)) + 0.5


@given(evidences)
def test_where_no_command_is_whole_it_does_not_matter_whether_one_may_go_on(evidence):
    begun = replace(evidence, grammar_complete=False)
    assert end_odds(replace(begun, can_go_on=True)) == end_odds(replace(begun, can_go_on=False))


@pytest.mark.parametrize(
    "unfinished", ["I want a latte and", "I want a latte um", "my number is four two", "I want some"]
)
def test_words_that_want_more_make_an_end_less_likely(unfinished):
    plain = Evidence(smart_turn=0.5, words="I want a latte")
    assert end_odds(replace(plain, words=unfinished)) < end_odds(plain) - 0.1


def test_a_short_answer_is_likelier_an_end():
    assert end_odds(Evidence(words="yes")) > end_odds(Evidence(words="I want a latte"))


def test_a_short_answer_to_a_question_is_likelier_an_end_unless_it_wants_more():
    def gained(words):
        return end_odds(Evidence(words=words, asked=True)) - end_odds(Evidence(words=words, asked=False))

    nothing_asked_for = gained("A table for me and my brother")  # which an answer need not do
    assert gained("Two people.") > nothing_asked_for + 1
    assert gained("Yes.") > 1
    assert gained("For the") == pytest.approx(nothing_asked_for)
    assert gained("four two") == pytest.approx(nothing_asked_for)


def test_who_asks_for_something_is_done_sooner_than_who_tells_something():
    asked_for, told = Evidence(words="Tell me of your last summer"), Evidence(words="I came home last summer")
    assert end_odds(asked_for) > end_odds(told) + 1


def test_an_answer_and_a_short_command_need_not_ask_for_anything():
    request = next(signal for signal in SIGNALS if signal.name == "request")
    assert request.read(Evidence(words="The blue one", asked=False)) == 0
    assert request.read(Evidence(words="The blue one", asked=True)) is None
    assert request.read(Evidence(words="Louder!", asked=False)) is None


def test_a_few_words_are_seldom_the_whole_of_it_but_very_few_are_an_order():
    one, six, eight, twelve, twenty = (Evidence(words=" ".join(["word"] * n)) for n in (1, 6, 8, 12, 20))
    assert end_odds(one) == end_odds(six) < end_odds(eight) < end_odds(twelve) == end_odds(twenty)


def test_who_has_paused_will_pause_again():
    assert end_odds(Evidence(paused_s=0.0)) > end_odds(Evidence(paused_s=0.6)) > end_odds(Evidence(paused_s=1.2))
    assert end_odds(Evidence(paused_s=1.2)) == end_odds(Evidence(paused_s=9.0))


@given(evidences, probabilities, probabilities)
def test_the_surer_the_language_model_the_likelier_the_end(evidence, one, other):
    low, high = sorted((one, other))
    assert end_odds(replace(evidence, sentence_end=low)) <= end_odds(replace(evidence, sentence_end=high))


@given(evidences, st.floats(-5, 0), st.floats(-5, 0))
def test_the_surer_speech_to_text_the_likelier_the_end(evidence, one, other):
    low, high = sorted((one, other))
    assert end_odds(replace(evidence, avg_logprob=low)) <= end_odds(replace(evidence, avg_logprob=high))


# How odds become a wait


def test_when_nothing_is_known_silence_decides():
    assert wait_s(Evidence(), DEFAULT) == DEFAULT.silence_ms / 1000


def test_silence_never_waits_longer_than_the_cap():
    assert wait_s(Evidence(), FloorSettings(silence_ms=2000, unsure_cap_ms=900)) == 0.9


def test_what_is_surely_finished_waits_as_little_as_allowed():
    sure = Evidence(smart_turn=0.99, words="yes", grammar_complete=True)
    assert wait_s(sure, DEFAULT) == DEFAULT.complete_ms / 1000


@pytest.mark.parametrize("words", ["Yes.", "No, thanks.", "Stop!"])
def test_nobody_waits_after_a_short_answer_or_command(words):
    assert wait_s(Evidence(words=words), DEFAULT) == DEFAULT.complete_ms / 1000


def test_nobody_waits_after_a_short_answer_to_a_question():
    assert wait_s(Evidence(words="Two people.", asked=True), DEFAULT) == DEFAULT.complete_ms / 1000


def test_who_spells_is_waited_for():
    assert wait_s(Evidence(smart_turn=0.9, words="Four, two, seven"), DEFAULT) > 0.6


def test_what_is_surely_unfinished_waits_for_the_cap():
    unsure = Evidence(smart_turn=0.01, words="I want a coffee and", grammar_complete=False)
    assert wait_s(unsure, DEFAULT) == DEFAULT.unsure_cap_ms / 1000


def test_the_line_begins_and_ends_at_the_two_thresholds():
    line = FloorSettings(complete_ms=200, unsure_cap_ms=1000, finished_at=0.5, unfinished_at=0.1)
    assert line_ms(log_odds(0.5), line) == 200
    assert line_ms(log_odds(0.1), line) == 1000
    assert line_ms(log_odds(0.1) / 2, line) == pytest.approx(600)


@given(evidences, settings)
def test_nobody_waits_longer_than_the_cap(evidence, floor):
    assert wait_s(evidence, floor) <= floor.unsure_cap_ms / 1000


@given(evidences, orderly)
def test_a_judged_pause_is_never_shorter_than_a_finished_one(evidence, floor):
    if end_odds(evidence) is not None:
        assert wait_s(evidence, floor) >= floor.complete_ms / 1000


@given(evidences, probabilities, probabilities, orderly)
def test_the_surer_smart_turn_the_shorter_the_wait(evidence, one, other, floor):
    low, high = sorted((one, other))
    assert wait_s(replace(evidence, smart_turn=high), floor) <= wait_s(replace(evidence, smart_turn=low), floor)
