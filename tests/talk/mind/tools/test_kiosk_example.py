"""The kiosk in the documentation works as its page says."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from edge_agent.talk.mind.skills import Skills
from edge_agent.talk.mind.skills.taught import Taught
from edge_agent.talk.mind.tools.consent import question

DOCS = Path(__file__).parents[4] / "docs"


@pytest.fixture
def kiosk(tmp_path):
    return Taught([shutil.copytree(DOCS / "examples" / "kiosk", tmp_path / "kiosk")]), tmp_path / "kiosk"


def asked(taught, text):
    understood = Skills(taught=taught).understand(text)
    tool = next(each for each in taught.tools if each.name == understood.name)
    return tool, dict(understood.slots)


def answered(taught, text):
    tool, arguments = asked(taught, text)
    return asyncio.run(tool.call(arguments)).say


def test_what_it_can_be_asked_for(kiosk):
    taught, _ = kiosk
    assert answered(taught, "How much is a large flat white?") == "A large flat white is 3.50."
    assert answered(taught, "Turn the music down to two.") == "Music at 2."
    tool, arguments = asked(taught, "I'd like a small espresso, please.")
    assert question(tool, arguments) == "A small espresso: shall I order it?"
    assert asyncio.run(tool.call(arguments)).say == "One small espresso, coming up."


def test_its_menu_may_change(kiosk):
    taught, folder = kiosk
    (folder / "menu.txt").write_text("tea\n")
    assert taught.refresh()
    assert answered(taught, "How much is a small tea?") == "A small tea is 2.50."


def test_the_first_example_on_the_page(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "skills.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "price.py").write_text(code)
    assert answered(Taught([tmp_path]), "How much is a large coffee?") == "It's 3.50."
