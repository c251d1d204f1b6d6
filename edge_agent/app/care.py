"""What is looked after while the agent runs, every few seconds: heat, sleep, and engines that have grown.

1. A processor that is slowed down by heat gets a smaller plan: fewer glances while somebody speaks, no reading ahead,
   nothing rehearsed. An answer comes a little later, and does not stall.
2. A machine that slept is told from a busy one by two clocks of the kernel, of which one stands still in sleep. The
   audio device is opened anew then, and what was to ring meanwhile rings now.
3. An engine that has grown too large is replaced, after nobody has spoken for `QUIET_S`.

No wall clock is asked: it jumps when the network sets it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from edge_agent.app.happenings import Noted, Watch
from edge_agent.app.idle import Idle
from edge_agent.host.heat import Heat, slowed
from edge_agent.talk.floor.state import State
from edge_agent.workers.process import Worker
from edge_agent.workers.worn import Seen, worn

LOOK_S = 5.0
QUIET_S = 30.0
"""Nobody has spoken for so long: a fresh engine is there a few seconds later."""

SLEPT_S = 1.0
"""The two clocks run apart by less than that in any time between two looks."""

log = logging.getLogger(__name__)


def asleep_s() -> float:
    """Return for how long this machine has slept since it was started, s."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


class Care:
    """Lives on the running loop. Its senses are arguments: the tests let a machine sleep and grow hot."""

    def __init__(
        self,
        idle: Idle,
        workers: Callable[[], Sequence[Worker]],
        grown_mb: float,
        *,
        spare: Callable[[bool], None],
        woke: Callable[[float], None],
        watch: Watch,
        clock: Callable[[], float] = time.monotonic,
        asleep: Callable[[], float] = asleep_s,
        hot: Callable[[], bool] = slowed,
    ) -> None:
        """`idle` is told of the floor as well; `spare` whether to save the processor; `woke` how long, s, it slept."""
        self._idle = idle
        self._workers = workers
        self._grown_mb = grown_mb
        self._spare = spare
        self._woke = woke
        self._watch = watch
        self._clock = clock
        self._asleep = asleep
        self._hot = hot
        self._heat = Heat()
        self._slept_s = asleep()
        self._quiet_since: float | None = None
        self._renewed_at: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self, state: State) -> None:
        """Look from now on; this is who speaks."""
        self.floor(state)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        """Look no more, and break off what is under way."""
        self._idle.close()
        if self._task:
            self._task.cancel()

    def floor(self, state: State) -> None:
        """The floor changed hands."""
        self._idle.floor(state)
        self._quiet_since = self._clock() if state is State.LISTENING else None

    def look(self) -> None:
        """Look once."""
        self._look_for_sleep()
        self._look_for_heat()
        self._look_for_growth(self._clock())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self.look()
            except Exception:
                log.exception("looking after the machine failed by a mistake of ours")

    def _look_for_sleep(self) -> None:
        slept_s, self._slept_s = self._asleep() - self._slept_s, self._asleep()
        if slept_s >= SLEPT_S:
            log.info("the machine slept for %.0f s", slept_s)
            self._woke(slept_s)

    def _look_for_heat(self) -> None:
        before, self._heat = self._heat, self._heat.after(self._hot())
        if self._heat.slowed == before.slowed:
            return
        self._spare(self._heat.slowed)
        told = "the processor is too hot and was slowed down" if self._heat.slowed else "the processor has cooled down"
        log.warning("%s", told)
        self._watch(Noted(f'{told}; `models.profile = "tiny"` takes less of it' if self._heat.slowed else told))

    def _look_for_growth(self, now: float) -> None:
        if self._quiet_since is None or now - self._quiet_since < QUIET_S:
            return
        seen = [
            Seen(one.spec.name, one.fresh_mb, one.memory_mb, one.idle, self._renewed_at.get(one.spec.name))
            for one in self._workers()
        ]
        name = worn(seen, self._grown_mb, now)
        for worker in self._workers():
            if worker.spec.name == name:
                self._renewed_at[name] = now
                log.info("the %s engine is replaced: %.0f MB, %.0f when fresh", name, worker.memory_mb, worker.fresh_mb)
                worker.renew()
