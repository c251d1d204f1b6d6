"""Smart Turn, asked without keeping anybody waiting."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor

from edge_agent.base.frames import Samples
from edge_agent.talk.ear.smart_turn import SmartTurn, mel, window

JUDGE_NICENESS = 19
"""Behind every engine."""


class Judge:
    """Smart Turn in a thread of its own, one pause at a time.

    The thread steps back behind the engines: the reply is being made meanwhile, and takes longer than the judgement.
    """

    def __init__(self, smart_turn: SmartTurn) -> None:
        self._smart_turn = smart_turn
        self._thread = ThreadPoolExecutor(1, "smart-turn", _step_back)

    def __enter__(self) -> "Judge":
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def adopt(self, smart_turn: SmartTurn) -> None:
        """Ask another model from now on; what was asked already is answered by the old one."""
        self._smart_turn = smart_turn

    async def __call__(self, samples: Samples) -> float:
        """Return the probability that a turn which sounds like this is finished."""
        # The features hold the interpreter's lock, which a thread that has stepped back must not.
        features = await asyncio.to_thread(lambda: mel(window(samples)))
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._smart_turn.judge, features)


def _step_back() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), JUDGE_NICENESS)
