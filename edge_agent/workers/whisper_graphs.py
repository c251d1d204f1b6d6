"""Whisper as graphs for onnxruntime, drawn from the weights of a CTranslate2 model, with products of 8 bits.

Three graphs, because they run at different times:

1. The encoder, once per sound: spectrogram (1, bands, frames) in; for each layer of the decoder, the keys and values
   that it will look up there, out. Half a frame's rate.
2. The decoder's body, once per token: what the token means where it stands, (1 or hypotheses, tokens, width), and the
   keys and values of the tokens before in; the same with these tokens, and what to say next, out.
3. Its head, where it is wanted: the logits of all tokens.

Weights have a scale for each output, activations one for each row (a moment, or a token): the scale of a whole tensor
would be that of its loudest moment, and the result twice as wrong.

`signed` weights are as exact, and faster, where the processor adds products of 8 bits up in 32. x86 without VNNI adds
two of them in 16 first, which overflow unless the weights are unsigned: then onnxruntime takes another way.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_agent.workers.ct2_file import Ct2File
from edge_agent.workers.onnx_draw import Drawing

_EPSILON = 1e-5
"""Of a layer's norm, as it was trained."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one model."""

    bands: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    width: int

    @property
    def looked_up(self) -> list[str]:
        """The names of the keys and values of the sound."""
        return [f"{kind}{layer}" for layer in range(self.decoder_layers) for kind in ("key", "value")]

    @property
    def past(self) -> list[str]:
        """The names of the keys and values of the tokens so far."""
        return [f"past_{name}" for name in self.looked_up]

    @property
    def present(self) -> list[str]:
        """The names of the same, with the tokens that were given."""
        return [f"present_{name}" for name in self.looked_up]


def shape(model: Ct2File) -> Shape:
    """Return what sizes the model has. KeyError if it is no Whisper model."""
    width, bands, _ = model["encoder/conv1/weight"].shape
    return Shape(bands, _layers(model, "encoder"), _layers(model, "decoder"), int(model["decoder/num_heads"]), width)


