"""When updates may be fetched and switched: hours of the day, local time."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` to `end`, minutes after midnight, past midnight where `end` is earlier; the same is always."""

    begin: int = 0
    end: int = 0

    def wait_s(self, now: float, chance: float = 0.0) -> float:
        """Return the seconds from `now` (Unix time) until the hours begin; 0 within them.

        `chance` (0-1) spreads devices with the same hours over the first half of them.
        """
        if self.begin == self.end:
            return 0.0
        local = datetime.fromtimestamp(now).astimezone()
        minute = local.hour * 60 + local.minute
        if (minute - self.begin) % _DAY_MIN < (self.end - self.begin) % _DAY_MIN:
            return 0.0
        start = local.replace(hour=self.begin // 60, minute=self.begin % 60, second=0, microsecond=0)
        begins_s = ((start if start > local else start + timedelta(days=1)) - local).total_seconds()
        return begins_s + chance * 60 * ((self.end - self.begin) % _DAY_MIN) / 2


def hours(text: str) -> Hours:
    """Read `02:00-05:00`, the form that `fleet.hours` has; empty is always."""
    if not text:
        return Hours()
    begin_h, begin_min, end_h, end_min = map(int, re.findall(r"\d+", text))
    return Hours(begin_h * 60 + begin_min, end_h * 60 + end_min)
