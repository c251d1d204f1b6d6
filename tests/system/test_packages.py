"""What ships, as it is written down."""

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from edge_agent.supply import catalogue

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "packaging" / "debian").iterdir())


@cache
def tool(name):
    sys.path.insert(0, str(ROOT / "tools"))
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_names_every_package_and_model_with_its_licence():
    listed = tool("sbom").sbom()
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.5")
    by_kind = {
        kind: [one for one in listed["components"] if one["type"] == kind]
        for kind in ("library", "machine-learning-model")
    }
    assert {one["name"] for one in by_kind["library"]} == {dist.name for dist in tool("write_docs").runtime()}
    assert {one["name"] for one in by_kind["machine-learning-model"]} == set(catalogue.load().models)
    assert all(one["licenses"][0]["license"]["name"] for one in listed["components"])
    references = [one["bom-ref"] for one in listed["components"]]
    assert len(references) == len(set(references))
    assert set(listed["dependencies"][0]["dependsOn"]) <= set(references)


def test_what_models_are_fetched_with_ships():
    """An environment has pip by itself; a Debian package and an image have what they are given."""
    assert "pip" in {dist.name for dist in tool("write_docs").runtime()}


def test_the_same_input_gives_the_same_list():
    assert tool("sbom").sbom() == tool("sbom").sbom()


def test_of_each_file_of_a_model_the_hash_is_listed():
    models = [one for one in tool("sbom").sbom()["components"] if one["type"] == "machine-learning-model"]
    for model in models:
        for file in model["components"]:
            assert len(file["hashes"][0]["content"]) == 64


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_maintainers_script_is_a_script_of_any_shell(script):
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert script.read_text().startswith("#!/bin/sh\n# ")
    assert "set -e" in script.read_text()


def test_what_the_wheel_takes_from_beside_the_package_is_there():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert all((ROOT / source).exists() for source in wheel["force-include"])


def test_our_part_of_the_debian_package_is_what_the_wheel_holds(tmp_path):
    tool("build_deb").ourselves(tmp_path)
    package = tmp_path / tool("build_deb").PACKAGES / "edge_agent"
    assert (package / "supply" / "catalogue.toml").exists()
    assert (package / "host" / "systemd" / "user" / "edge-agent.service").exists()
    assert (package / "py.typed").exists()
    assert (tmp_path / "usr/bin/edge-agent").readlink() == Path("/opt/edge-agent/bin/edge-agent")
    assert not list(package.rglob("*.gguf"))


def preset(root, *words):
    """What the first boot of a cloned image enables."""
    line = ["systemctl", f"--root={root}", *words, "preset-all", "--preset-mode=enable-only"]
    subprocess.run(line, check=True, capture_output=True)
    return {path.name for path in root.glob("etc/systemd/*/*.wants/*")}


@pytest.mark.skipif(not shutil.which("systemctl"), reason="systemd is not installed")
def test_an_image_that_is_cloned_opens_no_microphone_on_its_first_boot(tmp_path):
    tool("build_deb").system(tmp_path)
    assert preset(tmp_path) == preset(tmp_path, "--global") == set()
    for forbids in tmp_path.glob("usr/lib/systemd/*-preset/*"):
        forbids.unlink()
    assert "edge-agent.service" in preset(tmp_path), "it is the preset that forbids it"
