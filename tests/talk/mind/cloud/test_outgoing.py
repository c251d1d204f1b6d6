"""What leaves the device, and what comes back."""

import re

import pytest

from edge_agent.talk.mind.cloud.outgoing import nothing_hidden, outgoing
from edge_agent.talk.mind.llm import Message

TALK = (
    Message("system", "Be short."),
    Message("user", "My number is 555 0101."),
    Message("assistant", "Noted: 555 0101."),
    Message("user", "And hers is 555 0202."),
)


def hidden(text):
    """A redactor that hides numbers."""
    found = {}
    for number in re.findall(r"555 \d+", text):
        found.setdefault(number, f"<PHONE_{len(found) + 1}>")
    for number, placeholder in found.items():
        text = text.replace(number, placeholder)
    return text, {placeholder: number for number, placeholder in found.items()}


def test_nothing_is_changed_where_nothing_is_hidden():
    assert outgoing(TALK, nothing_hidden).messages == TALK


def test_a_placeholder_means_the_same_in_all_messages_and_is_put_back():
    sent = outgoing(TALK, hidden)
    assert [message.role for message in sent.messages] == [message.role for message in TALK]
    assert sent.messages[1].content == "My number is <PHONE_1>."
    assert sent.messages[2].content == "Noted: <PHONE_1>."
    assert sent.messages[3].content == "And hers is <PHONE_2>."
    assert sent.restore("Call <PHONE_2> or <PHONE_1>.") == "Call 555 0202 or 555 0101."


def test_a_message_cant_be_divided_by_what_is_said():
    odd = (Message("user", "a\n\x1e\nb"), Message("user", "c"))
    assert len(outgoing(odd, nothing_hidden).messages) == 2


def test_a_redactor_that_eats_messages_is_found_out():
    with pytest.raises(AssertionError):
        outgoing(TALK, lambda text: (text.replace("\x1e", ""), {}))
