"""A peer's own virtual environment, below the cache: made once, found again later, deleted by anybody at any time.

1. pip is asked through the owner's own settings; what fails is one line that says why.
2. An environment is complete when its list of requirements lies in it, which is written last. Any other is made anew.
3. llama-cpp-python takes minutes to build and is installed here already: the peer gets a link to ours, renewed each
   time, so that both sides run the same engine.
"""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from edge_agent.base.errors import OutputError
from edge_agent.supply.sources import pip_failed

COMPLETE = "complete.txt"


async def environment(folder: Path, requirements: Sequence[str], say: Callable[[str], None]) -> Path:
    """Return the Python of the environment in `folder`; NetworkError or OutputError if it can't be made."""
    name = folder.name
    python = folder / "bin" / "python"
    if not is_complete(folder, requirements):
        say(f"{name}: making its environment in {folder}, about 900 MB; this takes a few minutes, once")
        shutil.rmtree(folder, ignore_errors=True)
        await _run([sys.executable, "-m", "venv", str(folder)], name)
        pip = [str(python), "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet"]
        await _run([*pip, *requirements], name)
        (folder / COMPLETE).write_text(_wanted(requirements))
    _link(folder, "llama_cpp")
    return python


def is_complete(folder: Path, requirements: Sequence[str]) -> bool:
    """Whether it is there already."""
    complete = folder / COMPLETE
    return complete.is_file() and complete.read_text() == _wanted(requirements)


def _wanted(requirements: Sequence[str]) -> str:
    # Another Python does not find what this one installed.
    return "\n".join([*requirements, sys.version])


async def _run(command: Sequence[str], name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise pip_failed(name, said.decode(errors="replace"))


def _link(folder: Path, package: str) -> None:
    """Let the environment find one package of ours."""
    spec = find_spec(package)
    assert spec is not None, f"{package} is one of our own dependencies"
    assert spec.origin is not None
    ours = Path(spec.origin).parent
    link = next(folder.glob("lib/python*/site-packages")) / package
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(ours)
    except OSError as error:
        raise OutputError(f"{link} can't be made: {error.strerror}") from error
