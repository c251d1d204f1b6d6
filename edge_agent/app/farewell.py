"""How the agent leaves: it finishes its sentence or fades it, and is gone within `EXIT_S`.

1. It hears nothing any more.
2. What is left to say within `FINISH_S` is said. More is faded out over `FADE_S`: a voice that is cut off sounds like a
   fault. An answer that has not begun is not begun.
3. Then the device is closed and the engines are ended, by whoever started them.
4. Should a driver hang there, the kernel ends the process, which leaves its stacks in the log before. It dies of
   SIGALRM: the units count that as an end that was asked for, and not as a failure that takes the last update back.
"""

import asyncio
import contextlib
import faulthandler
import signal

from edge_agent.app.agent import Agent
from edge_agent.talk.floor.state import State

EXIT_S = 3.0
"""From being told until the process is gone."""

STACKS_S = 0.2
"""Before that, for the stacks to be written: by a thread that waits for nobody, also not for the interpreter."""

FINISH_S = 1.4
FADE_S = 0.4
FADE_STEPS = 20

LOOK_S = 0.02

SPEAKS = (State.SPEAKING, State.DUCKED)


def deadline() -> None:
    """End the process in `EXIT_S`, whatever hangs by then. For whoever ends anyway."""
    faulthandler.dump_traceback_later(EXIT_S - STACKS_S)
    signal.setitimer(signal.ITIMER_REAL, EXIT_S)


def fades(left_s: float) -> bool:
    """Whether an answer of which so much is left to say is faded out rather than finished."""
    return left_s > FINISH_S


async def farewell(agent: Agent) -> None:
    """Return when the agent may fall silent."""
    agent.listener.deaf = True
    speaker, conversation = agent.rooms.speaker, agent.conversation
    if conversation.state not in SPEAKS:
        return
    if fades(speaker.unsaid_s):
        for _ in range(FADE_STEPS):
            speaker.volume *= 0.75
            await asyncio.sleep(FADE_S / FADE_STEPS)
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH_S):
            while conversation.state in SPEAKS:  # noqa: ASYNC110 (it is left in one more block or two)
                await asyncio.sleep(LOOK_S)
