"""Draw the turn machine from its table: `docs/turn.svg`, and `docs/turn.md` with every rule in words.

    python tools/draw_turn.py            # writes both
    python tools/draw_turn.py --check    # leaves with 1 when they are stale

The eight states stand where a hand put them; everything else comes from `TABLE`. To stay legible the picture leaves out
what happens alike in every state (that is written below it) and an event that leaves the state as it is.
"""

import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from edge_agent.base.events import Event  # noqa: E402
from edge_agent.talk.floor.rules import EARLY_MS, RULES  # noqa: E402
from edge_agent.talk.floor.state import ALL, State  # noqa: E402
from edge_agent.talk.floor.turn import TABLE  # noqa: E402

SVG: Final = ROOT / "docs" / "turn.svg"
PAGE: Final = ROOT / "docs" / "turn.md"

EVENTS: Final[tuple[type[Event], ...]] = Event.__args__
WHO: Final = {
    State.LISTENING: "nobody speaks",
    State.HEARING: "the user speaks",
    State.PAUSED: "a draft is under way",
    State.THINKING: "it is committed, still silent",
    State.SPEAKING: "the agent speaks",
    State.DUCKED: "both; the agent softly",
    State.HELD: "the user, the answer is held",
    State.WEIGHED: "a draft, the answer is held",
}


class Point(NamedTuple):
    """On the picture, in its units."""

    x: float
    y: float


WIDTH: Final = 1240
HEIGHT: Final = 1120
AT: Final = {
    State.PAUSED: Point(700, 70),
    State.HEARING: Point(160, 290),
    State.THINKING: Point(1020, 270),
    State.LISTENING: Point(460, 400),
    State.WEIGHED: Point(860, 680),
    State.HELD: Point(380, 870),
    State.DUCKED: Point(140, 1010),
    State.SPEAKING: Point(1110, 1020),
}
BOX: Final = Point(220, 60)
"""Width and height of a state."""
BEND: Final = 34
"""How far an arrow bows to its left, so that an arrow and its return lie apart."""
TEXT_AT: Final = 0.38
"""How far along an arrow its text stands: before the middle, where arrows cross."""
LINE: Final = 16
"""Height of a line of text."""

STYLE: Final = """
  text { font: 13px "DejaVu Sans", Verdana, sans-serif; fill: #1f2933; text-anchor: middle }
  .state { fill: #eef4fb; stroke: #33618f; stroke-width: 1.6 }
  .name { font-weight: bold; font-size: 16px }
  .who, .note { fill: #52606d; font-size: 12px }
  .note { text-anchor: start }
  .arrow { fill: none; stroke: #7b8794; stroke-width: 1.4; marker-end: url(#head) }
  .label { paint-order: stroke; stroke: #fff; stroke-width: 5px; stroke-linejoin: round }
"""


def main(arguments: list[str]) -> int:
    """Write both files, or compare them with what would be written."""
    drawn = {SVG: svg(), PAGE: page()}
    if "--check" in arguments:
        stale = [path for path, text in drawn.items() if not path.exists() or path.read_text() != text]
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run python tools/draw_turn.py\n")
        return 1 if stale else 0
    for path, text in drawn.items():
        path.write_text(text)
    return 0


def alike_everywhere() -> dict[type[Event], State | None]:
    """Events that lead every state to one and the same, or (None) leave every state as it is."""
    alike: dict[type[Event], State | None] = {}
    for event in EVENTS:
        leads = {state: TABLE[state, event].to for state in ALL if (state, event) in TABLE}
        if len(leads) == len(ALL) and all(to == (state,) for state, to in leads.items()):
            alike[event] = None
        elif len(leads) == len(ALL) and len(set(leads.values())) == 1:
            (alike[event],) = leads[ALL[0]]
    return alike


def arrows() -> dict[tuple[State, State], list[str]]:
    """The events that lead from one state to another, in the order in which they are declared."""
    drawn: dict[tuple[State, State], list[str]] = {}
    for event in EVENTS:
        for state in ALL:
            if event in alike_everywhere() or (state, event) not in TABLE:
                continue
            for to in TABLE[state, event].to:
                if to is not state:
                    drawn.setdefault((state, to), []).append(event.__name__)
    return drawn


# The picture.


