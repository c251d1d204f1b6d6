"""Graphs that are drawn here and computed by onnxruntime come to what numpy makes of them."""

import numpy as np
import onnxruntime
import pytest

from edge_agent.workers.onnx_draw import Drawing
from edge_agent.workers.onnx_graph import Graph


def computed(drawing, outputs, **inputs):
    session = onnxruntime.InferenceSession(drawing.model(list(inputs), outputs), providers=["CPUExecutionProvider"])
    return session.run(outputs, inputs)


@pytest.fixture
def sound():
    return np.random.default_rng(1).normal(size=(1, 6, 8)).astype(np.float32)


def test_weights_of_every_kind_arrive(sound):
    drawing = Drawing()
    drawing.add_named("Add", ("x", drawing.weight(sound)), ("sum",))
    drawing.add_named("Reshape", ("x", drawing.numbers(-1, 4)), ("rows",))
    total, rows = computed(drawing, ["sum", "rows"], x=sound)
    assert np.array_equal(total, 2 * sound)
    assert np.array_equal(rows, sound.reshape(-1, 4))


def test_attributes_that_are_whole_numbers_lists_and_fractions_are_heeded(sound):
    drawing = Drawing()
    ones, zeros = drawing.weight(np.ones(8, np.float32)), drawing.weight(np.zeros(8, np.float32))
    drawing.add_named("LayerNormalization", ("x", ones, zeros), ("normed",), axis=-1, epsilon=0.5)
    drawing.add_named("Transpose", ("x",), ("turned",), perm=[0, 2, 1])
    normed, turned = computed(drawing, ["normed", "turned"], x=sound)
    spread = np.sqrt(sound.var(axis=-1, keepdims=True) + 0.5)
    assert np.allclose(normed, (sound - sound.mean(axis=-1, keepdims=True)) / spread, atol=1e-5)
    assert np.array_equal(turned, sound.transpose(0, 2, 1))


def test_a_tensor_is_split_along_its_last_axis(sound):
    drawing = Drawing()
    first, second = drawing.split("x", 2)
    assert np.array_equal(np.concatenate(computed(drawing, [first, second], x=sound), axis=-1), sound)


def test_operators_that_onnxruntime_adds_are_found(sound):
    drawing = Drawing()
    result = drawing.add("Gelu", "x")
    assert computed(drawing, [result], x=sound)[0].shape == sound.shape


def test_what_is_drawn_can_be_cut_like_any_model(sound):
    drawing = Drawing()
    half = drawing.add("Mul", "x", drawing.weight(np.array(2, np.float32)))
    drawing.add_named("Abs", (half,), ("whole",))
    graph = Graph(drawing.model(["x"], ["whole"]))
    session = onnxruntime.InferenceSession(graph.part((half,)), providers=["CPUExecutionProvider"])
    assert np.array_equal(session.run([half], {"x": sound})[0], 2 * sound)
