"""Who answers: the policy, pure.

1. What a skill understood is answered by the skill and never leaves the device.
2. Nothing leaves the device without a cloud that was set up, may be asked, is paid for and quick enough, or against the
   privacy of the turn. Then the local model answers, and the plan says why.
3. Nor does what sounds like a command. Where it surely is one, the answer is that nothing here can do that: a small
   model would claim that it had done it.
4. The rest goes by its `need`: how much a turn of its kind gains from a large model, over the odds of the kinds. From
   `ask_from` it is handed over. Where a small model's answer would be a fair one too, either will do (HEDGE); else the
   device's is taken only for want of the other, and said to be a guess (CLOUD).
5. What the owner's notes say is answered by them. A question that they say nothing about is handed over, or not known:
   who keeps notes wants no answers that a small model made up.
6. The last of the budget is kept for those who need it most. A busy device hands over what it would answer late, and
   does not start both.

So less budget, a slower cloud or a stricter privacy never hand over what was not handed over before.
"""

import re
from typing import Final

from edge_agent.talk.mind.router.classifier import Kind, Odds
from edge_agent.talk.mind.router.situation import Cloud, Plan, Privacy, Route, Situation

GAIN: Final = {Kind.CLOUD: 1.0, Kind.KNOWLEDGE: 0.4, Kind.OOS: 0.3, Kind.CHITCHAT: 0.05, Kind.TOOL: 0.0}
"""What a turn of each kind gains from a large model. A fact or a line of advice gains as well, but it is short, and
turns of these kinds are many: handed over whole they would take half of what is said out of the house."""

FAIR: Final = 0.4
"""Probability of a kind that a small model answers fairly, from which its answer is worth starting as well."""

SURE: Final = 0.8
"""Probability from which a turn is taken for a command that nothing here can carry out."""

SPARE: Final = 0.2
"""Share of the budget below which it is saved."""

BUSY: Final = 0.9
"""Load from which a local answer would come late."""

BUSY_ASK: Final = 0.25
"""Need from which a busy device hands over, at the latest."""

PATIENCE_S: Final = 4.0
"""Longest that the cloud's first word is waited for. A cloud whose median is slower is not asked."""

HASTE_S: Final = 0.8
"""Shortest deadline: a quick cloud may have a slow moment."""

SLACK: Final = 1.25
"""Deadline over the slowest answer in twenty."""

HOLD_S: Final = 0.7
"""Expected wait from which the floor is held: silence of a second sounds like a fault."""

FACTUAL: Final = 0.5
"""Probability of a question for a fact or for advice, from which one that the owner's notes say nothing about is handed
over: the small model would invent an answer."""

UNABLE: Final = "Sorry, I can't do that yet."
"""What a turn that is `unable` is answered with."""

UNKNOWN: Final = "I don't know that."
"""What a turn that is `unknown` is answered with."""

_LEANING = re.compile(
    r"^(and|but|or|so|why|how so|how come|what about|how about|what else|tell me more|more|go deeper|elaborate)\b"
)
"""How a turn begins that goes on from the last answer."""

_HOUSE = re.compile(
    r"^(do you (have|sell|offer|lend|rent|serve|provide|accept|take)|(can|may|could) (i|we)|(is|are) there|where|when|"
    r"how (much|many))\b"
)
"""How a question to a house begins. Where its owner keeps notes it is none to a companion, whatever it sounds like."""

_ASKS = re.compile(r"^(what|which|who|where|when|why|how|is|are|does|(can|may|could) (i|we))\b")
"""How a question begins. To a house with notes it is one, even where it sounds like a command for a skill."""

LEANING_WORDS: Final = 7
LEANING_NEED: Final = 0.75
"""Need of a short turn that goes on from an answer of the cloud: the local model would not know what it is about."""


