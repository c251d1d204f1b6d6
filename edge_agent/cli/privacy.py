"""`edge-agent privacy`: what left the device, and what would leave it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import given, output

if TYPE_CHECKING:
    from edge_agent.base.settings_cloud import CloudSettings
    from edge_agent.talk.mind.cloud.budget import Spent
    from edge_agent.talk.mind.privacy import Sent

commands = typer.Typer(help="What leaves this device: what was sent last, and what would be.")


@commands.command()
def last(json: output.Json = False) -> None:
    """Show what was sent last, as it was sent: to whom, when, and what was held back."""
    from datetime import date

    from edge_agent.base.paths import paths
    from edge_agent.talk.mind.cloud import budget
    from edge_agent.talk.mind.privacy.record import KINDS, last_kept

    settings, sent = given.settings(), last_kept(paths().state)
    spent = budget.read(paths().state / budget.FILE).on(date.today())
    records = {"sent" if kind == "question" else kind: asdict(sent[kind]) if kind in sent else None for kind in KINDS}
    data = {"keep_last": settings.privacy.keep_last, **records, "spent": asdict(spent)}

    def human() -> None:
        _show([sent[kind] for kind in KINDS if kind in sent], settings.privacy.keep_last)
        _show_spent(spent, settings.cloud)

    output.emit("privacy-last", data, json=json, human=human)


@commands.command()
def check(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What might be said.")],
    json: output.Json = False,
) -> None:
    """Show what would leave of a text, with your settings; nothing is sent."""
    from edge_agent.base.errors import InputError
    from edge_agent.talk.mind.privacy import PrivacyClass, class_of, redact

    if not text.strip():
        raise InputError("there is nothing to check", hint='Give it a text: edge-agent privacy check "Call me."')
    privacy = given.settings().privacy
    kind, redacted = class_of(text, privacy), redact(text, privacy)
    leaves = None if kind is PrivacyClass.LOCAL_ONLY else redacted.text
    held = {category.value: count for category, count in redacted.held.items()}
    data = {"class": kind.value, "leaves": leaves, "held": held}
    output.emit(
        "privacy-check", data, json=json, human=lambda: output.line(leaves or "(nothing: it would be answered here)")
    )


@commands.command()
def forget(json: output.Json = False) -> None:
    """Forget what was said: delete what is on the disk of it, and tell the running agent to forget, too."""
    from edge_agent.base.errors import NetworkError
    from edge_agent.base.paths import paths
    from edge_agent.host.asking import ask
    from edge_agent.host.forgetting import forget as delete

    deleted = delete(paths().state)
    try:
        ask("POST", "/v1/forget")
        told = True
    except NetworkError:
        told = False

    def human() -> None:
        for path in deleted:
            output.line(f"deleted {path}")
        output.line("the running agent has forgotten" if told else "no agent is running")

    output.emit("privacy-forget", {"deleted": deleted, "agent": told}, json=json, human=human)


def _show(records: "list[Sent]", keeps: bool) -> None:
    if not records:
        output.line("Nothing that was sent is on record.")
        if not keeps:
            output.note("privacy.keep_last is false: what is sent is not written down.")
    for sent in records:
        output.line(f"to {sent.provider}, {sent.at}")
        output.columns([(role, " ".join(text.split())) for role, text in sent.messages], indent="  ")
        if sent.kind == "question":
            kept = ", ".join(f"{count} {category}" for category, count in sorted(sent.held.items()))
            output.line(f"held back: {kept or 'nothing'}")


def _show_spent(spent: "Spent", limits: "CloudSettings") -> None:
    if not (spent.micros or spent.questions or spent.heard_ms or spent.spoken_chars):
        return
    output.line(
        f"spent today: {spent.micros / 1_000_000:.4f} of {limits.money_per_day:g}; {spent.questions} questions, "
        f"{spent.tokens} of {limits.tokens_per_day} tokens; {spent.heard_ms / 60_000:.1f} min heard and "
        f"{spent.spoken_chars} characters spoken elsewhere"
    )
