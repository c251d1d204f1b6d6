"""Lets an ONNX model tell one of its inner results, without the `onnx` package (which weighs 60 MB and is wanted once).

An ONNX file is one protobuf message, and protobuf merges: a second `graph` that is appended to the file adds its fields
to the first one's. So the weights are not touched, only read past, and a few bytes at the end name the new output.
"""

from collections.abc import Iterator

from edge_agent.base.errors import ModelError

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE = 1
_GRAPH_OUTPUT = 12
_NODE_OUTPUT = 2
_NODE_OPERATOR = 4
_OUTPUT_NAME = 1

# Kinds of fields, and the lengths of those that have one.
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}


def with_output_of(model: bytes, operator: str) -> tuple[bytes, str]:
    """Return `model` with what its only node of this kind computes as one more output, and that output's name."""
    names = [
        model[start:end]
        for node_start, node_end in _find(model, 0, len(model), _MODEL_GRAPH, _GRAPH_NODE)
        if any(model[s:e] == operator.encode() for s, e in _find(model, node_start, node_end, _NODE_OPERATOR))
        for start, end in _find(model, node_start, node_end, _NODE_OUTPUT)
    ]
    if len(names) != 1:
        raise ModelError(f"the model has {len(names)} results of {operator}, not one", hint="Choose another model.")
    addition = names[0]
    for field in (_OUTPUT_NAME, _GRAPH_OUTPUT, _MODEL_GRAPH):
        addition = bytes([field << 3 | _BYTES]) + _varint(len(addition)) + addition
    return model + addition, names[0].decode()


def _find(data: bytes, start: int, end: int, *path: int) -> Iterator[tuple[int, int]]:
    """Yield where the fields lie that this path of field numbers leads to."""
    while start < end:
        key, start = _read_varint(data, start, end)
        kind = key & 7
        if kind == _BYTES:
            length, start = _read_varint(data, start, end)
            stop = start + length
        elif kind == _VARINT:
            _, stop = _read_varint(data, start, end)
        elif kind in _FIXED:
            stop = start + _FIXED[kind]
        else:
            raise _not_onnx()
        if stop > end:
            raise _not_onnx()
        if key >> 3 == path[0] and kind == _BYTES:
            if len(path) == 1:
                yield start, stop
            else:
                yield from _find(data, start, stop, *path[1:])
        start = stop


def _read_varint(data: bytes, start: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if start >= end:
            raise _not_onnx()
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise _not_onnx()


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _not_onnx() -> ModelError:
    return ModelError("that is no ONNX model, or half of one", hint="Run `edge-agent models verify`.")
