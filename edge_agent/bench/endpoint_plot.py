"""The picture of the benchmark: what each detector cuts off, against how long it lets everybody wait.

matplotlib draws it and is wanted for nothing else, so it is no dependency of the agent but the extra `plot`.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from edge_agent.base.errors import InputError, OutputError
from edge_agent.bench.endpoint_sweep import Cost

WIDEST_MS = 1000
"""Nobody would wait for longer on average."""

SIZE_IN = (6.4, 4.0)
DPI = 100

COLOURS = ("#9a9a9a", "#3b7dd8", "#d1495b", "#e39a3b")
"""Of the detectors, in their order; also told apart by their names beside the lines."""


def require(path: Path) -> None:
    """Before minutes of work, raise InputError without matplotlib, OutputError without the folder."""
    if not path.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent}", hint="Make it, or choose another file.")
    if find_spec("matplotlib") is None:
        raise InputError("drawing needs matplotlib", hint="Install it: pip install 'edge-agent[plot]'")


def draw(path: Path, curves: Mapping[str, Sequence[Cost]], shipped: Cost) -> None:
    """Write the curves, each the best policies of one detector, and the agent's own default as a dot to a PNG file.

    OutputError where that can't be written.
    """
    from matplotlib.figure import Figure

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
        raise OutputError(f"{path} can't be written: {error.strerror}", hint="Choose another file.") from error
