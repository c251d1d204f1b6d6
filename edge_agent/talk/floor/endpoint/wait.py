"""From evidence to seconds of silence: the rules 3 to 5 of the package."""

from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.endpoint.evidence import Evidence
from edge_agent.talk.floor.endpoint.signals import log_odds
from edge_agent.talk.floor.endpoint.weights import end_odds


def wait_s(evidence: Evidence, settings: FloorSettings) -> float:
    """Silence, s, after the last voiced sample before the turn is over."""
    odds = end_odds(evidence)
    wait_ms = settings.silence_ms if odds is None else line_ms(odds, settings)
    return min(wait_ms, settings.unsure_cap_ms) / 1000


def line_ms(odds: float, settings: FloorSettings) -> float:
    """`complete_ms` for odds from those of `finished_at` on, the cap for odds below those of `unfinished_at`."""
    finished, unfinished = log_odds(settings.finished_at), log_odds(settings.unfinished_at)
    if odds >= finished:
        return settings.complete_ms
    if odds <= unfinished:
        return settings.unsure_cap_ms
    doubt = (finished - odds) / (finished - unfinished)
    return settings.complete_ms + doubt * (settings.unsure_cap_ms - settings.complete_ms)