def encoder(model: Ct2File, *, signed: bool) -> bytes:
    """Draw the encoder. Inputs: `spectrogram`. Outputs: `Shape.looked_up`, (1, heads, frames, width / heads)."""
    sizes = shape(model)
    net = _Net(model, "encoder", signed=signed)
    x = "spectrogram"
    for name, stride in (("conv1", 1), ("conv2", 2)):
        weights = [net.of(f"{name}/weight"), net.of(f"{name}/bias")]
        x = net.add("Conv", x, *weights, kernel_shape=[3], pads=[1, 1], strides=[stride])
        x = net.add("Gelu", x)
    x = net.add("Transpose", x, perm=[0, 2, 1])
    frames = net.add("Gather", net.add("Shape", x), net.numbers(1))
    places = net.of("position_encodings/encodings")
    x = net.add("Add", x, net.add("Slice", places, net.numbers(0), frames, net.numbers(0)))
    for layer in range(sizes.encoder_layers):
        within = f"layer_{layer}/self_attention"
        query, key, value = net.split(net.linear(net.norm(x, within), f"{within}/linear_0"), 3)
        attended = net.add("MultiHeadAttention", query, key, value, num_heads=sizes.heads)
        x = net.add("Add", x, net.linear(attended, f"{within}/linear_1"))
        x = net.feed_forward(x, f"layer_{layer}/ffn")
    x = net.norm(x, "")
    apart = net.numbers(1, -1, sizes.heads, sizes.width // sizes.heads)
    net.within = "decoder"
    for layer in range(sizes.decoder_layers):
        both = net.split(net.linear(x, f"layer_{layer}/attention/linear_1"), 2)
        for kind, made in zip(("key", "value"), both, strict=True):
            net.add_named("Transpose", (net.add("Reshape", made, apart),), (f"{kind}{layer}",), perm=[0, 2, 1, 3])
    return net.model(["spectrogram"], sizes.looked_up)


def body(model: Ct2File, *, signed: bool) -> bytes:
    """Draw the decoder without its head.

    Inputs: `meaning` (hypotheses, tokens, width), `Shape.looked_up` and `Shape.past`. Outputs: `next`, of the shape of
    `meaning`, and `Shape.present`.
    """
    sizes = shape(model)
    net = _Net(model, "decoder", signed=signed)
    x, as_given = "meaning", net.add("Shape", "meaning")
    for layer in range(sizes.decoder_layers):
        within = f"layer_{layer}/self_attention"
        projected = net.split(net.linear(net.norm(x, within), f"{within}/linear_0"), 3)
        past = [f"past_key{layer}", f"past_value{layer}"]
        attended = [net.name(), f"present_key{layer}", f"present_value{layer}"]
        net.add_named(
            "MultiHeadAttention",
            (*projected, "", "", "", *past),
            attended,
            num_heads=sizes.heads,
            unidirectional=1,
        )
        x = net.add("Add", x, net.linear(attended[0], f"{within}/linear_1"))
        x = net.add("Add", x, _looked_up(net, x, as_given, layer, sizes))
        x = net.feed_forward(x, f"layer_{layer}/ffn")
    net.add_named("LayerNormalization", (x, *net.norm_of("")), ("next",), axis=-1, epsilon=_EPSILON)
    return net.model(["meaning", *sizes.looked_up, *sizes.past], ["next", *sizes.present])


def head(model: Ct2File, *, signed: bool) -> bytes:
    """Draw the decoder's head. Inputs: `next` (tokens, width). Outputs: `logits` (tokens, vocabulary)."""
    net = _Net(model, "decoder", signed=signed)
    net.add_named("DynamicQuantizeMatMul", ("next", *net.in_8_bits("projection/weight")), ("logits",))
    return net.model(["next"], ["logits"])


def _looked_up(net: "_Net", x: str, as_given: str, layer: int, sizes: Shape) -> str:
    """What the sound has to say to each token. All hypotheses ask of one sound, as if they were one after the other."""
    within = f"layer_{layer}/attention"
    query = net.linear(net.norm(x, within), f"{within}/linear_0")
    query = net.add("Reshape", query, net.numbers(1, -1, sizes.width))
    found = net.add("MultiHeadAttention", query, f"key{layer}", f"value{layer}", num_heads=sizes.heads)
    return net.add("Reshape", net.linear(found, f"{within}/linear_2"), as_given)


class _Net(Drawing):
    """A drawing that takes its weights from a model."""

    def __init__(self, model: Ct2File, within: str, *, signed: bool) -> None:
        super().__init__()
        self.within = within
        self._signed = signed
        self._model = model

    def of(self, name: str) -> str:
        """Add a weight of the model as it is."""
        return self.weight(self._values(name))

    def norm_of(self, within: str) -> tuple[str, str]:
        """Add the weights of a norm."""
        name = f"{within}/layer_norm".removeprefix("/")
        return self.of(f"{name}/gamma"), self.of(f"{name}/beta")

    def norm(self, x: str, within: str) -> str:
        """Add a layer's norm."""
        return self.add("LayerNormalization", x, *self.norm_of(within), axis=-1, epsilon=_EPSILON)

    def feed_forward(self, x: str, within: str) -> str:
        """Add the two products that follow an attention."""
        inner = self.add("Gelu", self.linear(self.norm(x, within), f"{within}/linear_0"))
        return self.add("Add", x, self.linear(inner, f"{within}/linear_1"))

    def linear(self, x: str, name: str) -> str:
        """Add a product with a matrix and its bias, each row with a scale of its own."""
        loudest = self.add("ReduceMax", self.add("Abs", x), self.numbers(-1), keepdims=1)
        scaled = self.add("Div", x, loudest)
        product = self.add("DynamicQuantizeMatMul", scaled, *self.in_8_bits(f"{name}/weight"))
        return self.add("Add", self.add("Mul", product, loudest), self.of(f"{name}/bias"))

    def in_8_bits(self, name: str) -> tuple[str, str, str]:
        """Add a matrix in 8 bits, and return it with its scales and its zeros."""
        values = self._values(name).T
        scales = np.maximum(np.maximum(values.max(axis=0), -values.min(axis=0)) / 127, np.finfo(np.float32).tiny)
        kind, zero = (np.int8, 0) if self._signed else (np.uint8, 128)
        with np.errstate(invalid="ignore"):  # Of a damaged model; the known answer finds it out.
            values /= scales  # in place: the head's are a hundred megabytes
            np.round(values, out=values)
            values += zero
            whole = values.astype(kind)
        return self.weight(whole), self.weight(scales), self.weight(np.full(scales.size, zero, kind))

    def _values(self, name: str) -> NDArray[Any]:
        return np.ascontiguousarray(self._model[f"{self.within}/{name}"].astype(np.float32))


def _layers(model: Ct2File, within: str) -> int:
    numbers = [name.split("/")[1].removeprefix("layer_") for name in model if name.startswith(f"{within}/layer_")]
    return 1 + max(int(number) for number in numbers if number.isdigit())
