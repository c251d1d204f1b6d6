"""Who would answer what: the skills and the router on a folder of written turns, each with the kind that it is.

The router is asked as a running agent would ask it, about a device at rest with a quick cloud, an untouched budget and
nothing private: whatever it keeps, it keeps for its words. Nothing is answered and nothing is sent.

`confusion` has a row for each kind of the folder and a column for each route; `taken_for` the same with the kind that
the words were taken for (a turn that a skill understood is not judged). A hedged turn counts as handed over: its words
leave the device.

`partials` is about the words so far, each beginning of each text: what the skills and the router take for one of them
together, and the share of the turns that are handed over of which it was known `AHEAD_WORDS` before their end. All
times are processor time: a busy machine makes no router slow.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_agent.base.errors import InputError
from edge_agent.bench.recordings import Question, questions
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.router import QUICK_CLOUD, Kind, Plan, Route, Situation, Weights, route
from edge_agent.talk.mind.skills import Skills
from edge_agent.workers.wire import JSON

HANDED = (Route.CLOUD, Route.HEDGE)

TAKEN = (Route.SKILL, Route.LOCAL, *HANDED)
"""The routes that there are without notes."""

AHEAD_WORDS = 3
"""About a second of speech: more than it takes to open a connection."""


@dataclass(frozen=True, slots=True)
class Routed:
    """One turn, and what was decided."""

    kind: Kind
    plan: Plan
    ms: float
    """Processor time that the router took, the skills left out: they are asked in any case."""
    glances_ms: tuple[float, ...] = ()
    """That each beginning of the words took, the skills included."""
    foreseen: bool | None = None
    """Whether `AHEAD_WORDS` before its end the turn would have been handed over; None where it is too short."""


def run(data: Path) -> dict[str, JSON]:
    """Route every text of `data`/routing, and return what the report's `data` has. InputError for an unknown class."""
    skills, weights = Skills(), learned()
    asked = questions(data)
    decide(asked[0], skills, weights)  # Whatever is slow the first time is not the router.
    return report([decide(question, skills, weights) for question in asked])


def decide(question: Question, skills: Skills, weights: Weights) -> Routed:
    """Decide one turn."""
    kind = _kind(question.label)
    understood = skills.understand(question.text)
    began = time.thread_time()
    plan = route(Situation(question.text, understood, QUICK_CLOUD), weights)
    ms = 1000 * (time.thread_time() - began)
    words = question.text.split()
    glances = [_glance(" ".join(words[:count]), skills, weights) for count in range(1, len(words))]
    ahead = glances[-AHEAD_WORDS][0].route in HANDED if len(glances) >= AHEAD_WORDS else None
    return Routed(kind, plan, ms, tuple(ms for _, ms in glances), ahead)


def _glance(words: str, skills: Skills, weights: Weights) -> tuple[Plan, float]:
    """Decide about the words so far, as `app/foresight.py` does; the processor time that took, ms."""
    began = time.thread_time()
    understood = skills.understand(words)
    plan = route(Situation(words, understood, QUICK_CLOUD), weights)
    if plan.route is Route.LOCAL and not understood:
        skills.can_go_on(words)
    return plan, 1000 * (time.thread_time() - began)


def report(routed: list[Routed]) -> dict[str, JSON]:
    """Return shares (0-1; None where the folder has no such turn), times and both tables."""
    judged = [one for one in routed if one.plan.odds]
    glances_ms = [ms for one in routed for ms in one.glances_ms]
    handed = [one.foreseen for one in routed if one.plan.route in HANDED and one.foreseen is not None]
    return {
        "n": len(routed),
        "kept_local": _share(one.plan.route not in HANDED for one in routed if one.kind is Kind.TOOL),
        "sent_to_cloud": _share(one.plan.route in HANDED for one in routed if one.kind is Kind.CLOUD),
        "handoff": _share(one.plan.route in HANDED for one in routed),
        "p95_ms": round(float(np.percentile([one.ms for one in routed], 95)), 3),
        "partials": {
            "n": len(glances_ms),
            "p95_ms": round(float(np.percentile(glances_ms, 95)), 3) if glances_ms else None,
            "foreseen": _share(handed),
        },
        "confusion": {
            kind.value: _counts(
                [one.plan.route.value for one in routed if one.kind is kind], [of.value for of in TAKEN]
            )
            for kind in Kind
        },
        "taken_for": {
            kind.value: _counts([_likeliest(one.plan) for one in judged if one.kind is kind], [of.value for of in Kind])
            for kind in Kind
        },
        "unable": _counts([one.kind.value for one in routed if one.plan.unable], [kind.value for kind in Kind]),
    }


def _kind(label: str) -> Kind:
    try:
        return Kind(label)
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        raise InputError(
            f"there is no class {label!r} in routing/manifest.tsv", hint=f"It is one of {known}."
        ) from None


def _likeliest(plan: Plan) -> str:
    return max(plan.odds, key=lambda kind: plan.odds[kind]).value


def _share(hits: Iterable[bool]) -> float | None:
    found = list(hits)
    return round(sum(found) / len(found), 4) if found else None


def _counts(found: list[str], names: list[str]) -> dict[str, JSON]:
    counted = Counter(found)
    return {name: counted[name] for name in names}
