"""Is the turn over? What is asked in a pause, the cheapest first.

1. The words, the grammar, and the speaker's own pauses are known with the transcript. Of a whole command no more is
   asked.
2. The language model says whether a sentence may end here. It finds that out on the way to its reply, and there is
   nothing to say before that.
3. Where there still is doubt: Smart Turn heard how it sounded. It takes a core for 45 ms, and every engine waits for
   it that runs beside it; so it is asked when the answer has its first sound, or when the cloud is waited for. Nothing
   will be said sooner.

What is known comes to a wait in `talk/floor/endpoint`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from edge_agent.app.draft import Draft
from edge_agent.app.rooms import Rooms
from edge_agent.base.frames import Samples
from edge_agent.base.settings import FloorSettings
from edge_agent.talk.floor.endpoint import Evidence, wait_s
from edge_agent.talk.mind.skills import Skills, Understood

SmartTurnJudge = Callable[[Samples], Awaitable[float]]


class Judging:
    """Judges the pauses of one conversation."""

    def __init__(
        self, rooms: Rooms, floor: FloorSettings, smart_turn: SmartTurnJudge, tell: Callable[[Draft, float], None]
    ) -> None:
        """`tell` is called with a draft and the silence, s, after which its turn is over."""
        self._rooms = rooms
        self.floor = floor
        """May be set at any time."""
        self._smart_turn = smart_turn
        self._tell = tell

    async def judge(self, draft: Draft, heard: Samples, evidence: Evidence) -> None:
        """Judge the pause in which `draft` was begun.

        `heard` is the turn (16 kHz), `evidence` what is known without words.
        """
        evidence = replace(evidence, words=draft.words, avg_logprob=draft.avg_logprob)
        if self._rooms.skills:
            evidence = commanded(evidence, self._rooms.skills, draft.understood)
        if evidence.words and draft.understood is None:
            evidence = replace(evidence, sentence_end=await draft.sentence_end)
        if self._in_doubt(draft, evidence):
            await draft.spare.wait()
            self._in_doubt(draft, replace(evidence, smart_turn=await self._smart_turn(heard)))

    def _in_doubt(self, draft: Draft, evidence: Evidence) -> bool:
        """Tell the wait that follows from the evidence; whether it may yet become shorter."""
        wait = wait_s(evidence, self.floor)
        self._tell(draft, wait)
        return wait > self.floor.complete_ms / 1000


def commanded(evidence: Evidence, skills: Skills, understood: Understood | None) -> Evidence:
    """The evidence, and what a grammar knows of its words, of which it made `understood`."""
    taken_for = understood.words if understood else ""
    can_go_on = skills.can_go_on(taken_for or evidence.words or "")
    if understood is not None:
        return replace(evidence, grammar_complete=True, can_go_on=can_go_on, sentence_end=None)
    return replace(evidence, grammar_complete=False if can_go_on else None, can_go_on=can_go_on)
