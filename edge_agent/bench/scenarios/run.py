"""Scenarios, one after the other and as often as asked; and how often each of them failed.

One agent lives from scenario to scenario, as on a device, while the room stays the same and all goes well; after a
failure, and in every round, there is a new one.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

from edge_agent.app.agent import Agent, running
from edge_agent.base.settings import Settings
from edge_agent.bench.scenarios import sounds
from edge_agent.bench.scenarios.form import Acoustics
from edge_agent.bench.scenarios.places import Place, opened
from edge_agent.bench.scenarios.play import Scene
from edge_agent.bench.scenarios.read import Scenario
from edge_agent.bench.scenarios.sounds import Missing
from edge_agent.bench.scenarios.watched import Broken, Watched

Tell = Callable[[str], None]


class End(StrEnum):
    """How one run ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one run."""

    end: End
    why: str = ""


class Theatre:
    """An async context manager; inside, scenarios are played."""

    def __init__(self, settings: Settings, recordings: Path | None = None, *, in_a_hurry: bool = False) -> None:
        self._settings = settings
        self._recordings = recordings
        self._in_a_hurry = in_a_hurry
        self._voice: dict[str, Any] = {}
        self._life = AsyncExitStack()
        self._stage: tuple[Acoustics, Agent, Place, Watched] | None = None

    async def __aenter__(self) -> "Theatre":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.clear()

    async def learn(self, scenarios: Sequence[Scenario]) -> None:
        """Have every line of them spoken beforehand."""
        steps = [line.step for scenario in scenarios for line in scenario.lines]
        self._voice.update(await sounds.voiced(self._settings, steps))

    async def play(self, scenario: Scenario) -> Outcome:
        """Play one, whose lines were learnt."""
        try:
            for line in scenario.lines:  # Before anything is said: half a scenario proves nothing.
                sounds.sound(line.step, self._voice, self._recordings)
            agent, place, watched = await self._set(scenario.room)
            scene = Scene(agent, place, watched, self._voice, self._recordings, self._in_a_hurry)
            await scene.play(scenario)
        except Missing as missing:
            return Outcome(End.SKIPPED, str(missing))
        except Broken as broken:
            await self.clear()  # Whatever is left of it (a timer, a muted ear) must not reach the next one.
            return Outcome(End.FAILED, str(broken))
        return Outcome(End.PASSED)

    async def clear(self) -> None:
        """End the agent that runs, if one does."""
        self._stage = None
        await self._life.aclose()

    async def _set(self, room: Acoustics) -> tuple[Agent, Place, Watched]:
        if self._stage is None or self._stage[0] != room:
            await self.clear()
            place = await self._life.enter_async_context(opened(room, self._settings))
            watched = Watched()
            agent = await self._life.enter_async_context(running(self._settings, place.device, watched.watch))
            self._stage = (room, agent, place, watched)
        return self._stage[1:]


async def run(
    scenarios: Sequence[Scenario], settings: Settings, recordings: Path | None, count: int, tell: Tell
) -> dict[str, Any]:
    """Play each of them `count` times, tell how each run ended, and return what the report's `data` has."""
    outcomes: dict[str, list[Outcome]] = {scenario.name: [] for scenario in scenarios}
    async with Theatre(settings, recordings) as theatre:
        await theatre.learn(scenarios)
        for number in range(1, count + 1):
            for scenario in scenarios:
                outcome = await theatre.play(scenario)
                outcomes[scenario.name].append(outcome)
                tell(f"{number} of {count}: {scenario.name} {outcome.end.value}")
            await theatre.clear()
    return report(scenarios, outcomes, count)


def report(scenarios: Sequence[Scenario], outcomes: dict[str, list[Outcome]], count: int) -> dict[str, Any]:
    """Sum up. A flake rate is the share of the runs that failed; what was skipped was no run."""
    rows = [_row(scenario, outcomes[scenario.name]) for scenario in scenarios]
    return {"n": count, "passed": all(row["ok"] for row in rows), "scenarios": rows}


def _row(scenario: Scenario, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    ends = [outcome.end for outcome in outcomes]
    runs = len(ends) - ends.count(End.SKIPPED)
    failed = ends.count(End.FAILED)
    known = scenario.head.known_to_fail
    return {
        "name": scenario.name,
        "proves": scenario.head.proves,
        "runs": runs,
        "passes": runs - failed,
        "skipped": ends.count(End.SKIPPED),
        "flake_rate": round(failed / runs, 3) if runs else None,
        "known_to_fail": known,
        "ok": failed > 0 or not runs if known else not failed,
        "why": list(dict.fromkeys(outcome.why for outcome in outcomes if outcome.why)),
    }
