"""Drafts as a conversation would begin them, for tests that have none."""

from edge_agent.app.draft import Draft
from edge_agent.base.settings import Settings
from edge_agent.talk.mind.context import Memory
from edge_agent.workers.bill import Bill


def unheard(_):
    """Nobody wants to know it."""


def first_draft(rooms, settings=None, *, memory=Memory, position=0, on_words=unheard, on_phrase=unheard):
    """Draft 1, made at `position` of the stream. It can be made on a running loop only."""
    return Draft(
        1,
        rooms,
        settings or Settings(),
        memory,
        Bill(),
        position=lambda: position,
        on_words=on_words,
        on_phrase=on_phrase,
    )
