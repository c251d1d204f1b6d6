"""Which engine is replaced for its size, and when none is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.workers.worn import EVERY_S, Seen, worn

STT = Seen("stt", fresh_mb=200, now_mb=230, idle=True)
LLM = Seen("llm", fresh_mb=150, now_mb=460, idle=True)
TTS = Seen("tts", fresh_mb=200, now_mb=500, idle=True)
NOW = 10_000.0


@pytest.mark.parametrize(
    ("engines", "limit_mb", "replaced"),
    [
        ([STT, LLM, TTS], 256, "llm"),
        ([STT, TTS], 256, "tts"),
        ([STT], 256, None),
        ([STT, LLM, TTS], 0, None),
        ([replace(STT, idle=False), LLM], 256, None),
        ([replace(LLM, renewed_at=NOW - EVERY_S / 2), TTS], 256, "tts"),
        ([replace(LLM, renewed_at=NOW - EVERY_S)], 256, "llm"),
        ([], 256, None),
    ],
)
def test_the_one_that_grew_most_is_replaced_when_all_are_idle(engines, limit_mb, replaced):
    assert worn(engines, limit_mb, NOW) == replaced


@given(st.lists(st.builds(Seen, st.sampled_from("abc"), *(st.floats(0, 1e4),) * 2, st.booleans())), st.floats(1, 1e4))
def test_none_within_the_limit_is_ever_replaced(engines, limit_mb):
    name = worn(engines, limit_mb, NOW)
    assert name is None or any(engine.name == name and engine.grown_mb > limit_mb for engine in engines)
