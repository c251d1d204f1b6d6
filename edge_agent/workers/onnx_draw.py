"""Writes an ONNX model, without the `onnx` package (which weighs 60 MB and is wanted once).

A graph is drawn in the order in which it is computed: each operation takes names and gives names. Operators that
onnxruntime adds to the standard are found by their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.workers.onnx_graph import field, varint

_OPSET = 18
_IR = 9

# Field numbers of onnx.proto.
_MODEL_IR, _MODEL_GRAPH, _MODEL_OPSET = 1, 7, 8
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_GRAPH_NODE, _GRAPH_NAME, _GRAPH_WEIGHT, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 2, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 2, 4, 5, 7
_ATTRIBUTE_NAME, _ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS, _ATTRIBUTE_KIND = 1, 2, 3, 8, 20
_KIND_FLOAT, _KIND_INT, _KIND_INTS = 1, 2, 7
_WEIGHT_SHAPE, _WEIGHT_TYPE, _WEIGHT_NAME, _WEIGHT_BYTES = 1, 2, 8, 9
_VALUE_NAME, _VALUE_TYPE = 1, 2

_FLOATS = b"\x0a\x02\x08\x01"
"""A TypeProto: a tensor of float32, of any shape."""

_TYPES = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int8): 3, np.dtype(np.int64): 7}

_MICROSOFT = "com.microsoft"
_ADDED = {"DynamicQuantizeMatMul", "Gelu", "MultiHeadAttention"}


class Drawing:
    """A graph that grows. Its inputs and outputs are tensors of float32."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._named = 0

    def weight(self, values: NDArray[Any]) -> str:
        """Add an array and return its name."""
        name = self.name()
        shape = b"".join(_number(_WEIGHT_SHAPE, size) for size in values.shape)
        kind = _number(_WEIGHT_TYPE, _TYPES[values.dtype])
        content = shape + kind + _text(_WEIGHT_NAME, name) + field(_WEIGHT_BYTES, values.tobytes())
        self._parts.append(field(_GRAPH_WEIGHT, content))
        return name

    def numbers(self, *values: int) -> str:
        """Add a list of whole numbers, as shapes and axes are given, and return its name."""
        return self.weight(np.array(values, np.int64))

    def add(self, operator: str, *inputs: str, **attributes: float | Sequence[int]) -> str:
        """Add an operation and return the name of what it gives. An input that is left out is ""."""
        name = self.name()
        self.add_named(operator, inputs, (name,), **attributes)
        return name

    def add_named(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: float | Sequence[int]
    ) -> None:
        """Add an operation that gives these `outputs`."""
        content = b"".join(
            [
                *(_text(_NODE_INPUT, name) for name in inputs),
                *(_text(_NODE_OUTPUT, name) for name in outputs),
                _text(_NODE_OPERATOR, operator),
                *(field(_NODE_ATTRIBUTE, _attribute(name, value)) for name, value in attributes.items()),
                _text(_NODE_DOMAIN, _MICROSOFT if operator in _ADDED else ""),
            ]
        )
        self._parts.append(field(_GRAPH_NODE, content))

    def split(self, whole: str, into: int) -> list[str]:
        """Cut a tensor into equal parts along its last axis."""
        names = [self.name() for _ in range(into)]
        self.add_named("Split", (whole,), names, axis=-1, num_outputs=into)
        return names

    def model(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        """Return the whole as an ONNX file."""
        values = [(_GRAPH_INPUT, name) for name in inputs] + [(_GRAPH_OUTPUT, name) for name in outputs]
        ends = [field(number, _text(_VALUE_NAME, name) + field(_VALUE_TYPE, _FLOATS)) for number, name in values]
        graph = b"".join([*self._parts, _text(_GRAPH_NAME, "drawn"), *ends])
        sets: Mapping[str, int] = {"": _OPSET, _MICROSOFT: 1}
        head = [_text(_OPSET_DOMAIN, name) + _number(_OPSET_VERSION, version) for name, version in sets.items()]
        opsets = b"".join(field(_MODEL_OPSET, content) for content in head)
        return _number(_MODEL_IR, _IR) + opsets + field(_MODEL_GRAPH, graph)

    def name(self) -> str:
        """Return a name that nothing has yet."""
        self._named += 1
        return f"n{self._named}"


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    head = _text(_ATTRIBUTE_NAME, name)
    match value:
        case int():
            return head + _number(_ATTRIBUTE_INT, value) + _number(_ATTRIBUTE_KIND, _KIND_INT)
        case float():
            number = varint(_ATTRIBUTE_FLOAT << 3 | 5) + np.float32(value).tobytes()
            return head + number + _number(_ATTRIBUTE_KIND, _KIND_FLOAT)
    listed = b"".join(_number(_ATTRIBUTE_INTS, item) for item in value)
    return head + listed + _number(_ATTRIBUTE_KIND, _KIND_INTS)


def _text(number: int, content: str) -> bytes:
    return field(number, content.encode())


def _number(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value % (1 << 64))