def svg() -> str:
    """The whole picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        "<title>The turn machine</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L10 5 L0 10 z" fill="#7b8794"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    labels = []
    for (state, to), events in arrows().items():
        start, middle, end, text_at = _bow(AT[state], AT[to])
        parts.append(f'<path class="arrow" d="M{_xy(start)} Q{_xy(middle)} {_xy(end)}"/>')
        labels.append(_text(text_at, events, "label"))
    for state in ALL:
        x, y = AT[state].x - BOX.x / 2, AT[state].y - BOX.y / 2
        parts.append(f'<rect class="state" x="{x:.0f}" y="{y:.0f}" width="{BOX.x:.0f}" height="{BOX.y:.0f}" rx="12"/>')
        parts.append(_text(Point(AT[state].x, AT[state].y - LINE / 2), [state.name], "name"))
        parts.append(_text(Point(AT[state].x, AT[state].y + LINE * 0.8), [WHO[state]], "who"))
    for number, note in enumerate(_notes()):
        parts.append(_text(Point(24, HEIGHT - 54 + LINE * 1.2 * number), [note], "note"))
    return "\n".join([*parts, *labels, "</svg>", ""])


def _notes() -> list[str]:
    alike = alike_everywhere()
    return [
        f"From every state: {', '.join(f'{event.__name__} → {to.name}' for event, to in alike.items() if to)}.",
        f"In every state: {', '.join(event.__name__ for event, to in alike.items() if not to)} leave it as it is.",
        "Where LISTENING is reached while something waits to be said, THINKING follows at once.",
    ]


def _bow(start: Point, end: Point) -> tuple[Point, Point, Point, Point]:
    """An arrow between two boxes: where it leaves, what bows it, where it arrives, and where its text stands."""
    length = math.dist(start, end)
    aside = Point((end.y - start.y) / length, (start.x - end.x) / length)
    centre = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
    pull = Point(centre.x + 2 * BEND * aside.x, centre.y + 2 * BEND * aside.y)
    leaves, arrives = _rim(start, pull), _rim(end, pull)
    text_at = _lerp(_lerp(leaves, pull, TEXT_AT), _lerp(pull, arrives, TEXT_AT), TEXT_AT)
    return leaves, pull, arrives, text_at


def _lerp(one: Point, other: Point, share: float) -> Point:
    return Point(one.x + (other.x - one.x) * share, one.y + (other.y - one.y) * share)


def _rim(centre: Point, towards: Point) -> Point:
    """Where a line from the centre of a box leaves it."""
    dx, dy = towards.x - centre.x, towards.y - centre.y
    scale = min((BOX.x / 2 + 3) / max(abs(dx), 1e-9), (BOX.y / 2 + 3) / max(abs(dy), 1e-9))
    return Point(centre.x + dx * scale, centre.y + dy * scale)


def _text(at: Point, lines: Iterable[str], kind: str) -> str:
    lines = list(lines)
    top = at.y - (len(lines) - 1) * LINE / 2 + LINE * 0.3
    spans = "".join(f'<tspan x="{at.x:.1f}" y="{top + n * LINE:.1f}">{line}</tspan>' for n, line in enumerate(lines))
    return f'<text class="{kind}">{spans}</text>'


def _xy(point: Point) -> str:
    return f"{point.x:.1f} {point.y:.1f}"


# The page.


def page() -> str:
    """The table as a map of states and events, and rule by rule."""
    lines = [
        "# The turn machine",
        "",
        "Drawn by `tools/draw_turn.py` from the table in `edge_agent/talk/floor/turn.py`, whose docstring is",
        "the policy in words and says where which rule is. A test fails when this page is older than the table.",
        "",
        "![The eight states and what leads from one to another](turn.svg)",
        "",
        "## Where an event leads",
        "",
        "`·` stays where it is; an empty cell changes nothing. Where LISTENING is reached while something waits to be",
        "said, THINKING follows at once.",
        "",
        f"| | {' | '.join(state.name for state in ALL)} |",
        f"|---|{'---|' * len(ALL)}",
    ]
    for event in EVENTS:
        cells = [_cell(state, event) for state in ALL]
        lines.append(f"| **{event.__name__}** | {' | '.join(cells)} |")
    lines += ["", "## What a voice does to it", ""]
    lines += [
        f"It takes back what may be taken back after {EARLY_MS} ms, and anything else after `floor.confirm_ms`, if"
    ]
    lines += ["its words have not decided before. Why, by what the agent says: `edge_agent/talk/floor/rules.py`.", ""]
    lines += ['| | "okay" ends it | said later where it is taken back |', "|---|---|---|"]
    lines += [f"| **{what}** | {_yes(its.acknowledged)} | {_yes(its.later)} |" for what, its in RULES.items()]
    lines += ["", "## Rule by rule", "", "| rule | on | in | leads to |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _rules()]
    return "\n".join([*lines, ""])


def _cell(state: State, event: type[Event]) -> str:
    if (state, event) not in TABLE:
        return ""
    return " or ".join("·" if to is state else to.name for to in TABLE[state, event].to)


def _yes(so: bool) -> str:
    return "yes" if so else "no"


def _rules() -> list[tuple[str, str, str, str]]:
    """What each rule is called, on which events and in which states it holds, and where it leads."""
    states: dict[tuple[str, str, str], list[str]] = {}
    for state, event in TABLE:
        entry = TABLE[state, event]
        rule = entry.rule.__name__.strip("_").replace("_", " ")
        to = "stays" if entry.to == (state,) else " or ".join(other.name for other in entry.to)
        states.setdefault((rule, event.__name__, to), []).append(state.name)
    events: dict[tuple[str, str, str], list[str]] = {}
    for (rule, event_name, to), where in states.items():
        events.setdefault((rule, ", ".join(where), to), []).append(event_name)
    return [(rule, ", ".join(names), where, to) for (rule, where, to), names in events.items()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
