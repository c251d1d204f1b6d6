"""When is the turn over: how long a silence must last before the agent takes the floor.

1. Each signal looks at one thing and says which way it points (`signals.py`, `words.py`). Whoever has nothing to go by
   has no vote.
2. The votes are weighed in one place, into the log-odds that this pause is the end (`weights.py`, fitted on recordings
   by `tools/fit_endpoint.py`).
3. The odds become a wait. A pause that is an end as surely as `finished_at` waits `complete_ms`, one as doubtful as
   `unfinished_at` waits for the cap, and in between the wait is a straight line over the log-odds. Pauses within a turn
   thin out about exponentially with their length, and for those a straight line is the best trade between cutting off
   and dead air.
4. Where nothing is known, silence alone decides.
5. Nobody waits for longer than the cap.

    odds   even ─────────────────────────────▶ unlikely
    wait   complete_ms ····/                 unsure_cap_ms ────

A wait is counted from the last sample of the voice, so a judgement that comes late takes nothing away from it: if the
time is over when it comes, the turn ends at once.
"""

from edge_agent.talk.floor.endpoint.evidence import Evidence
from edge_agent.talk.floor.endpoint.wait import wait_s
from edge_agent.talk.floor.endpoint.weights import end_odds

__all__ = ["Evidence", "end_odds", "wait_s"]
