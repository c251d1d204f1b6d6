from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.context import Memory
from edge_agent.talk.mind.llm import Message


def test_the_model_is_told_the_persona_the_past_and_the_new_turn_in_this_order():
    memory = Memory().remember("hi", "Hello!").remember("how are you", "Fine.")
    assert memory.messages("Be kind.", "good") == [
        Message("system", "Be kind."),
        Message("user", "hi"),
        Message("assistant", "Hello!"),
        Message("user", "how are you"),
        Message("assistant", "Fine."),
        Message("user", "good"),
    ]


def test_an_interrupted_answer_is_what_was_heard_and_a_dash():
    memory = Memory().remember("tell me a story", "Once upon", interrupted=True)
    assert memory.messages("", "stop")[2] == Message("assistant", "Once upon—")


def test_an_answer_that_was_cut_off_before_its_first_word_is_only_a_dash():
    assert Memory().remember("tell me", "", interrupted=True).messages("", "no")[2].content == "—"


def test_an_exchange_without_an_answer_leaves_no_trace():
    assert Memory().remember("stop", " ") == Memory()


def test_the_last_reply_is_the_last_that_was_heard():
    memory = Memory()
    assert memory.last_reply == ""
    memory = (
        memory.remember("one", "First.")
        .remember("two", "Second", interrupted=True)
        .remember("three", "", interrupted=True)
    )
    assert memory.last_reply == "Second"


def test_remembering_changes_no_earlier_memory():
    before = Memory().remember("one", "First.")
    before.remember("two", "Second.")
    assert len(before.exchanges) == 1


@given(st.lists(st.tuples(st.text(), st.text(), st.booleans()), max_size=40), st.integers(1, 5))
def test_memory_is_bounded_and_roles_alternate(turns, most):
    memory = Memory(exchanges_max=most)
    for user, heard, interrupted in turns:
        memory = memory.remember(user, heard, interrupted=interrupted)
    assert len(memory.exchanges) <= most
    roles = [message.role for message in memory.messages("s", "u")]
    assert roles == ["system", *["user", "assistant"] * len(memory.exchanges), "user"]
