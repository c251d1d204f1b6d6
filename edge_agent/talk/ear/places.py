"""What differs from one place to another (`ear.place`): what a voice must have there to be meant for the agent.

A car's noise lies below most of a voice, so a voice is dug out of it with a stronger hand, and its driver stays. In a
hall everybody is a stranger, and whoever stands in front of the agent is well above the noise. Anywhere, everybody is
meant. Why just these figures is written in docs/decisions/0014.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from edge_agent.base.settings import Place


@dataclass(frozen=True, slots=True)
class Profile:
    """What a voice must have."""

    stands_out_db: float
    """At least so much above the noise floor, all bands together."""
    reach_db: float
    """At most so much below the user, once that is known."""
    hold_s: float
    """For so long after the user's last word."""
    suppression: int
    """Noise taken out for the voice detector, as WebRTC counts: 0 is 6 dB, 1 is 12, 2 is 18, 3 is 21."""


PROFILES: Mapping[Place, Profile] = {
    Place.ROOM: Profile(stands_out_db=-3, reach_db=9, hold_s=20, suppression=0),
    Place.CAR: Profile(stands_out_db=-6, reach_db=9, hold_s=120, suppression=1),
    Place.HALL: Profile(stands_out_db=12, reach_db=8, hold_s=15, suppression=0),
    Place.ANYWHERE: Profile(stands_out_db=-inf, reach_db=inf, hold_s=0, suppression=0),
}
