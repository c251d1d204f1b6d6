"""What each signal is worth: a logistic regression with few numbers.

`ODDS` is what is known before anything is heard; each signal adds `slope * (reading - usual)`. `usual` is the reading's
mean over the recordings, so that a signal without a reading is as if it had read what it usually does.

Fitted by `tools/fit_endpoint.py`, which prints this table. Signals that the recordings seldom or never show (short
answers, spelling) keep the slope that was set by hand, as the fit's prior: see there.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.talk.floor.endpoint.evidence import Evidence
from edge_agent.talk.floor.endpoint.signals import SIGNALS


@dataclass(frozen=True, slots=True)
class Weight:
    """How a signal's reading counts."""

    usual: float
    slope: float


ODDS: Final = 1.27

WEIGHTS: Final = {
    "smart_turn": Weight(usual=1.98, slope=0.35),
    "sentence_end": Weight(usual=-1.35, slope=0.43),
    "confidence": Weight(usual=-0.25, slope=0.53),
    "length": Weight(usual=2.24, slope=1.64),
    "answer": Weight(usual=0.00, slope=2.50),
    "request": Weight(usual=0.68, slope=1.46),
    "paused": Weight(usual=0.14, slope=-1.02),
    "grammar": Weight(usual=0.00, slope=1.77),
    "nothing_more": Weight(usual=0.00, slope=1.00),
    "hesitation": Weight(usual=0.00, slope=-3.30),
    "spelling": Weight(usual=0.00, slope=-3.30),
    "dangling": Weight(usual=0.00, slope=-3.30),
    "comma": Weight(usual=0.01, slope=-1.70),
    "question": Weight(usual=0.22, slope=0.48),
    "leaning": Weight(usual=0.02, slope=-0.35),
    "terse": Weight(usual=0.00, slope=2.43),
}


def end_odds(evidence: Evidence) -> float | None:
    """Log-odds that the turn is over; None where no signal has anything to go by."""
    votes = [
        WEIGHTS[signal.name].slope * (reading - WEIGHTS[signal.name].usual)
        for signal in SIGNALS
        if (reading := signal.read(evidence)) is not None
    ]
    return ODDS + sum(votes) if votes else None
