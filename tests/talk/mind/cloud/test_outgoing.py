"""What leaves the device, and what comes back."""

import pytest

from edge_agent.talk.mind.cloud.outgoing import Cleared, Wanted, following, nothing_hidden, outgoing, restored
from edge_agent.talk.mind.llm import Message

TALK = (Message("system", "Be short."), Message("user", "My number is 555."), Message("assistant", "Noted: 555."))


def hidden(texts):
    """A redactor that hides one number."""
    shown = tuple(text.replace("555", "[PHONE_1]") for text in texts)
    return Cleared(shown, lambda text: text.replace("[PHONE_1]", "555"))


def test_nothing_is_changed_where_nothing_is_hidden():
    sent = outgoing(TALK, nothing_hidden)
    assert sent.messages == TALK
    assert sent.restore("Call [PHONE_1].") == "Call [PHONE_1]."


def test_what_is_taken_out_of_every_message_is_put_back_into_the_reply():
    sent = outgoing(TALK, hidden)
    assert [message.role for message in sent.messages] == [message.role for message in TALK]
    texts = [message.content for message in sent.messages]
    assert texts == ["Be short.", "My number is [PHONE_1].", "Noted: [PHONE_1]."]
    assert sent.restore("Call [PHONE_1].") == "Call 555."


def test_a_redactor_that_loses_a_message_lets_nothing_out():
    with pytest.raises(ValueError, match="zip"):
        outgoing(TALK, lambda texts: Cleared(tuple(texts[:-1])))


def test_p14_what_a_tool_answers_passes_the_same_redactor():
    sent = following(outgoing(TALK, hidden), [Wanted("1", "book", '{"of": "[PHONE_1]"}')], ["Call 555."], hidden)
    assert sent.made[0][0].result == "Call [PHONE_1]."
    assert "555" not in " ".join(sent.texts)


def test_what_is_held_back_is_counted_through_all_rounds():
    def counting(texts):
        return Cleared(tuple(texts), held={"phone": sum(text.count("555") for text in texts)})

    sent = following(outgoing(TALK, counting), [Wanted("1", "book", "{}")], ["Call 555."], counting)
    assert sent.held == {"phone": 3}


def test_a_call_is_made_with_what_was_kept_back():
    given = {"who": "[PHONE_1]", "all": ["[PHONE_1]", 3], "in": {"x": "[PHONE_1]"}}
    assert restored(given, hidden(()).restore) == {"who": "555", "all": ["555", 3], "in": {"x": "555"}}
