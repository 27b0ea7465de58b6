"""What layers make of an example, told from their arguments without Keras: shapes, weights, and what lies in between.

Everything is told from below: biases and states are left out, and of arguments that Keras refuses nothing is said. So
what is too large here is too large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from optbench.catalog.keras_api import layer_signatures
from optbench.catalog.layer_graph import INPUT, LayerSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Shape = tuple[int, ...]
    Arguments = Mapping[str, Any]
    Rule = Callable[[Shape, Arguments], "LayerSize"]

_GATES: Final = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_GREY_LEVELS: Final = 256


@dataclass(frozen=True, slots=True)
class LayerSize:
    """What a layer is and makes, without the batch axis.

    Attributes
    ----------
    shape : of its output for one example
    weights : how many it has at least
    between : numbers of the largest array on the way to the output, of one example
    """

    shape: Shape
    weights: int = 0
    between: int = 0


def layer_sizes(specs: Sequence[LayerSpec], inputs: Sequence[Shape]) -> tuple[LayerSize, ...]:
    """Return the sizes of layers in the order they are applied.

    Parameters
    ----------
    inputs : shapes of one example of each of the model's inputs
    """
    sizes: list[LayerSize] = []
    for position, spec in enumerate(specs):
        behind = spec.inputs or (position - 1,)
        before = [inputs[INPUT - source] if source <= INPUT else sizes[source].shape for source in behind]
        sizes.append(_size(spec, before))
    return tuple(sizes)


def _size(spec: LayerSpec, before: Sequence[Shape]) -> LayerSize:
    defaults = {name: argument.default for name, argument in layer_signatures().get(spec.class_name, {}).items()}
    arguments = {**defaults, **spec.arguments}
    try:
        if spec.class_name == "Concatenate":
            return LayerSize((*before[0][:-1], sum(shape[-1] for shape in before)))
        return _RULES.get(spec.class_name, _unchanged)(before[0], arguments)
    except (ValueError, TypeError, IndexError):  # it does not fit, which Keras says in its own words
        return LayerSize(before[0])


def _unchanged(shape: Shape, _arguments: Arguments) -> LayerSize:
    return LayerSize(shape)


def _whole(value: Any, *, least: int = 0) -> int:
    """Return a whole number of an argument.

    Raises
    ------
    ValueError
        If it is none, or less than the least.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < least:
        raise ValueError(value)
    return int(value)


def _per_axis(value: Any, axes: int, *, least: int = 0) -> Shape:
    """Return a whole number for each axis, of which one may stand for all."""
    given = value if isinstance(value, list) else [value] * axes
    return tuple(_whole(one, least=least) for one, _ in zip(given, range(axes), strict=True))


def _spatial(rule: Rule) -> Rule:
    """Return a rule for shapes with the channels last that also holds where the arguments put them first."""

    def applied(shape: Shape, arguments: Arguments) -> LayerSize:
        if arguments.get("data_format") != "channels_first":
            return rule(shape, arguments)
        size = rule((*shape[1:], shape[0]), arguments)
        return replace(size, shape=(size.shape[-1], *size.shape[:-1]))

    return applied


def _dense(shape: Shape, arguments: Arguments) -> LayerSize:
    units = _whole(arguments["units"])
    return LayerSize((*shape[:-1], units), _kernel(shape[-1], units, arguments))


def _embedding(shape: Shape, arguments: Arguments) -> LayerSize:
    tokens, size = _whole(arguments["input_dim"]), _whole(arguments["output_dim"])
    return LayerSize((*shape, size), _kernel(tokens, size, arguments))


def _kernel(before: int, after: int, arguments: Arguments) -> int:
    """Return the weights of a matrix, and of the two narrow ones beside it that an argument may ask for."""
    return before * after + _whole(arguments.get("lora_rank") or 0) * (before + after)


