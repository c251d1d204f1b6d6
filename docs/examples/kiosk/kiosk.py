"""A coffee kiosk: what it can be asked for. Try it: edge-agent --set 'tools.folders=["docs/examples/kiosk"]' talk."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from edge_agent.skills import Outcome, Risk, one_of, skill

MENU = Path(__file__).with_name("menu.txt")
PRICES = {"small": 2.5, "large": 3.5}
ordered: list[str] = []


def menu() -> list[str]:
    """What there is today; the file may change at any time."""
    return MENU.read_text(encoding="utf-8").split("\n")[:-1]


@skill(
    "[can I (get|have)|I'd like|I'll have] [a|an] {size} {drink}",
    risk=Risk.IRREVERSIBLE,
    ask="A {size} {drink}: shall I order it?",
)
def order(size: Literal["small", "large"], drink: Annotated[str, one_of(menu)]) -> str:
    """Order a drink."""
    ordered.append(f"{size} {drink}")
    return f"One {size} {drink}, coming up."


@skill("(how much is|what costs) [a|an] {size} {drink}", risk=Risk.READ)
def price(size: Literal["small", "large"], drink: Annotated[str, one_of(menu)]) -> str:
    """Tell the price of a drink."""
    return f"A {size} {drink} is {PRICES[size]:.2f}."


@skill(risk=Risk.REVERSIBLE)
def music(loudness: Annotated[int, Field(ge=0, le=10)] = 3) -> Outcome:
    """Turn the music in the kiosk up or down."""
    return Outcome(say=f"Music at {loudness}.")