def plan(situation: Situation, odds: Odds) -> Plan:
    """Return who answers, given what kind of turn it probably is."""
    if situation.understood is not None:
        return Plan(Route.SKILL, f"a command: {situation.understood.name}")
    noted = situation.grounding
    if noted is not None and noted.sure:
        return Plan(Route.NOTES, f"the owner's notes say it: {noted.source}")
    needed = need(situation, odds)
    likeliest = max(odds, key=lambda kind: odds[kind])
    looks = f"{_LOOKS[likeliest]} ({100 * odds[likeliest]:.0f} %)"
    if likeliest is Kind.TOOL and needed < LEANING_NEED:
        if situation.notes and noted is None and _ASKS.match(situation.words.strip().lower()):
            return _here(situation, f"{looks} that is asked of a house", needed, odds)
        unable = situation.refuses and (odds[Kind.TOOL] >= SURE or (situation.notes and noted is None))
        reason = f"{looks} that no skill {'knows' if unable else 'understood'}"
        if noted is not None and not unable:
            return _here(situation, reason, needed, odds)
        return Plan(Route.LOCAL, reason, unable=unable, need=needed, odds=odds)
    ask = threshold(situation)
    if needed < ask:
        return _here(situation, f"{looks}: need {needed:.2f}, the cloud is asked from {ask:.2f}", needed, odds)
    cloud = situation.cloud
    if cloud is None or (barred := _barred(situation, cloud)):
        why = "no cloud is set up" if cloud is None else barred
        return _here(situation, f"{looks}, but {why}", needed, odds)
    fair = odds[Kind.CHITCHAT] + odds[Kind.KNOWLEDGE] + odds[Kind.OOS] >= FAIR
    both = fair and situation.load < BUSY
    return Plan(
        Route.HEDGE if both else Route.CLOUD,
        f"{looks}: need {needed:.2f}" + ("; the device is busy" if situation.load >= BUSY else ""),
        deadline_s=deadline_s(cloud) if both else PATIENCE_S,
        hold=cloud.first_word_s is None or cloud.first_word_s > HOLD_S,
        need=needed,
        odds=odds,
    )


def _here(situation: Situation, why: str, needed: float, odds: Odds) -> Plan:
    """Return what becomes of a turn that stays here, and no skill understood."""
    noted = situation.grounding
    if noted is not None:
        return Plan(Route.NOTES, f"{why}; the owner's notes may help: {noted.source}", need=needed, odds=odds)
    likeliest = max(odds, key=lambda kind: odds[kind])
    chats = likeliest is Kind.CHITCHAT and not _HOUSE.match(situation.words.strip().lower())
    unknown = situation.notes and not chats
    return Plan(
        Route.LOCAL,
        f"{why}; the owner's notes don't say it" if unknown else why,
        unknown=unknown,
        need=needed,
        odds=odds,
    )


_LOOKS: Final = {
    Kind.TOOL: "a command",
    Kind.CHITCHAT: "small talk",
    Kind.KNOWLEDGE: "a question for a fact",
    Kind.CLOUD: "a question for a large model",
    Kind.OOS: "an everyday question",
}


def need(situation: Situation, odds: Odds) -> float:
    """Return how much the turn would gain from the cloud, 0-1."""
    expected = sum(GAIN[kind] * share for kind, share in odds.items())
    goes_on = _goes_on(situation) and odds[Kind.TOOL] < SURE
    silent = situation.notes and situation.grounding is None and odds[Kind.KNOWLEDGE] + odds[Kind.OOS] >= FACTUAL
    return max(expected, LEANING_NEED) if goes_on or silent else expected


def threshold(situation: Situation) -> float:
    """Return the need from which this turn is handed over: higher as the budget ends, lower on a busy device."""
    usual = min(situation.ask_from, BUSY_ASK) if situation.load >= BUSY else situation.ask_from
    scarcity = max(0.0, 1 - situation.budget / SPARE)
    return usual + (1 - usual) * scarcity


def deadline_s(cloud: Cloud) -> float:
    """Return how long the cloud's first word is waited for, s, where the device's answer is as good."""
    if cloud.first_word_p95_s is None:
        return PATIENCE_S
    return min(max(SLACK * cloud.first_word_p95_s, HASTE_S), PATIENCE_S)


def _barred(situation: Situation, cloud: Cloud) -> str:
    """Return why the cloud may not be asked; empty where it may."""
    if situation.privacy is Privacy.LOCAL_ONLY:
        return "its words stay on this device"
    if not cloud.open:
        return "the cloud can't be reached"
    if situation.budget <= 0:
        return "the cloud's budget is spent"
    if cloud.first_word_s is not None and cloud.first_word_s > PATIENCE_S:
        return f"the cloud takes {cloud.first_word_s:.1f} s to its first word"
    return ""


def _goes_on(situation: Situation) -> bool:
    """Whether this is a short turn that goes on from an answer of the cloud."""
    words = situation.words.lower()
    handed = situation.answered_by in (Route.CLOUD, Route.HEDGE)
    return handed and len(words.split()) <= LEANING_WORDS and bool(_LEANING.match(words.strip()))