def _einsum_dense(shape: Shape, arguments: Arguments) -> LayerSize:
    """Return the size of a product of tensors: an equation names the axes of input, kernel and output."""
    given = arguments["output_shape"]
    output = [None if one is None else _whole(one) for one in (given if isinstance(given, list) else [given])]
    left, _, after = arguments["equation"].replace(" ", "").partition("->")
    before, _, kernel = left.partition(",")
    lengths = _named_axes(before, shape) | _named_axes(after, output)
    made = [length or lengths.get(name, 1) for name, length in zip(reversed(after), reversed(output), strict=False)]
    beside = shape[: len(shape) + 1 - len(before.replace("...", "."))] if "..." in after else ()
    whole = (*beside, *reversed(made))
    return LayerSize(whole, math.prod(lengths.get(name, 1) for name in kernel))


def _named_axes(names: str, lengths: Sequence[int | None]) -> dict[str, int]:
    """Return the lengths of named axes, told from the last one on: the batch and `...` stand before them."""
    pairs = zip(reversed(names), reversed(lengths), strict=False)
    return {name: length for name, length in pairs if length is not None and name != "."}


def _recurrent(gates: int) -> Rule:
    def rule(shape: Shape, arguments: Arguments) -> LayerSize:
        steps, before = shape
        units = _whole(arguments["units"])
        made = (steps, units) if arguments.get("return_sequences") else (units,)
        return LayerSize(made, gates * units * (before + units), steps * units)

    return rule


def _both_ways(shape: Shape, arguments: Arguments) -> LayerSize:
    one = _size(arguments["layer"], [shape])
    return LayerSize((*one.shape[:-1], 2 * one.shape[-1]), 2 * one.weights, one.between)


def _attention(shape: Shape, arguments: Arguments) -> LayerSize:
    heads, size = _whole(arguments["num_heads"]), _whole(arguments["key_dim"])
    return LayerSize(shape, 4 * shape[-1] * heads * size, heads * shape[0] ** 2)


@dataclass(frozen=True, slots=True)
class _Window:
    """The window of a convolution as its arguments say."""

    kernel: Shape
    strides: Shape
    spans: Shape
    pads: bool

    @classmethod
    def of(cls, arguments: Arguments, axes: int) -> _Window:
        kernel = _per_axis(arguments["kernel_size"], axes, least=1)
        apart = _per_axis(arguments.get("dilation_rate", 1), axes, least=1)
        return cls(
            kernel,
            _per_axis(arguments["strides"], axes, least=1),
            tuple((size - 1) * gap + 1 for size, gap in zip(kernel, apart, strict=True)),
            arguments["padding"] in ("same", "causal"),
        )

    def slid_over(self, lengths: Shape) -> Shape:
        return _slid(lengths, self.spans, self.strides, pads=self.pads)

    def spread_over(self, lengths: Shape) -> Shape:
        """Return the lengths of the transposed convolution's output."""
        triples = zip(lengths, self.spans, self.strides, strict=True)
        return tuple(n * step + (0 if self.pads else max(0, span - step)) for n, span, step in triples)

    def padded(self, shape: Shape) -> int:
        """Return the numbers of an example with the margins that padding adds."""
        if not self.pads:
            return 0
        return shape[-1] * math.prod(n + span - 1 for n, span in zip(shape[:-1], self.spans, strict=True))


