"""How right an agent with notes is, and how much it makes up, with the real model: `pytest -m long -s` prints it.

Five houses' notes, each with questions of which a third has no answer in them. Whatever an agent says to such a
question but that it does not know, or only may be of help, is made up.
"""

import asyncio
import csv
import re
import time
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from edge_agent.app.engines import engines, started
from edge_agent.app.replying import without_model
from edge_agent.app.uplink import situation
from edge_agent.base.settings import MindSettings, Settings
from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.learned import learned
from edge_agent.talk.mind.notes import Notes
from edge_agent.talk.mind.notes.grounding import MAYBE
from edge_agent.talk.mind.router import UNABLE, UNKNOWN, route
from edge_agent.talk.mind.skills import Skills

HOUSES = Path(__file__).parents[1] / "notes"

HONEST = re.compile(r"(don't|do not|not) (know|have|sure)|can't|cannot|unable|sorry|no information", re.IGNORECASE)
"""How a model says that it does not know."""

pytestmark = [pytest.mark.long, pytest.mark.models, pytest.mark.timeout(3600)]


def questions(house):
    with (HOUSES / house / "questions.tsv").open(encoding="utf-8") as file:
        return [(row["question"], row["expected"]) for row in csv.DictReader(file, delimiter="\t")]


def judged(expected, said, own_words=""):
    """What an answer is worth; `own_words` is what was said without the model, as a note may have a "can't" in it."""
    if expected and re.search(expected, said, re.IGNORECASE):
        return "right, as a guess" if said.startswith(MAYBE) else "right"
    if said.startswith(MAYBE):
        return "of no help"
    honest = own_words in (UNABLE, UNKNOWN) if own_words else HONEST.search(said)
    return "not known" if honest else "wrong" if expected else "made up"


@pytest.mark.parametrize("house", ["museum", "pool", "library", "hotel", "clinic"])
def test_what_it_does_not_know_it_does_not_make_up(house):
    settings, skills = Settings(mind=MindSettings(reply_tokens=48)), Skills()
    notes = Notes(HOUSES / house)
    with_notes, without, took_ms = {True: Counter(), False: Counter()}, {True: Counter(), False: Counter()}, []

    async def model(llm, question):
        async with aclosing(llm.reply(Memory().messages(settings.mind.persona, question))) as pieces:
            return "".join([piece async for piece in pieces])

    async def play():
        heavy = engines(settings)
        async with started(heavy.workers[1]):
            for question, expected in questions(house):
                began = time.perf_counter()
                notes.find(question)
                took_ms.append(1000 * (time.perf_counter() - began))
                told = situation(question, skills.understand(question), None, notes)
                alone = await model(heavy.llm, question)
                known = without_model(route(told, learned()), told)
                with_notes[expected != ""][judged(expected, known or alone, known)] += 1
                without[expected != ""][judged(expected, alone)] += 1

    asyncio.run(play())
    for name, counts in (("with notes", with_notes), ("the model alone", without)):
        print(f"{house}, {name}: answerable {dict(counts[True])}, not answerable {dict(counts[False])}")
    print(f"{house}, finding: p95 {np.percentile(took_ms, 95):.2f} ms")
    total = sum(with_notes[False].values()) + sum(with_notes[True].values())
    assert with_notes[False]["made up"] + with_notes[True]["wrong"] <= 0.12 * total
    assert without[False]["made up"] > with_notes[False]["made up"]
    assert np.percentile(took_ms, 95) < 20
