"""Whole conversations, written down: what a person does and when, and what must hold. `docs/scenarios.md` is the form.

`form.py` says what a scenario is, `read.py` reads one, `sounds.py` makes what is to be heard, `places.py` has the
rooms, `play.py` plays one (`watched.py` is what it sees of the agent), `run.py` plays many, again and again.
"""
