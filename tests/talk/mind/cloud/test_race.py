"""Who is heard, and what holds the floor: in virtual time, over any order of events."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.cloud import race
from edge_agent.talk.mind.cloud.race import ABOUT_S, GAP_S, STALLS_MAX, Do, Progress, Side, Terms

TERMS = Terms(hold_s=0.4, deadline_s=4.0)
LINE_S = 0.7
"""How long a line sounds."""

HOLDS = (Do.HOLD, Do.HOLD_AGAIN)
ASIDES = (*HOLDS, Do.SAY_GUESS, Do.SAY_UNREACHABLE, Do.SAY_BROKE_OFF)


@dataclass
class Played:
    """A race on a clock of its own: each line sounds for `LINE_S`, a phrase for `phrase_s`."""

    terms: Terms = TERMS
    committed_at: float = 0.2
    phrase_s: float = 1.5
    now: float = 0.0
    done: list[tuple[float, Do]] = field(default_factory=list)
    sounds_until: float = 0.0
    sounded: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self):
        self.race = race.begin(self.terms, 0.0)
        self.until(self.committed_at)
        self.race = race.committed(self.race)
        self.look()

    def look(self):
        todo = True
        while todo:
            self.race, todo = race.step(self.race, self.now, max(0.0, self.sounds_until - self.now))
            for do in todo:
                self.done.append((round(self.now, 3), do))
                if do in ASIDES:
                    self.sounds(LINE_S)

    def sounds(self, seconds):
        start = max(self.now, self.sounds_until)
        self.sounds_until = start + seconds
        self.sounded.append((start, self.sounds_until))

    def until(self, when):
        while (wake := race.wake_at(self.race)) is not None and wake <= when:
            assert wake >= self.now - 1e-9, "it wants to be woken in the past"
            self.now = max(self.now, wake)
            before = len(self.done), self.race
            self.look()
            assert (len(self.done), self.race) != before, "it was woken for nothing"
        self.now = when
        return self

    def gets(self, side, progress, when):
        self.until(when)
        self.race = race.progress(self.race, side, progress, self.now)
        self.look()
        if progress is Progress.READY and self.race.heard is side:
            self.sounds(self.phrase_s)
            self.look()
        return self

    @property
    def what(self):
        return [do for _, do in self.done]


def test_a_quick_cloud_is_heard_and_nothing_else():
    played = Played().gets(Side.LOCAL, Progress.READY, 0.3).gets(Side.CLOUD, Progress.STIRRED, 0.35)
    played.gets(Side.CLOUD, Progress.READY, 0.5).gets(Side.CLOUD, Progress.OVER, 1).until(60)
    assert played.done == [(0.5, Do.HEAR_CLOUD), (0.5, Do.DROP_LOCAL)]
    assert race.wake_at(played.race) is None


def test_a_slow_one_is_held_for_and_heard():
    played = Played().gets(Side.CLOUD, Progress.READY, 3.0)
    assert played.done[0] == (0.4, Do.HOLD)
    assert played.done[1] == (pytest.approx(0.4 + LINE_S + GAP_S), Do.HOLD_AGAIN)
    assert played.what[-2:] == [Do.HEAR_CLOUD, Do.DROP_LOCAL]


def test_before_the_commit_nothing_is_said():
    played = Played(committed_at=1.3)
    assert played.done == [(1.3, Do.HOLD)]


def test_p16_the_device_answers_at_the_deadline_and_says_that_it_is_a_guess():
    played = Played().gets(Side.LOCAL, Progress.READY, 0.3).until(4.0)
    assert played.done[-3:] == [(4.0, Do.DROP_CLOUD), (4.0, Do.SAY_GUESS), (4.0, Do.HEAR_LOCAL)]


def test_in_a_hedge_it_is_no_guess():
    played = Played(Terms(0.4, 1.0, hedge=True)).gets(Side.LOCAL, Progress.READY, 0.3).until(1.0)
    assert played.done[-2:] == [(1.0, Do.DROP_CLOUD), (1.0, Do.HEAR_LOCAL)]


def test_a_cloud_that_fails_is_not_waited_for():
    played = Played().gets(Side.LOCAL, Progress.READY, 0.25).gets(Side.CLOUD, Progress.FAILED, 0.3)
    assert played.done == [(0.3, Do.SAY_GUESS), (0.3, Do.HEAR_LOCAL)]


@pytest.mark.parametrize("terms", [TERMS, Terms(0.4, 4.0, stand_in=False)])
def test_where_nobody_answers_that_is_said(terms):
    played = Played(terms).gets(Side.LOCAL, Progress.FAILED, 0.25).gets(Side.CLOUD, Progress.FAILED, 0.3)
    assert played.what == [Do.DROP_LOCAL, Do.SAY_UNREACHABLE]
    assert played.race.over


def test_no_line_where_the_answer_is_about_to_come():
    played = Played().gets(Side.CLOUD, Progress.STIRRED, 0.39).until(0.39 + ABOUT_S - 0.01)
    assert played.done == []
    assert played.gets(Side.CLOUD, Progress.READY, 0.7).what == [Do.HEAR_CLOUD, Do.DROP_LOCAL]


def test_no_line_where_it_is_due_in_a_moment_and_one_at_once_where_it_never_comes_so_soon():
    due = Terms(0.4, 4.0, expected_s=0.5)
    assert Played(due).until(0.5 + ABOUT_S - 0.01).done == []
    assert Played(due).until(1.0).what == [Do.HOLD]
    assert Played(Terms(0.4, 4.0, expected_s=3.0)).until(0.4).what == [Do.HOLD]


def test_what_has_just_begun_at_the_deadline_is_waited_for_a_moment():
    assert Do.DROP_CLOUD not in Played().gets(Side.CLOUD, Progress.STIRRED, 3.9).until(4.2).what
    assert Do.DROP_CLOUD in Played().gets(Side.CLOUD, Progress.STIRRED, 3.9).until(4.3).what
    assert Do.DROP_CLOUD in Played().gets(Side.CLOUD, Progress.STIRRED, 1.0).until(4.0).what


def test_an_answer_that_breaks_off_is_apologised_for():
    played = Played().gets(Side.CLOUD, Progress.READY, 0.3).gets(Side.CLOUD, Progress.FAILED, 1.0)
    assert played.what[-1] is Do.SAY_BROKE_OFF
    assert played.race.over


def test_one_that_stalls_is_held_for_and_given_up():
    played = Played().gets(Side.CLOUD, Progress.READY, 0.3).until(30)
    assert played.what[2:] == [Do.HOLD_AGAIN] * STALLS_MAX + [Do.DROP_CLOUD, Do.SAY_BROKE_OFF]
    assert played.race.over


def test_a_plan_that_does_not_hold_the_floor_says_nothing():
    assert not set(Played(Terms(0.4, 4.0, holds=False)).until(3.9).what) & set(HOLDS)


STORY = st.lists(
    st.tuples(
        st.floats(0.01, 2.0),
        st.sampled_from(list(Side)),
        st.sampled_from([Progress.STIRRED, Progress.READY, Progress.OVER, Progress.FAILED]),
    ),
    max_size=12,
)


@given(STORY, st.booleans(), st.booleans(), st.floats(0, 2), st.sampled_from([None, 0.3, 0.5, 3.0]))
def test_whatever_happens_one_is_heard_and_it_ends(story, hedge, stand_in, committed_at, expected_s):
    terms = Terms(0.4, 4.0, hedge=hedge, stand_in=stand_in, expected_s=expected_s)
    played = Played(terms, committed_at)
    ended = set()
    for after_s, side, progress in story:
        if side not in ended:
            played.gets(side, progress, played.now + after_s)
        if progress in (Progress.OVER, Progress.FAILED):
            ended.add(side)
    for side in set(Side) - ended:
        played.gets(side, Progress.FAILED, played.now + 5)
    played.until(played.now + 60)
    heard = [do for do in played.what if do in (Do.HEAR_CLOUD, Do.HEAR_LOCAL)]
    assert len(heard) <= 1
    assert played.race.over
    assert heard or Do.SAY_UNREACHABLE in played.what
    if Do.HEAR_CLOUD in heard:
        assert Do.DROP_LOCAL in played.what
    if Do.HEAR_LOCAL in heard:
        assert (
            played.what.index(Do.HEAR_LOCAL) > played.what.index(Do.DROP_CLOUD)
            if Do.DROP_CLOUD in played.what
            else True
        )


@given(STORY, st.floats(0, 1))
def test_while_the_race_runs_there_is_no_long_silence(story, committed_at):
    """Of the committed turn, until it is over or handed to the device, whose own time is the device's."""
    played = Played(committed_at=committed_at)
    ended = set()
    for after_s, side, progress in story:
        if side not in ended:
            played.gets(side, progress, played.now + after_s)
        if progress in (Progress.OVER, Progress.FAILED):
            ended.add(side)
        if played.race.over:
            break
    silent_since = max(committed_at, TERMS.hold_s)
    for start, end in played.sounded:
        assert start - silent_since <= GAP_S + ABOUT_S + 0.01
        silent_since = max(silent_since, end)
