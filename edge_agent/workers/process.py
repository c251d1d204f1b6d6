"""The agent's side of a worker: carries out what the supervisor decides, and hands jobs over.

1. Jobs run one at a time. Those that wait are sorted by priority, then by age; there is a limit on how many may wait.
2. If the worker dies, hangs or talks nonsense, the iterator of the job that it works on raises EngineLostError at once.
   Jobs that only wait are kept while a successor is about to start, and fail when the supervisor backs off.
3. Closing the iterator early cancels the job. The worker is free again after at most one more item, and the next job
   waits for that long.
4. Between two items (and before the first) a worker may be silent for `answer_timeout_s`, if somebody waits for it: an
   engine that is as far ahead of its reader as it may be (`wire.AHEAD`) rests, and so does one that is told to.
"""

import asyncio
import heapq
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Mapping

from edge_agent.base.errors import EdgeAgentError, EngineError, EngineLostError, InputError
from edge_agent.workers import supervise
from edge_agent.workers.job import Job, rebuilt
from edge_agent.workers.life import RESTARTING, Life, Spec
from edge_agent.workers.supervise import State
from edge_agent.workers.wire import AHEAD, JSON, Item, Message, check

__all__ = ["Item", "Spec", "State", "Worker"]

WAITING_MAX = 8
"""A turn needs one job of each worker, and a draft or two may not be dropped yet. More means that we are lost."""

log = logging.getLogger(__name__)