def _slid(lengths: Shape, spans: Shape, strides: Shape, *, pads: bool) -> Shape:
    """Return how often windows fit on each axis."""
    triples = zip(lengths, spans, strides, strict=True)
    return tuple(max(0, -(-(n if pads else n - span + 1) // step)) for n, span, step in triples)


def _convolution(shape: Shape, arguments: Arguments) -> LayerSize:
    window, filters = _Window.of(arguments, len(shape) - 1), _whole(arguments["filters"])
    groups = _whole(arguments.get("groups", 1), least=1)
    weights = math.prod(window.kernel) * shape[-1] * filters // groups
    return LayerSize((*window.slid_over(shape[:-1]), filters), weights, window.padded(shape))


def _transposed(shape: Shape, arguments: Arguments) -> LayerSize:
    window, filters = _Window.of(arguments, len(shape) - 1), _whole(arguments["filters"])
    return LayerSize((*window.spread_over(shape[:-1]), filters), math.prod(window.kernel) * shape[-1] * filters)


def _depthwise(shape: Shape, arguments: Arguments) -> LayerSize:
    window = _Window.of(arguments, len(shape) - 1)
    channels = shape[-1] * _whole(arguments["depth_multiplier"])
    made = (*window.slid_over(shape[:-1]), channels)
    return LayerSize(made, math.prod(window.kernel) * channels, window.padded(shape))


def _separable(shape: Shape, arguments: Arguments) -> LayerSize:
    depthwise, filters = _depthwise(shape, arguments), _whole(arguments["filters"])
    weights = depthwise.weights + depthwise.shape[-1] * filters
    return LayerSize((*depthwise.shape[:-1], filters), weights, max(math.prod(depthwise.shape), depthwise.between))


def _recurrent_convolution(shape: Shape, arguments: Arguments) -> LayerSize:
    (steps, *frame), filters = shape, _whole(arguments["filters"])
    before = frame[0] if arguments["data_format"] == "channels_first" else frame[-1]
    once = _spatial(_convolution)(tuple(frame), arguments)
    kernel = math.prod(_per_axis(arguments["kernel_size"], len(frame) - 1))
    made = (steps, *once.shape) if arguments["return_sequences"] else once.shape
    return LayerSize(made, 4 * kernel * filters * (before + filters), steps * max(math.prod(once.shape), once.between))


def _pooled(shape: Shape, arguments: Arguments) -> LayerSize:
    axes = len(shape) - 1
    spans = _per_axis(arguments["pool_size"], axes, least=1)
    strides = spans if arguments["strides"] is None else _per_axis(arguments["strides"], axes, least=1)
    return LayerSize((*_slid(shape[:-1], spans, strides, pads=arguments["padding"] == "same"), shape[-1]))


def _pooled_to_one(shape: Shape, arguments: Arguments) -> LayerSize:
    return LayerSize((*repeat(1, len(shape) - 1 if arguments.get("keepdims") else 0), shape[-1]))


def _pooled_to_size(shape: Shape, arguments: Arguments) -> LayerSize:
    return LayerSize((*_per_axis(arguments["output_size"], len(shape) - 1), shape[-1]))


def _flattened(shape: Shape, _arguments: Arguments) -> LayerSize:
    return LayerSize((math.prod(shape),))


def _reshaped(shape: Shape, arguments: Arguments) -> LayerSize:
    target = [one if one == -1 else _whole(one) for one in arguments["target_shape"]]
    known = math.prod(one for one in target if one != -1)
    return LayerSize(tuple(math.prod(shape) // max(1, known) if one == -1 else one for one in target))


def _permuted(shape: Shape, arguments: Arguments) -> LayerSize:
    return LayerSize(tuple(shape[_whole(axis, least=1) - 1] for axis in arguments["dims"]))


def _repeated(shape: Shape, arguments: Arguments) -> LayerSize:
    return LayerSize((_whole(arguments["n"]), *shape))


def _enlarged(shape: Shape, arguments: Arguments) -> LayerSize:
    times = _per_axis(arguments["size"], len(shape) - 1)
    return LayerSize((*(n * factor for n, factor in zip(shape[:-1], times, strict=True)), shape[-1]))


def _with_margins(key: str, sign: int) -> Rule:
    """Return the rule of padding and of cropping: margins for all sides, for each axis, or for both ends of each."""

    def rule(shape: Shape, arguments: Arguments) -> LayerSize:
        axes, given = len(shape) - 1, arguments[key]
        ends = (
            [given] if axes == 1 and isinstance(given, list) else given if isinstance(given, list) else [given] * axes
        )
        margins = [sum(_per_axis(end, 2)) for end in ends]
        return LayerSize((*(max(0, n + sign * m) for n, m in zip(shape[:-1], margins, strict=True)), shape[-1]))

    return rule


def _resized(shape: Shape, arguments: Arguments) -> LayerSize:
    return LayerSize((_whole(arguments["height"]), _whole(arguments["width"]), shape[-1]))


def _encoded(shape: Shape, arguments: Arguments) -> LayerSize:
    tokens = _whole(arguments["num_tokens"])
    keeps = arguments["output_mode"] == "one_hot" and shape[-1] != 1
    return LayerSize((*(shape if keeps else shape[:-1]), tokens), between=math.prod(shape) * tokens)


def _mel_spectrogram(shape: Shape, arguments: Arguments) -> LayerSize:
    bins, transformed = _whole(arguments["num_mel_bins"]), _whole(arguments["fft_length"])
    step = _whole(arguments["sequence_stride"], least=1)
    frames = (shape[-1] + step + 1) // step
    between = max(bins * (transformed // 2 + 1), transformed * frames, _whole(arguments["sequence_length"] or 0))
    return LayerSize((*shape[:-1], bins, frames), between=between)


@_spatial
def _spectrogram(shape: Shape, arguments: Arguments) -> LayerSize:
    steps, channels = shape
    length = _whole(arguments["frame_length"], least=1)
    step = _whole(arguments["frame_step"] or length // 2, least=1)
    transformed = _whole(arguments["fft_length"] or length)
    kernels = 1 if arguments["mode"] in ("real", "imag") else 2
    frequencies = (transformed // 2 + 1) * (2 if arguments["mode"] == "stft" else 1)
    (frames,) = _slid((steps,), (length,), (step,), pads=arguments["padding"] == "same")
    made = (frames, frequencies, channels) if arguments["expand_dims"] else (frames, frequencies * channels)
    return LayerSize(made, kernels * length * (transformed // 2 + 1))


def _with_noise(shape: Shape, arguments: Arguments) -> LayerSize:
    noise = arguments.get("noise_shape")
    drawn = [_whole(one) for one in noise if one is not None] if isinstance(noise, list) else [0]
    return LayerSize(shape, between=math.prod(drawn))


def _beside(key: str, of_one: Callable[[int], int]) -> Rule:
    """Return the rule of a layer on images that keeps their form, and makes a table of each channel besides."""

    def rule(shape: Shape, arguments: Arguments) -> LayerSize:
        return LayerSize(shape, between=of_one(math.prod(_per_axis(arguments[key], 2))))

    return rule


def _of_axes(name: str, rule: Rule, *, behind: str = "") -> dict[str, Rule]:
    return {f"{name}{axes}D{behind}": _spatial(rule) for axes in (1, 2, 3)}


_RULES: Final[Mapping[str, Rule]] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    **{name: _recurrent(gates) for name, gates in _GATES.items()},
    "Bidirectional": _both_ways,
    "MultiHeadAttention": _attention,
    **_of_axes("Conv", _convolution),
    **_of_axes("Conv", _transposed, behind="Transpose"),
    **_of_axes("DepthwiseConv", _depthwise),
    **_of_axes("SeparableConv", _separable),
    **{f"ConvLSTM{axes}D": _recurrent_convolution for axes in (1, 2, 3)},
    **_of_axes("MaxPooling", _pooled),
    **_of_axes("AveragePooling", _pooled),
    **_of_axes("GlobalMaxPooling", _pooled_to_one),
    **_of_axes("GlobalAveragePooling", _pooled_to_one),
    **_of_axes("AdaptiveMaxPooling", _pooled_to_size),
    **_of_axes("AdaptiveAveragePooling", _pooled_to_size),
    **_of_axes("UpSampling", _enlarged),
    **_of_axes("ZeroPadding", _with_margins("padding", 1)),
    **_of_axes("Cropping", _with_margins("cropping", -1)),
    **dict.fromkeys(("Resizing", "CenterCrop", "RandomCrop"), _spatial(_resized)),
    **dict.fromkeys(("Dropout", "AlphaDropout"), _with_noise),
    "Flatten": _flattened,
    "Reshape": _reshaped,
    "Permute": _permuted,
    "RepeatVector": _repeated,
    "CategoryEncoding": _encoded,
    "MelSpectrogram": _mel_spectrogram,
    "STFTSpectrogram": _spectrogram,
    "RandomGaussianBlur": _beside("kernel_size", lambda cells: cells),
    "Equalization": _beside("bins", math.isqrt),
    "ContrastLimitedAdaptiveHistogramEqualization": _beside("tile_grid_size", lambda tiles: tiles * _GREY_LEVELS),
}
