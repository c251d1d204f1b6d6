from hypothesis import given
from hypothesis import strategies as st

from edge_agent.talk.mind.context import UNSAID_MAX, Memory
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
    memory = Memory().remember("tell me a story", "Once upon", "a time.")
    assert memory.messages("", "stop")[2] == Message("assistant", "Once upon—")


def test_an_answer_that_was_cut_off_before_the_rest_of_it_was_made_ends_in_a_dash_too():
    memory = Memory().remember("tell me a story", "Once upon", cut_off=True)
    assert (memory.messages("", "stop")[2].content, memory.unheard) == ("Once upon—", "")


def test_an_answer_that_was_cut_off_before_its_first_word_is_only_a_dash():
    assert Memory().remember("tell me", "", "Once.").messages("", "no")[2].content == "—"


def test_an_exchange_without_an_answer_leaves_no_trace():
    assert Memory().remember("stop", " ") == Memory()


def test_what_was_cut_off_last_is_kept_until_it_has_been_said():
    cut = Memory().remember("tell me a story", "Once upon", "a time, at sea.")
    assert cut.unheard == "a time, at sea."
    asked = cut.remember("what time is it", "It's ten.")
    assert asked.unheard == "a time, at sea."
    assert asked.remember("go on", "a time, at sea.").unheard == ""
    again = asked.remember("go on", "a time,", "at sea.")
    assert again.unheard == "at sea."
    assert again.remember("go on", "at sea.").unheard == ""


def test_what_was_cut_off_long_ago_is_not_kept():
    memory = Memory().remember("tell me a story", "Once upon", "a time, at sea.")
    for _ in range(UNSAID_MAX - 1):
        memory = memory.remember("what time is it", "It's ten.")
    assert memory.unheard == "a time, at sea."
    assert memory.remember("what time is it", "It's ten.").unheard == ""


def test_where_nothing_was_cut_off_nothing_is_left():
    assert Memory().unheard == Memory().remember("hi", "Hello.").unheard == ""


def test_the_last_reply_is_the_last_that_was_heard():
    memory = Memory()
    assert memory.last_reply == ""
    memory = memory.remember("one", "First.").remember("two", "Second", "one.").remember("three", "", "Third.")
    assert memory.last_reply == "Second"


def test_what_the_agent_said_of_its_own_accord_may_be_repeated_and_gone_on_with_but_the_model_is_not_told():
    memory = Memory().remember("hi", "Hello!").remember("", "Your tea timer", "is done.")
    assert (memory.last_reply, memory.unheard) == ("Your tea timer", "is done.")
    assert [message.content for message in memory.messages("", "go on")] == ["", "hi", "Hello!", "go on"]


def test_remembering_changes_no_earlier_memory():
    before = Memory().remember("one", "First.")
    before.remember("two", "Second.")
    assert len(before.exchanges) == 1


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=40), st.integers(1, 5))
def test_memory_is_bounded_and_roles_alternate(turns, most):
    memory = Memory(exchanges_max=most)
    for user, heard, unheard in turns:
        memory = memory.remember(user, heard, unheard)
    assert len(memory.exchanges) <= most
    roles = [message.role for message in memory.messages("s", "u")]
    asked = sum(exchange.user != "" for exchange in memory.exchanges)
    assert roles == ["system", *["user", "assistant"] * asked, "user"]


def test_an_answer_that_broke_off_ends_in_a_dash_and_nothing_of_it_is_left_to_say():
    memory = Memory().remember("tell me about the moon", "It is far away.", cut_off=True)
    assert memory.messages("", "go on")[2] == Message("assistant", "It is far away.—")
    assert memory.unheard == ""