class Worker:
    """One supervised engine. To be used from one event loop."""

    def __init__(
        self,
        spec: Spec,
        on_change: Callable[[str, State], None] | None = None,
        policy: supervise.Policy | None = None,
    ) -> None:
        self.spec = spec
        self.memory_mb = 0.0
        """Resident memory of the process, as it last said."""
        self.fresh_mb = 0.0
        """The same when it was ready, before its first job."""
        self.load_s = 0.0
        """How long the last process loaded and proved its engine."""
        self._on_change = on_change
        self._policy = policy or supervise.Policy(start_timeout_s=spec.start_timeout_s)
        self._seen = supervise.Supervised()
        self._timer: asyncio.TimerHandle | None = None
        self._life: Life | None = None
        self._living: asyncio.Task[None] | None = None
        self._born: asyncio.Future[None] | None = None
        self._ids = itertools.count(1)
        self._waiting: list[tuple[int, int, Job]] = []
        self._current: Job | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def ready(self) -> bool:
        """Whether it takes jobs now."""
        return self._seen.state is State.READY

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._seen.state

    @property
    def busy(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._current or self._waiting)

    @property
    def pid(self) -> int | None:
        """Of the process that there is at the moment."""
        return self._life.pid if self._life else None

    async def start(self) -> None:
        """Return when the engine is proven; EngineError with the reason if the first try fails."""
        if self._seen.state is not State.STOPPED or self._living:
            raise RuntimeError(f"the {self.spec.name} worker is started already")
        self._born = asyncio.get_running_loop().create_future()
        self._feed(supervise.StartAsked())
        try:
            await self._born
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it; return when its process is gone."""
        self._feed(supervise.StopAsked())
        if self._living:
            await asyncio.wait([self._living])

    @property
    def idle(self) -> bool:
        """Whether it is ready, and nobody waits for anything from it."""
        return self.ready and self._current is None and not self._waiting

    def renew(self) -> None:
        """Replace its process by a fresh one. Jobs that come meanwhile wait for that."""
        self._feed(supervise.RenewAsked())

    def rest(self, rests: bool) -> None:
        """Let its process stand still while others need the processor, or go on. A process that follows it goes on."""
        self._feed(supervise.RestAsked() if rests else supervise.GoOnAsked())
        self._arm_deadline()

    async def run(
        self, fields: Mapping[str, JSON], payload: bytes = b"", *, priority: int = 0
    ) -> AsyncGenerator[Item, None]:
        """Do one job and yield its pieces; close the iterator (`contextlib.aclosing`) to cancel it.

        A job of higher `priority` overtakes those that wait, never the one that runs. EngineError if the worker dies,
        hangs, or is not there and won't be soon; InputError if the engine can't use what it was given.
        """
        job = self._enqueue(fields, payload, priority)
        try:
            while job.items or not job.ended:
                if job.items:
                    yield self._take(job)
                else:
                    job.news.clear()
                    await job.news.wait()
            if job.error:
                raise job.error
        finally:
            self._close(job)

    # Jobs.

    def _enqueue(self, fields: Mapping[str, JSON], payload: bytes, priority: int) -> Job:
        if not self._seen.has_future:
            raise EngineError(f"the {self.spec.name} engine is not running", hint="It may be back soon; try again.")
        if len(self._waiting) >= WAITING_MAX:
            raise EngineError(f"{WAITING_MAX} jobs wait for the {self.spec.name} engine already", hint="Try again.")
        job = Job(next(self._ids), fields, payload)
        heapq.heappush(self._waiting, (-priority, job.id, job))
        self._hand_over()
        return job

    def _hand_over(self) -> None:
        """Send the next job, if there is one and the worker can take it."""
        while self.ready and self._life and self._waiting and not self._current:
            _, _, job = heapq.heappop(self._waiting)
            try:
                self._life.send(Message("job", job.id, job.fields, job.payload))
            except InputError as error:
                job.end(error)
                continue
            self._current = job
            self._arm_deadline()

    def _close(self, job: Job) -> None:
        job.closed = True
        job.items.clear()
        if self._current is job and self._life:
            self._life.send(Message("cancel", job.id))
        else:
            self._waiting = [entry for entry in self._waiting if entry[2] is not job]
            heapq.heapify(self._waiting)

    def _add(self, job: Job, item: Item) -> None:
        if len(job.items) >= AHEAD:
            raise EngineError(f"it is more than {AHEAD} items ahead of its reader")
        job.add(item)
        self._arm_deadline()

    def _take(self, job: Job) -> Item:
        item = job.items.popleft()
        if self._current is job and self._life:
            self._life.send(Message("taken", job.id))
            self._arm_deadline()
        return item

    def _end_current(self, error: EdgeAgentError | None = None) -> None:
        if self._current and not self._current.ended:
            self._current.end(error)
        self._current = None
        self._arm_deadline()

    def _arm_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
        if self._current and not self._current.unread and self._seen.rests_since is None:
            overdue = supervise.JobOverdue(self._seen.life)
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self.spec.answer_timeout_s, self._feed, overdue)

    # What the process says, and its end.

    def _hear(self, life: Life, message: Message) -> None:
        check(message)
        job = self._current if self._current and self._current.id == message.id else None
        match message.kind:
            case "ready":
                self.memory_mb = self.fresh_mb = message.fields["memory_mb"]
                self.load_s = message.fields["load_s"]
                self._feed(supervise.ReadyCame(life.number))
            case "pong":
                self.memory_mb = message.fields["memory_mb"]
                self._feed(supervise.Pong(life.number))
            case "refused":
                error = rebuilt(message.fields)
                life.refused = EngineError(f"the {self.spec.name} engine does not start: {error}", hint=error.hint)
            case "item" if job:
                self._add(job, Item(message.fields, message.payload))
            case "done" if job:
                job.charge(message.fields)
                self._end_current()
                self._hand_over()
            case "failed" if job:
                job.charge(message.fields)
                self._end_current(rebuilt(message.fields))
                self._hand_over()
            case _:
                raise EngineError(f"it said {message.kind!r} about {message.id}, which nobody asked for")

    async def _oversee(self, life: Life) -> None:
        def on_nonsense(what: str) -> None:
            self._feed(supervise.NonsenseCame(life.number), self._lost(f"talked nonsense: {what}"))

        end = await life.live(on_nonsense)
        self._feed(supervise.Exited(life.number), end)
        if self._living is asyncio.current_task():
            self._living = None

    # The supervisor's driver.

    def _feed(self, event: supervise.Event, error: EngineError | None = None) -> None:
        """Tell the supervisor, do what it says. `error` is for those who wait, if this event is a death."""
        loop = asyncio.get_running_loop()
        before = self._seen
        self._seen, commands = supervise.step(before, event, loop.time(), self._policy)
        for command in commands:
            match command:
                case supervise.Spawn(number):
                    self._life = Life(self.spec, number, self._hear)
                    self._living = asyncio.create_task(self._oversee(self._life), name=f"{self.spec.name} {number}")
                case supervise.Ping(number) if self._life:
                    self._life.send(Message("ping", number))
                case supervise.Rest() | supervise.GoOn() if self._life:
                    self._life.rest(isinstance(command, supervise.Rest))
                case supervise.Kill() if self._life:
                    error = error or self._lost(self._fault(event, before.state))
                    self._life.kill(error)
        if error:
            self._mourn(error)
        if self._timer:
            self._timer.cancel()
        alarm = self._seen.alarm
        self._timer = None if alarm is None else loop.call_at(alarm, self._feed, supervise.Tick())
        if self._seen.state is not before.state:
            self._tell(before.state, event, error)
        self._hand_over()

    def _mourn(self, error: EngineError) -> None:
        """Fail what was lost with the process; what only waits is kept if there will be another soon."""
        self._end_current(error)
        if self._born and not self._born.done():
            self._born.set_exception(error)
        if not self._seen.has_future:
            for _, _, job in self._waiting:
                job.end(error)
            self._waiting.clear()

    def _tell(self, before: State, event: supervise.Event, error: EngineError | None) -> None:
        state = self._seen.state
        wanted = State.STOPPED is state or State.RENEWING in (before, state)
        level = logging.WARNING if error and not wanted else logging.INFO
        log.log(level, "%s: %s → %s because %s", self.spec.name, before.name, state.name, error or event)
        if state is State.READY and self._born and not self._born.done():
            self._born.set_result(None)
        if self._on_change:
            self._on_change(self.spec.name, state)

    def _fault(self, event: supervise.Event, state: State) -> str:
        match event:
            case supervise.StopAsked():
                return "was stopped"
            case supervise.RenewAsked():
                return "is replaced by a fresh one"
            case supervise.JobOverdue():
                return f"gave no answer for {self.spec.answer_timeout_s:g} s"
            case _ if state is State.STARTING:
                return f"was not ready within {self._policy.start_timeout_s:g} s"
        return "does not answer"

    def _lost(self, how: str) -> EngineLostError:
        return EngineLostError(f"the {self.spec.name} engine {how}", hint=RESTARTING)
