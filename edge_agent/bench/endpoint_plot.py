"""The picture of the benchmark: what each detector cuts off, against how long it lets everybody wait.

matplotlib draws it and is wanted for nothing else, so it is no dependency of the agent but the extra `plot`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from edge_agent.base.errors import InputError
from edge_agent.bench.endpoint_sweep import Cost

WIDEST_MS = 1000
"""Nobody would wait for longer on average."""

SIZE_IN = (6.4, 4.0)
DPI = 100

COLOURS = ("#9a9a9a", "#3b7dd8", "#d1495b", "#e39a3b")
"""Of the detectors, in their order; also told apart by their names beside the lines."""


def draw(path: Path, curves: Mapping[str, Sequence[Cost]], shipped: Cost) -> None:
    """Write the curves, each the best policies of one detector, and the agent's own default as a dot to a PNG file.

    InputError where matplotlib is missing or the file can't be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("drawing needs matplotlib", hint="Install it: pip install 'edge-agent[plot]'") from None
    figure = Figure(SIZE_IN, DPI, layout="constrained")
    axes = figure.subplots()
    for (name, costs), colour in zip(curves.items(), COLOURS, strict=False):
        shown = [cost for cost in costs if cost.ms <= WIDEST_MS]
        axes.step([c.ms for c in shown], [c.cutoff_pct for c in shown], where="post", color=colour, label=name)
    axes.plot(shipped.ms, shipped.cutoff_pct, "o", color="black", label="the agent's defaults")
    axes.set(xlim=(100, WIDEST_MS), xlabel="mean wait at the end of a turn, ms")
    axes.set(ylim=(0, None), ylabel="holds cut off, %")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    try:
        figure.savefig(path, format="png", metadata={"Software": None})
    except OSError as error:
        raise InputError(f"{path} can't be written: {error}", hint="Choose another file.") from error
