"""The product: where the rooms meet.

`agent.py` wires them, microphone to loudspeaker; `conversation.py` carries out what the turn machine commands;
`draft.py` is one attempt at an answer; `timeline.py` its latency record; `happenings.py` what may be watched of it all.
"""
