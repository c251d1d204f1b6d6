"""The product: where the rooms meet.

`agent.py` wires them, microphone to loudspeaker, around what `household.py` opens; `conversation.py` carries out what
the turn machine commands; `saying.py` is what the user is saying; `draft.py` is one attempt at an answer; `timeline.py`
its latency record; `happenings.py` what may be watched of it all.
"""
