"""What `ask --explain` prints: who would answer, and what spoke for it."""

from edge_agent.app.asking import Explained, explain
from edge_agent.base.settings import Settings
from edge_agent.cli import output
from edge_agent.talk.mind.router import Plan
from edge_agent.talk.mind.skills import Doubt, Understood


def show(settings: Settings, text: str, *, json: bool) -> None:
    """Print what the skills make of it, the odds of each kind of turn, and the plan with its reason."""
    told = explain(settings, text, output.note)
    output.emit("ask-explain", _data(told), json=json, human=lambda: _print(told))


def _data(told: Explained) -> dict[str, object]:
    return {
        "odds": {kind.value: round(share, 4) for kind, share in told.plan.odds.items()},
        "features": [{"name": reason.feature, "towards": round(reason.towards, 3)} for reason in told.reasons],
        "plan": _planned(told.plan),
        "with_cloud": _planned(told.with_cloud),
        "tools": list(told.tools),
        "understood": None if told.understood is None else _understood(told.understood),
        "by_sound": None if told.by_sound is None else _by_sound(told.by_sound),
    }


def _understood(understood: Understood) -> dict[str, object]:
    return {"name": understood.name, "slots": dict(understood.slots), "score": round(understood.score, 3)}


def _by_sound(found: Understood | Doubt) -> dict[str, object]:
    """What the nearest sentence asks for, if it would be taken at once."""
    if isinstance(found, Doubt):
        return {"sentence": found.near.sentence, "doubt": round(found.near.doubt, 3), "understood": None}
    return {"sentence": found.words, "doubt": round(1 - found.score, 3), "understood": _understood(found)}


def _planned(plan: Plan) -> dict[str, object]:
    return {
        "route": plan.route.value,
        "reason": plan.reason,
        "need": round(plan.need, 3),
        "deadline_s": plan.deadline_s,
        "hold": plan.hold,
        "unable": plan.unable,
        "unknown": plan.unknown,
    }


def _print(told: Explained) -> None:
    rows = [("plan", _sentence(told.plan))]
    if told.understood:
        rows.append(("understood", _in_words(told.understood)))
    if isinstance(told.by_sound, Understood):
        rows.append(("if spoken", f'by its sound "{told.by_sound.words}": {_in_words(told.by_sound)}'))
    elif told.by_sound:
        rows.append(("if spoken", f'perhaps "{told.by_sound.near.sentence}": would be listened to once more'))
    if told.tools:
        rows.append(("tools offered", ", ".join(told.tools)))
    if told.plan.odds:
        ranked = sorted(told.plan.odds.items(), key=lambda pair: -pair[1])
        rows.append(("with a cloud", _sentence(told.with_cloud)))
        rows += [("odds", ", ".join(f"{kind.value} {100 * share:.1f} %" for kind, share in ranked))]
        rows += [(f"{reason.towards:+.2f}", reason.feature) for reason in told.reasons]
    output.columns(rows)


def _in_words(understood: Understood) -> str:
    slots = "".join(f", {name} {value}" for name, value in understood.slots.items())
    return f"{understood.name}{slots}; {100 * understood.score:.0f} % sure"


def _sentence(plan: Plan) -> str:
    wait = "" if plan.deadline_s is None else f"; waits {plan.deadline_s:.1f} s for its first word"
    said = "; says that it can't" if plan.unable else "; says that it doesn't know" if plan.unknown else ""
    return f"{plan.route.value}: {plan.reason}{wait}{said}"
