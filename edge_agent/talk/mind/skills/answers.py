"""What each skill says, and the effect it would have.

Nothing happens here: an answer is prepared in drafts, of which most are dropped. Answers are one short spoken sentence,
and vary as little as they can, so that their sound can be kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edge_agent.talk.mind.skills.effects import CancelTimers, Effect, SetTimer, SetVolume
from edge_agent.talk.mind.skills.grammar import Understood, Value
from edge_agent.talk.mind.skills.timers import TIMERS_MAX, Running, Timer, length

VOLUME_STEP = 0.1
VOLUME_MIN = 0.1
"""As far as "quieter" goes: a voice that can't be heard can't be asked to speak up either."""

DURATION_MAX_S = 7 * 24 * 3600
"""A timer for longer than a week was misheard."""


@dataclass(frozen=True, slots=True)
class World:
    """What an answer may look at."""

    now: datetime
    """With its time zone: the user's wall clock."""
    volume: float
    timers: tuple[Running, ...] = ()
    last_reply: str = ""
    """What the user last heard the agent say."""
    unheard: str = ""
    """What was left unsaid when the agent was last interrupted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, and what to do once it is certain that it was asked for."""

    say: str
    """Empty when silence is the answer."""
    effect: Effect | None = None


def answer(understood: Understood, world: World) -> Answer | None:
    """Prepare the answer to a command. A skill of the owner's grammar brings its answer along.

    None where a command means something to the language model only: "go on" when nothing was left unsaid.
    """
    skill = _SKILLS.get(understood.name)
    if understood.say or skill is None:
        return Answer(understood.say)
    return skill(understood.slots, world)


def foreseeable(now: datetime) -> Iterator[str]:
    """Yield answers that are likely today and always the same, so that their sound can be made ahead."""
    world = World(now, volume=0.5)
    for minutes in _MINUTES:
        yield _set_timer({"minutes": minutes}, world).say
    yield _cancel_timer({}, replace(world, timers=(Running(Timer(0, "", 60, 0.0), 60),))).say
    yield _timer_left({}, world).say
    for tenth in range(1, 11):
        yield _volume(tenth / 10).say
    yield _date({}, world).say
    yield _repeat({}, world).say


def _time(_slots: Mapping[str, Value], world: World) -> Answer:
    return Answer(f"It's {world.now.hour % 12 or 12}:{world.now:%M} {'am' if world.now.hour < 12 else 'pm'}.")


def _date(_slots: Mapping[str, Value], world: World) -> Answer:
    return Answer(f"It's {world.now:%A, %B} {world.now.day}.")


def _set_timer(slots: Mapping[str, Value], world: World) -> Answer:
    duration_s, name = _duration_s(slots), str(slots.get("name", ""))
    if duration_s <= 0:
        return Answer("A timer needs at least one second.")
    if duration_s > DURATION_MAX_S:
        return Answer("I can't set a timer for more than a week.")
    if len(world.timers) >= TIMERS_MAX:
        return Answer("There are too many timers already.")
    title = f"{name} timer".capitalize() if name else "Timer"
    return Answer(f"{title} set for {length(duration_s)}.", SetTimer(duration_s, name))


def _timer_left(slots: Mapping[str, Value], world: World) -> Answer:
    chosen = _chosen(slots, world)
    if not chosen:
        return Answer(_no_such(slots))
    if len(chosen) == 1:
        return Answer(f"{length(chosen[0].left_s)} left.")
    left = [f"{length(running.left_s)} on your {running.timer.title}" for running in chosen]
    return Answer(f"{_listed(left)}.")


def _cancel_timer(slots: Mapping[str, Value], world: World) -> Answer:
    chosen = _chosen(slots, world)
    if not chosen:
        return Answer(_no_such(slots))
    if len(chosen) > 1 and not _duration_s(slots) and "name" not in slots:
        return Answer(f"Which one, the {_listed([running.timer.title for running in chosen], 'or the')}?")
    title = f"{chosen[0].timer.name} timer".capitalize() if chosen[0].timer.name else "Timer"
    return Answer(f"{title} cancelled.", CancelTimers(tuple(running.timer.id for running in chosen)))


def _cancel_all_timers(_slots: Mapping[str, Value], world: World) -> Answer:
    if not world.timers:
        return Answer(_no_such({}))
    return Answer("All timers cancelled.", CancelTimers(tuple(running.timer.id for running in world.timers)))


def _volume_up(_slots: Mapping[str, Value], world: World) -> Answer:
    if world.volume >= 1:
        return Answer("That's as loud as I can.")
    return _volume(min(1.0, world.volume + VOLUME_STEP))


def _volume_down(_slots: Mapping[str, Value], world: World) -> Answer:
    if world.volume <= VOLUME_MIN:
        return Answer("That's as quiet as I can.")
    return _volume(max(VOLUME_MIN, world.volume - VOLUME_STEP))


def _volume_set(slots: Mapping[str, Value], _world: World) -> Answer:
    if "percent" in slots:
        return _volume(int(slots["percent"]) / 100)
    level = int(slots["level"])
    # Up to ten people count like the knob of a radio, above it in percent.
    return _volume(level / 10 if level <= 10 else level / 100)


def _volume(volume: float) -> Answer:
    volume = round(volume, 2)
    return Answer(f"Volume {round(volume * 100)} percent.", SetVolume(volume))


def _stop(_slots: Mapping[str, Value], _world: World) -> Answer:
    return Answer("")


def _repeat(_slots: Mapping[str, Value], world: World) -> Answer:
    return Answer(world.last_reply or "I haven't said anything yet.")


def _continue(_slots: Mapping[str, Value], world: World) -> Answer | None:
    return Answer(world.unheard) if world.unheard else None


def _chosen(slots: Mapping[str, Value], world: World) -> tuple[Running, ...]:
    """Return the timers that are meant: by name, by duration, or all."""
    name, duration_s = str(slots.get("name", "")), _duration_s(slots)
    return tuple(
        running
        for running in world.timers
        if name in ("", running.timer.name) and duration_s in (0, running.timer.duration_s)
    )


def _no_such(slots: Mapping[str, Value]) -> str:
    name, duration_s = str(slots.get("name", "")), _duration_s(slots)
    if name:
        return f"There's no {name} timer."
    return f"There's no {length(duration_s, adjective=True)} timer." if duration_s else "There's no timer running."


def _duration_s(slots: Mapping[str, Value]) -> int:
    return sum(int(slots.get(slot, 0)) * seconds for slot, seconds in _SECONDS.items())


def _listed(parts: list[str], last: str = "and") -> str:
    return f" {last} ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else parts[0]


_MINUTES = (1, 2, 3, 4, 5, 10, 15, 20, 30, 60)
"""Lengths of timers that people ask for most."""

_SECONDS = {"hours": 3600, "half_hours": 1800, "minutes": 60, "half_minutes": 30, "seconds": 1}

_SKILLS: Mapping[str, Callable[[Mapping[str, Value], World], Answer | None]] = {
    "Time": _time,
    "Date": _date,
    "SetTimer": _set_timer,
    "TimerLeft": _timer_left,
    "CancelTimer": _cancel_timer,
    "CancelAllTimers": _cancel_all_timers,
    "VolumeUp": _volume_up,
    "VolumeDown": _volume_down,
    "VolumeSet": _volume_set,
    "Stop": _stop,
    "Repeat": _repeat,
    "Continue": _continue,
}

NAMES = frozenset(_SKILLS)
"""Of the skills that ship."""
