"""A typed function becomes a tool with sentences; a folder of them is loaded with errors that help."""

import asyncio
import sys
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import Field

from edge_agent.base.errors import InputError
from edge_agent.base.settings_tools import ToolSettings
from edge_agent.skills import Outcome, Risk, one_of, skill
from edge_agent.talk.mind.skills import Doubt, Skills
from edge_agent.talk.mind.skills.taught import Taught
from edge_agent.talk.mind.tools.policy import Asker
from edge_agent.talk.mind.tools.toolbox import Toolbox

KIOSK = '''
from typing import Annotated, Literal
from pydantic import Field
from edge_agent.skills import Risk, one_of, skill

MENU = ["Latte", "Flat White", "Americano"]


@skill("[can I get] [a] {size} {drink}", "a {drink}", risk=Risk.IRREVERSIBLE, ask="Shall I order a {size} {drink}?")
def order(drink: Annotated[str, one_of(lambda: MENU)], size: Literal["small", "large"] = "small") -> str:
    """Order a drink."""
    return f"One {size} {drink}, coming up."


@skill("(set|turn) the lights to {percent} percent", risk=Risk.REVERSIBLE)
async def lights(percent: Annotated[int, Field(ge=0, le=100)]) -> None:
    """Set the lights."""


@skill("call {who}")
def call(who: str) -> None:
    """Call somebody."""
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kiosk.py").write_text(KIOSK)
    return tmp_path


def heard(skills, text):
    understood = skills.understand(text)
    return understood and (understood.name, dict(understood.slots))


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@skill("paint it {colour}", risk=Risk.REVERSIBLE)
def paint(colour: Colour, coats: int = 1) -> str:
    """Paint it.

    Not read by a model.
    """
    return f"{coats} of {colour.name}"


def called(tool, **arguments):
    return asyncio.run(tool.call(arguments))


def test_a_skill_stays_a_function():
    assert paint(Colour.RED) == "1 of RED"


def test_a_skill_is_a_tool():
    tool = paint.tool({})
    assert (tool.name, tool.description, tool.risk) == ("paint", "Paint it.", Risk.REVERSIBLE)
    assert tool.schema["properties"]["colour"]["enum"] == ["red", "blue"]
    assert tool.schema["required"] == ["colour"]
    assert called(tool, colour="blue", coats=2) == Outcome("2 of BLUE")


def test_what_does_not_say_its_risk_is_taken_for_the_worst():
    assert skill()(paint.function).tool({}).risk is Risk.IRREVERSIBLE


@pytest.mark.parametrize(
    ("returned", "outcome"), [(None, Outcome("Okay.")), ("Done.", Outcome("Done.")), (Outcome(text="7"),) * 2]
)
def test_what_it_returns_is_said(returned, outcome):
    @skill()
    async def later() -> object:
        return returned

    assert called(later.tool({})) == outcome


def test_its_sentences_are_understood(folder):
    skills = Skills(taught=Taught([folder]))
    assert heard(skills, "Can I get a large flat white, please?") == ("order", {"size": "large", "drink": "Flat White"})
    assert heard(skills, "Turn the lights to forty percent.") == ("lights", {"percent": 40})
    assert heard(skills, "Call my mum.") == ("call", {"who": "my mum"})
    assert heard(skills, "Turn the lights to 140 percent.") is None
    assert heard(skills, "What time is it?") == ("Time", {})


def test_they_tell_the_endpointer_what_is_complete_and_what_goes_on(folder):
    skills = Skills(taught=Taught([folder]))
    assert skills.is_complete("a latte")
    assert not skills.is_complete("set the lights to")
    assert skills.can_go_on("set the lights to")


def test_what_was_misheard_is_understood_by_its_sound(folder):
    skills = Skills(taught=Taught([folder]))
    near = skills.sounds_like("can I get a large flood white")
    assert (near.name, dict(near.slots)) == ("order", {"size": "large", "drink": "Flat White"})
    doubt = skills.sounds_like("I'd like a lard latte")
    assert isinstance(doubt, Doubt)
    assert {"latte", "americano"} <= set(doubt.words)


def test_a_menu_that_changes_is_asked_for_again(folder):
    taught = Taught([folder])
    skills = Skills(taught=taught)
    assert heard(skills, "a mocha") is None
    sys.modules["edge_agent_own_skills.kiosk"].MENU.append("Mocha")
    skills.refresh()
    assert heard(skills, "a mocha") == ("order", {"drink": "Mocha"})
    assert "Mocha" in taught.tools[0].schema["properties"]["drink"]["enum"]


def test_a_menu_that_cannot_be_had_stays_as_it_was(folder):
    taught = Taught([folder])
    sys.modules["edge_agent_own_skills.kiosk"].MENU = None
    assert not taught.refresh()
    assert heard(Skills(taught=taught), "a latte")


@pytest.mark.parametrize("menu", [[], [""], [" ", ""]])
def test_from_an_empty_menu_nothing_can_be_ordered_by_anybody(folder, menu):
    taught = Taught([folder])
    sys.modules["edge_agent_own_skills.kiosk"].MENU = menu
    assert taught.refresh()
    assert heard(Skills(taught=taught), "a latte") is None
    box = Toolbox(ToolSettings(device=("*",)), [lambda: taught.tools])
    assert "order" in box.tools
    assert "order" not in box.listed(Asker.DEVICE)


def test_blank_lines_of_a_menu_are_no_drinks(folder):
    taught = Taught([folder])
    sys.modules["edge_agent_own_skills.kiosk"].MENU = ["Latte", "", "Mocha"]
    taught.refresh()
    assert taught.tools[0].schema["properties"]["drink"]["enum"] == ["Latte", "Mocha"]


def test_more_sentences_may_stand_beside_it(folder):
    (folder / "kiosk.yaml").write_text(
        'intents:\n  order:\n    data:\n      - sentences: ["I want <a> {drink}"]\nexpansion_rules:\n  a: "(a|an|1)"\n'
    )
    skills = Skills(taught=Taught([folder]))
    assert heard(skills, "I want an Americano.") == ("order", {"drink": "Americano"})
    assert heard(skills, "a latte") == ("order", {"drink": "Latte"})


def test_what_skills_share_stands_in_a_file_of_its_own(tmp_path):
    (tmp_path / "_shared_price.py").write_text("PRICE = 'three fifty'\n")
    code = "from _shared_price import PRICE\nfrom edge_agent.skills import skill\n"
    (tmp_path / "price.py").write_text(f"{code}@skill('how much is it')\ndef price() -> str:\n    return PRICE\n")
    assert called(Taught([tmp_path]).tools[0]) == Outcome("three fifty")


def test_a_name_that_is_taken(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text("from edge_agent.skills import skill\n@skill()\ndef go() -> None: ...\n")
    with pytest.raises(InputError, match=r"two\.py, line 2: go is the name of a skill in one\.py, too"):
        Taught([tmp_path])
    (tmp_path / "two.py").write_text("from edge_agent.skills import skill\n@skill()\ndef Time() -> None: ...\n")
    with pytest.raises(InputError, match="Time is the name of a skill that ships, too"):
        Taught([tmp_path])


def test_a_skill_without_sentences_is_for_models(tmp_path):
    (tmp_path / "one.py").write_text("from edge_agent.skills import skill\n@skill()\ndef go() -> None:\n    pass\n")
    taught = Taught([tmp_path])
    assert [tool.name for tool in taught.tools] == ["go"]
    assert heard(Skills(taught=taught), "go") is None


WRONG = {
    "x = (": ("line 1", "SyntaxError"),
    "\nimport nowhere_to_be_found\n": ("line 2", "ModuleNotFoundError"),
    "from edge_agent.skills import skill\n\n@skill()\ndef go(speed):\n    pass\n": ("line 3", "speed needs a type"),
    "from edge_agent.skills import skill\n@skill('go')\ndef go(speed: int):\n    pass\n": ("line 2", "lacks {speed}"),
    "from edge_agent.skills import skill\n@skill('go [')\ndef go():\n    pass\n": ("line 2", "'go [' can't be read"),
    "a = 1\nexit(3)\n": ("line 2", "SystemExit: 3"),
    "from edge_agent.skills import skill\n@skill('go {far}')\ndef go():\n    pass\n": ("line 2", "{far}, which is no"),
    "from edge_agent.skills import skill\n@skill('go {a}')\ndef go(a: float):\n    pass\n": ("line 2", "of its type"),
    "from edge_agent.skills import skill\n@skill('go', risk='small')\ndef go():\n    pass\n": ("line 2", "small"),
    "from edge_agent.skills import skill\n@skill()\ndef go(a: object.__class__('T', (), {})):\n    pass\n": (
        "line 2",
        "",
    ),
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path, code):
    (tmp_path / "bad.py").write_text(code)
    with pytest.raises(InputError) as told:
        Taught([tmp_path])
    line, what = WRONG[code]
    assert f"bad.py, {line}: " in str(told.value)
    assert what in str(told.value)
    assert "bad.py" in told.value.hint


def test_sentences_beside_it_for_a_skill_that_is_not_there(folder):
    (folder / "kiosk.yaml").write_text("intents:\n  oder:\n    data: []\n")
    with pytest.raises(InputError, match="no skill oder") as told:
        Taught([folder])
    assert "order" in told.value.hint


def test_a_folder_without_skills(tmp_path):
    with pytest.raises(InputError, match="no skills in"):
        Taught([tmp_path])


def test_a_list_that_cannot_be_had_at_the_start(tmp_path):
    code = KIOSK.replace("lambda: MENU", "lambda: 1 / 0")
    (tmp_path / "kiosk.py").write_text(code)
    with pytest.raises(InputError, match="a list of order can't be had: division by zero"):
        Taught([tmp_path])


def test_slots_of_every_kind():
    @skill()
    def every(
        a: Literal["x", "y"],
        b: Annotated[str, one_of(["v", "w"])],
        c: Annotated[int, Field(gt=0, lt=9)],
        d: str | None = None,
    ) -> None: ...

    assert every.words() == {"b": ("v", "w")}
    assert [slot.name for slot in every.slots] == ["a", "b", "c", "d"]
    assert every.tool(every.words()).schema["properties"]["b"] == {"type": "string", "enum": ["v", "w"]}
