"""Cuts an ONNX model into parts, without the `onnx` package (which weighs 60 MB and is wanted once).

An ONNX file is one protobuf message, whose graph is a list of nodes and weights, each by name. A part of the graph is
the nodes and weights that some results need, copied as they are written, with these results as its outputs. Where a
result in the middle is given, nothing before it is needed: it becomes an input.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from edge_agent.base.errors import ModelError

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_WEIGHT, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE = 1, 2, 4, 5
_ATTRIBUTE_GRAPH = 6
_WEIGHT_NAME = 8
_VALUE_NAME, _VALUE_TYPE = 1, 2

_FLOATS = b"\x0a\x02\x08\x01"
"""A TypeProto: a tensor of float32, of any shape."""

# Kinds of fields, and the lengths of those that have one.
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}


@dataclass(frozen=True, slots=True)
class Node:
    """One operation, or a weight, which is made of nothing."""

    operator: str
    """Empty for a weight."""
    inputs: tuple[str, ...]
    """The names of what it is made of; those that an inner graph of its own uses are among them."""
    outputs: tuple[str, ...]
    written: memoryview
    """Its field in the file."""


class Graph:
    """The graph of a model. ModelError if the bytes are none."""

    def __init__(self, model: bytes) -> None:
        parts = list(_fields(memoryview(model)))
        graphs = [field for field in parts if field.number == _MODEL_GRAPH]
        if len(graphs) != 1:
            raise _not_onnx()
        self._head = b"".join(field.written for field in parts if field.number != _MODEL_GRAPH)
        fields = list(_fields(graphs[0].content))
        self.nodes = [_node(field) for field in fields if field.number in (_GRAPH_NODE, _GRAPH_WEIGHT)]
        """In an order in which they can be computed."""
        self._makers = {name: node for node in self.nodes for name in node.outputs}
        self._inputs = {_name(field): field.written for field in fields if field.number == _GRAPH_INPUT}
        self.outputs = tuple(_name(field) for field in fields if field.number == _GRAPH_OUTPUT)
        """Names of its results."""

    def result_of(self, operator: str) -> str:
        """Return the name of what its only node of this kind computes; ModelError if there is not one."""
        names = [name for node in self.nodes if node.operator == operator for name in node.outputs]
        if len(names) != 1:
            raise ModelError(f"the model has {len(names)} results of {operator}, not one", hint="Choose another model.")
        return names[0]

    def maker(self, name: str) -> Node | None:
        """Return what makes the result of this name; None for an input."""
        return self._makers.get(name)

    def inputs_of(self, outputs: Collection[str], given: Collection[str] = ()) -> set[str]:
        """Return which of its inputs these results need, where what is `given` is known already."""
        return self._needed(outputs, given) & self._inputs.keys()

    def part(self, outputs: Collection[str], given: Collection[str] = ()) -> bytes:
        """Return the model that computes these results, out of what is `given`, float32 tensors, and of its inputs."""
        needed = self._needed(outputs, given)
        fields: list[bytes | memoryview] = [node.written for node in self.nodes if not needed.isdisjoint(node.outputs)]
        fields += [written for name, written in self._inputs.items() if name in needed]
        fields += [field(_GRAPH_INPUT, _named(name) + field(_VALUE_TYPE, _FLOATS)) for name in given]
        fields += [field(_GRAPH_OUTPUT, _named(name)) for name in outputs]
        return self._head + field(_MODEL_GRAPH, b"".join(fields))

    def _needed(self, outputs: Collection[str], given: Collection[str]) -> set[str]:
        needed: set[str] = set()
        asked = list(outputs)
        while asked:
            name = asked.pop()
            if name not in needed and name not in given:
                needed.add(name)
                asked += self._makers[name].inputs if name in self._makers else ()
        return needed


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    """0 where it holds a number: none of these is wanted."""
    content: memoryview
    """Without key and length."""
    written: memoryview


def _node(field: _Field) -> Node:
    if field.number == _GRAPH_WEIGHT:
        return Node("", (), tuple(_texts(field.content, _WEIGHT_NAME)), field.written)
    operator = "".join(_texts(field.content, _NODE_OPERATOR))
    return Node(operator, tuple(_used(field.content)), tuple(_texts(field.content, _NODE_OUTPUT)), field.written)


def _used(node: memoryview) -> Iterator[str]:
    yield from _texts(node, _NODE_INPUT)
    for inner in _inside(node, _NODE_ATTRIBUTE, _ATTRIBUTE_GRAPH, _GRAPH_NODE):
        yield from _used(inner)


def _name(value: _Field) -> str:
    return "".join(_texts(value.content, _VALUE_NAME))


def _texts(data: memoryview, number: int) -> Iterator[str]:
    return (str(content, errors="replace") for content in _inside(data, number))


def _inside(data: memoryview, *path: int) -> Iterator[memoryview]:
    """Yield the contents of the fields that this path of field numbers leads to."""
    for field in _fields(data):
        if field.number == path[0]:
            yield from _inside(field.content, *path[1:]) if len(path) > 1 else (field.content,)


def _fields(data: memoryview) -> Iterator[_Field]:
    """Yield the fields of one message."""
    start = 0
    while start < len(data):
        key, content = _read_varint(data, start)
        kind = key & 7
        if kind == _BYTES:
            length, content = _read_varint(data, content)
            stop = content + length
        elif kind == _VARINT:
            _, stop = _read_varint(data, content)
        elif kind in _FIXED:
            stop = content + _FIXED[kind]
        else:
            raise _not_onnx()
        if stop > len(data):
            raise _not_onnx()
        yield _Field(key >> 3 if kind == _BYTES else 0, data[content:stop], data[start:stop])
        start = stop


def _read_varint(data: memoryview, start: int) -> tuple[int, int]:
    """Return the number that stands there, and where it ends."""
    value = 0
    for shift in range(0, 64, 7):
        if start >= len(data):
            raise _not_onnx()
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise _not_onnx()


def _named(name: str) -> bytes:
    return field(_VALUE_NAME, name.encode())


def field(number: int, content: bytes) -> bytes:
    """Return a protobuf field that holds bytes: a text, a message, packed numbers."""
    return varint(number << 3 | _BYTES) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """Return a whole number as protobuf writes it, seven bits a byte."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _not_onnx() -> ModelError:
    return ModelError("that is no ONNX model, or half of one", hint="Run `edge-agent models verify`.")
