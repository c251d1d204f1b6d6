"""What several commands of `edge-fleet` are given."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge_agent.fleet.workspace import Workspace

Folder = Annotated[Path, typer.Option("--fleet", metavar="FOLDER", help="The fleet's folder.")]
Ops = Annotated[Path | None, typer.Option("--ops", metavar="PEM", help="The operations key; keys/ops.pem otherwise.")]
Channel = Annotated[str, typer.Option(help="Which devices: those that are set to this channel.")]
Named = Annotated[str, typer.Argument(metavar="RELEASE", help="NAME-VERSION, or the beginning of its sha256.")]
Reports = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="What devices reported: JSON lines or OTLP metrics, a file or a folder of them."),
]

HERE = Path()
STABLE = "stable"
DEFAULT_STEPS = "1%@0,5%@6h,25%@1d,100%@3d"


def space(folder: Path) -> "Workspace":
    """Return the fleet in a folder."""
    from edge_agent.fleet.workspace import Workspace

    return Workspace(folder)


def now() -> datetime:
    """Return what time it is: the commands are the only ones here who ask."""
    return datetime.now(UTC)


def amount(size: int) -> str:
    """Say a size, given in bytes."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.0f} kB"
