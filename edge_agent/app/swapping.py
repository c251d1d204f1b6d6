"""New models while it talks: when the fleet's pointer moves, the engines follow, and no turn is lost.

1. The new engines are started beside the old ones, one after the other, and made warm: proven, their voice's phrases
   learnt, their language model having read what the next prompt begins with. They stand still while a turn is under
   way. Between two turns, in one step, the next turn is given to them. The old ones finish what they were asked, and
   are stopped.
2. Where memory does not allow two (`two_at_once.py`), the old ones make way when nobody has spoken for a while. The ear
   goes on: what is said meanwhile waits for the new ones and is answered then.
3. Whoever goes back from a release that was found bad is in a hurry: engines start side by side and do not rest, and no
   long silence is waited for.
4. Engines that can't be started are reported, and the old ones stay, or are started again. The updater goes on from
   there.
5. What runs in the agent's own process (`senses.py`) is loaded before the switch, and taken over with it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack

from edge_agent.app.engines import Engines, OnChange, engines, start, stop
from edge_agent.app.senses import Senses, loaded
from edge_agent.app.two_at_once import available, needed
from edge_agent.app.wellbeing import Wellbeing
from edge_agent.base.errors import EdgeAgentError
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet import pointers
from edge_agent.supply.fleet.generations import Generations
from edge_agent.supply.fleet.models import Models, anew, proven, root
from edge_agent.talk.floor.state import State
from edge_agent.talk.mind.llm import Llm
from edge_agent.talk.voice.ready import ReadyTts
from edge_agent.talk.voice.tts import Tts
from edge_agent.workers.process import State as Standing
from edge_agent.workers.process import Worker

LOOK_S = 2.0
"""Between two looks at the pointer: a small file, read from memory."""

DRAIN_S = 20.0
"""The longest that an old engine may take for what it was asked."""

QUIET_S = 3.0
"""Nobody has spoken for so long when engines make way: who is still in a conversation would wait for the new ones."""

_DRAIN_LOOK_S = 0.05

log = logging.getLogger(__name__)


class Swapping:
    """Of one agent's engines. Lives on its loop; `models` are the ones that run, `lease` keeps them on the disk."""

    def __init__(
        self,
        settings: Settings,
        models: Models,
        lease: ExitStack,
        heavy: Engines,
        tts: ReadyTts,
        *,
        voiced: Callable[[Tts], Tts],
        learnt: Callable[[Settings], Iterable[str]],
        teller: Callable[[], OnChange],
        adopt: Callable[[Settings], None],
        warm: Callable[[Llm, Settings], Awaitable[None]],
        sense: Callable[[Senses], None],
        wellbeing: Wellbeing,
        quiet_s: float = QUIET_S,
    ) -> None:
        """`voiced` puts before an engine what speaks in its stead; `learnt` are phrases that a voice knows by heart.

        `teller` makes what engines tell their state to; `adopt` takes the settings of other models, and `sense` what
        differs of those in this process. `warm` lets a language model read what the next prompt will begin with.
        """
        self._settings = settings
        self._models = models
        self._lease = lease
        self._heavy = heavy
        self._tts = tts
        self._voiced = voiced
        self._learnt = learnt
        self._teller = teller
        self._adopt = adopt
        self._warm = warm
        self._sense = sense
        self._wellbeing = wellbeing
        self._quiet_s = quiet_s
        self._between = asyncio.Event()  # set while nobody's turn is under way
        self._turns = 0
        self._making: tuple[Worker, ...] = ()  # that nobody waits for: they rest while one is
        self._hurries = False
        self._refused: str | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def generation(self) -> str:
        """What is used."""
        return self._models.generation

    def floor(self, state: State) -> None:
        """The floor changed hands."""
        if state is State.LISTENING:
            self._between.set()
        else:
            self._between.clear()
            self._turns += 1
        for worker in self._making:
            worker.rest(not self._between.is_set())

    def reload(self, settings: Settings) -> None:
        """Go by the owner's settings as he has them now; those of the release in use stand below them as before."""
        self._settings = settings
        self._models = anew(self._models, settings)
        self._adopt(self._models.settings)

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Stop looking, stop the engines that run, and let the last word about them be written."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await stop(self._heavy.workers)
        await asyncio.to_thread(self._wellbeing.close)

    async def _look(self) -> None:
        at = root(self._settings.models)
        while True:
            name = pointers.read(at).current
            if name not in (self.generation, self._refused):
                try:
                    await self.take(name)
                except Exception:
                    log.exception("the models could not be exchanged by a mistake of ours")
                    self._refused = name
            await asyncio.sleep(LOOK_S)

    async def take(self, name: str) -> bool:
        """Use that generation from the next turn on; false if it can't be."""
        lease = ExitStack()
        try:
            if name:
                lease.enter_context(Generations(root(self._settings.models)).lease(name))
            chosen = await asyncio.to_thread(proven, self._settings, name)
            new = engines(chosen.settings, self._teller(), chosen)
            senses = await asyncio.to_thread(loaded, chosen, self._models)
            fits = await asyncio.to_thread(self._fits, chosen)
            self._hurries = not pointers.read(root(self._settings.models)).on_trial
            await (self._beside(new, chosen, senses) if fits else self._in_turn(new, chosen, senses))
        except EdgeAgentError as error:
            log.error("the models of %s can't be used: %s", name or "this device", error)
            lease.close()
            self._refused = name
            self._wellbeing.broken(name, str(error))
            return False
        self._lease.close()
        self._lease = lease
        self._refused = None
        log.info("the models of %s are in use", name or "this device")
        return True

    def _fits(self, chosen: Models) -> bool:
        spare = self._settings.fleet.spare_memory_mb * 1_000_000
        needs = needed(chosen, self._models, sum(worker.memory_mb for worker in self._heavy.workers))
        return needs + spare <= available()

    async def _beside(self, new: Engines, chosen: Models, senses: Senses) -> None:
        try:
            await (start(new.workers) if self._hurries else self._start_slowly(new.workers))
            voice = await self._voice(new, chosen)
            await self._warm(new.llm, chosen.settings)
            await self._quiet()
        except BaseException:
            await stop(new.workers)
            raise
        finally:
            self._making = ()
        old = self._exchange(new, chosen, voice, senses)
        await _drained(old)
        await stop(old)

    async def _start_slowly(self, workers: Iterable[Worker]) -> None:
        for worker in workers:
            await self._quiet()
            self._making = (*self._making, worker)
            await worker.start()

    async def _quiet(self) -> None:
        while not self._between.is_set():  # It may be over again before whoever waited for it is told.
            await self._between.wait()

    async def _silence(self) -> None:
        seen = -1
        while seen != self._turns or not self._between.is_set():
            await self._quiet()
            seen = self._turns
            await asyncio.sleep(self._quiet_s)

    async def _in_turn(self, new: Engines, chosen: Models, senses: Senses) -> None:
        before = self._models
        await (self._quiet() if self._hurries else self._silence())
        # What is asked from now on waits for the new engines. They need a moment before they begin to load, and the old
        # ones are gone by then.
        starting = await _begun(new.workers)
        old = self._exchange(new, chosen, ReadyTts(self._voiced(new.tts)), senses)
        try:
            await stop(old)
            await starting
        except EdgeAgentError:
            spare = engines(before.settings, self._teller(), before)
            starting = await _begun(spare.workers)
            back = await asyncio.to_thread(loaded, before, chosen)
            self._exchange(spare, before, ReadyTts(self._voiced(spare.tts)), back)
            await _drained(new.workers)
            await stop(new.workers)
            await starting
            self._tts.adopt(await self._voice(spare, before))
            raise
        self._tts.adopt(await self._voice(new, chosen))

    async def _voice(self, new: Engines, chosen: Models) -> ReadyTts:
        voice = ReadyTts(self._voiced(new.tts))
        await voice.learn(self._learnt(chosen.settings))
        return voice

    def _exchange(self, new: Engines, chosen: Models, voice: ReadyTts, senses: Senses) -> tuple[Worker, ...]:
        """Give the next turn to the new engines; return the old ones' workers. Nothing can come between."""
        old, chosen = self._heavy.workers, anew(chosen, self._settings)  # He may have changed them meanwhile.
        self._heavy.stt.adopt(new.stt)
        self._heavy.llm.adopt(new.llm)
        self._heavy.tts = new.tts
        self._tts.adopt(voice)
        self._heavy.workers = new.workers
        self._models = chosen
        self._adopt(chosen.settings)
        self._sense(senses)
        self._wellbeing.begin(chosen.generation)
        return old


async def _begun(workers: tuple[Worker, ...]) -> asyncio.Task[None]:
    """Let them start, and return when each takes jobs to wait for it; the task ends when all are proven."""
    starting = asyncio.ensure_future(start(workers))
    while any(one.state is Standing.STOPPED for one in workers) and not starting.done():  # noqa: ASYNC110 (two rounds)
        await asyncio.sleep(0)
    return starting


async def _drained(workers: tuple[Worker, ...]) -> None:
    deadline = asyncio.get_running_loop().time() + DRAIN_S
    while any(one.busy for one in workers) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 (rare)
        await asyncio.sleep(_DRAIN_LOOK_S)
