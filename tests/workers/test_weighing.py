"""What was nearly written, of numbers made up."""

import numpy as np

from edge_agent.workers.weighing import forms, weighed, without_loop


def test_a_word_is_as_likely_as_its_likeliest_form_and_the_likeliest_word_is_none_less():
    logits = [np.array([0.0, 5, 3, -1], np.float32), np.array([1.0, -3e38, 2, 2], np.float32)]
    nats = weighed(logits, 3, [[0, 1], [2], [3]])
    assert nats[0].tolist() == [0, 2, 6]
    assert nats[1].tolist() == [1, 0, 0]
    assert nats[2].tolist() == [0, 0, 0]  # The text was cut off: nobody knows what would have come next.


def test_what_is_said_again_and_again_is_one_text():
    once = [" Make", " me", " a", " lat", "te", "."]
    assert without_loop(once) == once
    assert without_loop(once * 4) == once
    assert without_loop([]) == []


def test_a_word_is_written_in_four_ways():
    assert forms("latte") == {"latte", "Latte", " latte", " Latte"}
