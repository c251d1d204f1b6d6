"""Cutting a model: the parts compute what the whole does, and bytes that are no model are refused."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import ModelError
from edge_agent.workers.onnx_graph import Graph
from tests.sim.engines import model_folder

CHAIN = Path(onnxruntime.__file__).parent / "datasets/mul_1.onnx"


def voice():
    (path,) = model_folder("piper-joe").glob("*.onnx")
    return Graph(path.read_bytes())


def run(model, **given):
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, given)


def test_a_part_that_is_the_whole_computes_what_the_whole_does():
    graph = Graph(CHAIN.read_bytes())
    given = {"X": np.arange(6, dtype=np.float32).reshape(3, 2)}
    assert graph.inputs_of(graph.outputs) == {"X"}
    (of_part,), (of_whole,) = run(graph.part(graph.outputs), **given), run(CHAIN.read_bytes(), **given)
    assert (of_part == of_whole).all()


@pytest.mark.models
def test_a_part_is_only_what_its_results_need():
    graph = voice()
    durations = graph.result_of("Ceil")
    part = Graph(graph.part((durations,)))
    assert part.outputs == (durations,)
    made = {name for node in part.nodes for name in node.outputs}
    assert "dec.conv_pre.weight" in {name for node in graph.nodes for name in node.outputs} - made


@pytest.mark.models
def test_what_is_given_becomes_an_input_and_nothing_before_it_is_needed():
    graph = voice()
    (sound,) = graph.outputs
    given = [node for node in graph.nodes if node.operator == "Tanh"][-1].inputs[0]
    assert graph.inputs_of((sound,)) == {"input", "input_lengths", "scales"}
    assert graph.inputs_of((sound,), given=(given,)) == set()
    samples = np.linspace(-1, 1, 5, dtype=np.float32).reshape(1, 1, 5)
    (tanh,) = run(graph.part((sound,), given=(given,)), **{given: samples})
    assert tanh.reshape(-1) == pytest.approx(np.tanh(samples).reshape(-1))


@pytest.mark.models
def test_a_model_without_what_is_asked_for_says_so():
    with pytest.raises(ModelError, match="0 results of Nonsense"):
        voice().result_of("Nonsense")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused(data):
    with pytest.raises(ModelError):
        Graph(data).result_of("Ceil")
