"""Decides who answers: a skill, the owner's notes, the model on this device, the cloud, or both at once.

features    words → what they show of themselves
classifier  features → odds of each kind of turn, by learned weights
situation   what the router is told, and what it answers
policy      the policy: odds and situation → Plan

All of it is pure: no clock, no network, nothing assumed. It takes well under a millisecond, so it may be asked about
every partial transcript.
"""

from edge_agent.talk.mind.router.classifier import Kind, Odds, Reason, Weights, classify, reasons
from edge_agent.talk.mind.router.policy import UNABLE, UNKNOWN, plan
from edge_agent.talk.mind.router.situation import ASK, QUICK_CLOUD, Cloud, Plan, Privacy, Route, Situation


def route(situation: Situation, weights: Weights) -> Plan:
    """Return who answers this turn, and why."""
    return plan(situation, {} if situation.understood else classify(situation.words, weights))


__all__ = [
    "ASK",
    "QUICK_CLOUD",
    "UNABLE",
    "UNKNOWN",
    "Cloud",
    "Kind",
    "Odds",
    "Plan",
    "Privacy",
    "Reason",
    "Route",
    "Situation",
    "Weights",
    "classify",
    "plan",
    "reasons",
    "route",
]
