"""Build the Debian package from `.venv` and this tree: `python tools/build_deb.py out`.

1. The package is a Python environment in /opt/edge-agent around the distribution's own Python, with exactly what is
   installed here because edge-agent needs it (no tests, no tools, no models), the units, and a list of what ships.
2. It fits machines like this one: the same architecture and Python version, and a processor that is no older, because
   llama-cpp-python was compiled for this one (`CMAKE_ARGS=-DGGML_NATIVE=off make setup` compiles it for others).
3. Nothing is fetched, and nothing outside the folder named is written.
"""

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from sbom import sbom
from write_docs import runtime

from edge_agent import __version__

ROOT = Path(__file__).parents[1]
HOME = Path("opt/edge-agent")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PACKAGES = HOME / "lib" / f"python{PYTHON}" / "site-packages"
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
"""Nobody changes a file below /opt but dpkg."""
NEXT = f"{sys.version_info.major}.{sys.version_info.minor + 1}"

CONTROL = """Package: edge-agent
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Section: sound
Priority: optional
Installed-Size: {size_kb}
Depends: python3 (>= {python}), python3 (<< {next}), libportaudio2, libspeexdsp1, libgomp1, libstdc++6, systemd (>= 252)
Recommends: alsa-utils, ca-certificates
Description: voice agent that lives on this device
 It hears, answers within a breath and can be interrupted, with the network
 unplugged. Models are not part of the package: edge-agent models pull.
"""

SCRIPT = f"""#!/{HOME}/bin/python3 -I
from edge_agent.cli import main

main()
"""


def build(out: Path) -> Path:
    """Write the package into `out`, and return its path."""
    architecture = _said("dpkg", "--print-architecture")
    made = out / f"edge-agent_{__version__}_{architecture}.deb"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".deb-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        environment(root)
        ourselves(root)
        system(root)
        control(root, architecture)
        # zstd: seconds where xz takes minutes, for a quarter more bytes.
        _said("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(root), str(made))
    return made


def environment(root: Path) -> None:
    """Lay the Python environment and what others wrote."""
    if Path(sys.base_prefix) != Path("/usr"):
        raise SystemExit(f"the package needs the distribution's Python, and .venv was made with {sys.base_prefix}")
    (root / HOME / "bin").mkdir(parents=True, exist_ok=True)
    (root / HOME / "bin" / "python3").symlink_to(f"/usr/bin/python{PYTHON}")
    (root / HOME / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {PYTHON}\n", encoding="utf-8"
    )
    for dist in runtime():
        for file in dist.files or []:
            source = Path(str(dist.locate_file(file)))
            if ".." not in file.parts and source.is_file():
                _copy(source, root / PACKAGES / file)


def ourselves(root: Path) -> None:
    """Lay our own package, as the wheel has it, and its command."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    for source, target in ({name: name for name in wheel["packages"]} | wheel["force-include"]).items():
        for file in [ROOT / source] if (ROOT / source).is_file() else sorted((ROOT / source).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                _copy(file, root / PACKAGES / target / file.relative_to(ROOT / source))
    compileall.compile_dir(root / PACKAGES / "edge_agent", quiet=2, stripdir=root, invalidation_mode=UNCHECKED)
    script = root / HOME / "bin" / "edge-agent"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(SCRIPT, encoding="utf-8")
    script.chmod(0o755)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/edge-agent").symlink_to(f"/{HOME}/bin/edge-agent")


def system(root: Path) -> None:
    """Lay the units, and what there is to read."""
    units = ROOT / "systemd"
    for file in [*units.glob("*.service"), *units.glob("*.timer")]:
        _copy(file, root / "usr/lib/systemd/system" / file.name)
    for file in (units / "user").glob("*.service"):
        _copy(file, root / "usr/lib/systemd/user" / file.name)
    for kind in ("sysusers", "tmpfiles"):
        _copy(units / f"edge-agent.{kind}", root / f"usr/lib/{kind}.d" / "edge-agent.conf")
    for kind in ("system", "user"):
        _copy(units / "edge-agent.preset", root / f"usr/lib/systemd/{kind}-preset" / "90-edge-agent.preset")
    documents = root / "usr/share/doc/edge-agent"
    _copy(ROOT / "LICENSE", documents / "copyright")
    for file in [*(ROOT / "LICENSES").glob("*"), ROOT / "CHANGELOG.md", ROOT / "docs/licences.md"]:
        _copy(file, documents / file.name)
    (documents / "sbom.cdx.json").write_text(json.dumps(sbom(), indent=1), encoding="utf-8")


def control(root: Path, architecture: str) -> None:
    """Lay what dpkg reads."""
    folder = root / "DEBIAN"
    folder.mkdir()
    size_kb = sum(path.lstat().st_size for path in root.rglob("*")) // 1024
    text = CONTROL.format(
        version=__version__, architecture=architecture, size_kb=size_kb, python=PYTHON, next=NEXT,
        maintainer=os.environ.get("DEBEMAIL", "The edge-agent authors <edge-agent@localhost>"),
    )  # fmt: skip
    (folder / "control").write_text(text, encoding="utf-8")
    for name in ("postinst", "prerm", "postrm"):
        _copy(ROOT / "packaging/debian" / name, folder / name)
        (folder / name).chmod(0o755)


def _copy(source: Path, target: Path) -> None:
    """Copy with its time, which compiled files are checked against; everybody may read it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
    target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)


def _said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Build into the folder that the command line names."""
    sys.stdout.write(f"{build(Path(sys.argv[1]))}\n")


if __name__ == "__main__":
    main()
