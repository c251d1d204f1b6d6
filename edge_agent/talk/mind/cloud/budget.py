"""What may be spent on the cloud in a day, and what was: kept in a file, so that a restart is no new day.

1. A question is booked before it is sent, with the most that it can cost; what it did cost is settled afterwards. A
   crash in between leaves the dearer figure. So the limits hold whatever happens.
2. What is booked is on the disk (fsync) before it counts as kept; the file is replaced whole.
3. A clock that is put back gives nothing back: the day stays. Where it is put back by more than a day, it was wrong
   before.
4. A file that is missing or damaged begins at nothing, and is said to; where an agent runs, at what that one knows.
5. Money is counted in millionths, in whole numbers: sums of floats drift.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from edge_agent.base.settings_cloud import CloudSettings, CloudVoice, Provider, Transcriber

log = logging.getLogger(__name__)

FILE = "cloud.json"
"""In the state folder."""

MICRO = 1_000_000

CHARS_PER_TOKEN = 3
"""Fewer than in English prose (about 4): what is booked ahead should rather be too much."""

TOKENS_PER_MESSAGE = 8
"""What a chat template puts around each."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost, in the provider's own tokens."""

    tokens_in: int
    tokens_out: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one question and its answer, of one turn that was heard, or of one phrase that was spoken."""

    tokens: int = 0
    micros: int = 0
    """Millionths of the owner's currency."""
    heard_ms: int = 0
    """Of sound that was sent to be heard."""
    spoken_chars: int = 0
    """Of text that was sent to be spoken."""


NOTHING = Cost()


@dataclass(frozen=True, slots=True)
class Spent:
    """In one day."""

    day: str = ""
    """ISO date, local time."""
    tokens: int = 0
    micros: int = 0
    questions: int = 0
    wasted_tokens: int = 0
    """Of the tokens, what nobody heard anything of: drafts that were dropped, races that were lost."""
    wasted_micros: int = 0
    heard_ms: int = 0
    """Of sound that an endpoint heard."""
    spoken_chars: int = 0
    """Of text that an endpoint spoke."""

    def on(self, today: date) -> "Spent":
        """Return what was spent today."""
        known = date.fromisoformat(self.day) if self.day else date.min
        if known == today or today < known <= today + timedelta(days=1):
            return self
        return Spent(day=today.isoformat())

    def booked(self, cost: Cost) -> "Spent":
        """Something is about to be sent that may cost so much."""
        asked = not (cost.heard_ms or cost.spoken_chars)
        return replace(self._plus(cost), questions=self.questions + asked)

    def settled(self, booked: Cost, cost: Cost, *, wasted: bool) -> "Spent":
        """It cost this instead."""
        settled = self._plus(cost, instead_of=booked)
        return settled.wasted(cost) if wasted else settled

    def wasted(self, cost: Cost) -> "Spent":
        """So much of it was for nothing."""
        return replace(
            self, wasted_tokens=self.wasted_tokens + cost.tokens, wasted_micros=self.wasted_micros + cost.micros
        )

    def left(self, limits: CloudSettings) -> float:
        """Return the share (0-1) of the day's budget that is left. Where nothing has a price, tokens alone count."""
        tokens = _share_left(self.tokens, limits.tokens_per_day)
        prices = [price for one in limits.providers for price in (one.price_in, one.price_out)]
        if not any([*prices, *(ear.price_minute for ear in limits.stt), *(voice.price_in for voice in limits.tts)]):
            return tokens
        return min(tokens, _share_left(self.micros, limits.money_per_day * MICRO))

    def allows(self, cost: Cost, limits: CloudSettings) -> bool:
        """Whether so much more may be spent today."""
        money = round(limits.money_per_day * MICRO)
        return self.tokens + cost.tokens <= limits.tokens_per_day and self.micros + cost.micros <= money

    def _plus(self, cost: Cost, instead_of: Cost = NOTHING) -> "Spent":
        return replace(
            self,
            tokens=max(0, self.tokens - instead_of.tokens + cost.tokens),
            micros=max(0, self.micros - instead_of.micros + cost.micros),
            heard_ms=max(0, self.heard_ms - instead_of.heard_ms + cost.heard_ms),
            spoken_chars=max(0, self.spoken_chars - instead_of.spoken_chars + cost.spoken_chars),
        )


NOTHING_SPENT = Spent()


def _share_left(spent: float, limit: float) -> float:
    return max(0.0, 1 - spent / limit) if limit else 0.0


def price(provider: Provider, used: Usage) -> Cost:
    """Return what so many tokens cost: prices are for a million of them, so a token costs that many millionths."""
    micros = used.tokens_in * provider.price_in + used.tokens_out * provider.price_out
    return Cost(used.tokens_in + used.tokens_out, round(micros))


def price_of_hearing(ear: Transcriber, seconds: float) -> Cost:
    """Return what so much sound costs."""
    return Cost(micros=round(seconds / 60 * ear.price_minute * MICRO), heard_ms=round(1000 * seconds))


def price_of_speaking(voice: CloudVoice, chars: int) -> Cost:
    """Return what so long a text costs: the price is for a million characters, so one costs that many millionths."""
    return Cost(micros=round(chars * voice.price_in), spoken_chars=chars)


def estimate(contents: list[str]) -> int:
    """Return about how many tokens these messages are, rather too many."""
    return sum(len(text) // CHARS_PER_TOKEN + 1 + TOKENS_PER_MESSAGE for text in contents)


def read(path: Path, known: Spent = NOTHING_SPENT) -> Spent:
    """Return what the file says was spent; what is `known` where there is none, or it is damaged."""
    try:
        found = Spent(**json.loads(path.read_text(encoding="utf-8")))
        date.fromisoformat(found.day)
        numbers = [value for name, value in asdict(found).items() if name != "day"]
        if all(isinstance(number, int) and number >= 0 for number in numbers):
            return found
    except FileNotFoundError:
        return known
    except (OSError, ValueError, TypeError):
        pass
    log.warning("%s is damaged: of what was spent on the cloud today, it tells nothing", path)
    return known


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other agents from changing the file between reading and writing. OSError if that can't be done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(path: Path, spent: Spent) -> None:
    """Replace the file; when this returns, it is on the disk. OSError if that can't be done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(asdict(spent), file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
