"""What is written about the code is true of it."""

import importlib.util
import re
import shlex
import subprocess
import tomllib
from functools import cache

import pytest
import typer
from house import ROOT

from edge_agent import __version__
from edge_agent.base import layers
from edge_agent.cli import app
from edge_agent.fleet.cli import app as fleet

CHANGELOG = ROOT / "CHANGELOG.md"
PAGES = ("settings.md", "cli.md")


@cache
def writer():
    """The tool that writes the pages."""
    spec = importlib.util.spec_from_file_location("write_docs", ROOT / "tools" / "write_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_made_from_the_code_is_as_the_code_makes_it(page):
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == writer().PAGES[page](), "run `make docs`"


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for room, name, _ in layers.fields():
        assert f"## [{room}]" in page
        assert f"| `{name}` |" in page


def test_every_package_and_model_that_ships_is_in_the_table_of_licences():
    # Packages differ a little from one Python to the next, so the page may name more than are installed here.
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    for dist in writer().runtime():
        assert f"| {dist.name} |" in page, "run `make docs`"
    for model in writer().catalogue.load().models.values():
        assert f"| {model.name} | {model.about} | {model.licence} |" in page, "run `make docs`"


def test_only_piper_is_under_the_gpl():
    gpl = [dist.name for dist in writer().runtime() if re.search(r"(?<!L)GPL", writer().licence(dist))]
    assert gpl == ["piper-tts"]


def test_the_licences_that_are_named_are_here():
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").read_text()


def fenced(page):
    return re.findall(
        r"^```(?:sh|bash|console)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def said(page):
    """Yield the lines of a page that are commands: in its blocks, and between its backticks."""
    text = page.read_text(encoding="utf-8")
    for line in [*(line for block in fenced(page) for line in block.splitlines()), *re.findall(r"`([^`\n]+)`", text)]:
        yield line.removeprefix("$ ").strip()


HAND_WRITTEN = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md")} - {ROOT / "docs" / page for page in PAGES})


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.name)
def test_the_commands_in_a_page_exist(page):
    trees = {"edge-agent": typer.main.get_command(app), "edge-fleet": typer.main.get_command(fleet)}
    for line in said(page):
        called = re.match(r"(?:\S*/)?(edge-agent|edge-fleet) [a-z-]", line)
        if not called:
            continue
        command = trees[called[1]]
        words = shlex.split(line.split("#")[0].rstrip("… "))[1:]
        while words and hasattr(command, "commands"):
            word = words.pop(0)
            if word == "--set":
                words.pop(0)
            elif not word.startswith("-"):
                assert word in command.commands, f"{line!r} in {page.name}"
                command = command.commands[word]
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for word in words:
            if re.match(r"--[a-z]", word):
                assert word.split("=")[0] in options | {"--help"}, f"{line!r} in {page.name}"


def anchors(page):
    """The places in a page that a link may name."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*HAND_WRITTEN, ROOT / "models" / "README.md"], ids=lambda page: page.name)
def test_the_links_in_a_page_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), f"{link!r} in {page.name}"
            assert not anchor or anchor in anchors(target), f"{link!r} in {page.name}"


def test_every_file_of_the_product_has_its_line_in_the_architecture():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / "edge_agent" / "app").glob("*.py")} - {"__init__.py"}
    assert {name for name in files if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda page: page.name)
def test_the_chores_in_a_page_exist(page):
    words = set(chores())
    for line in said(page):
        if match := re.match(r"(?:[A-Z_]+=\S+ )*make ([a-z-]+)", line):
            assert match[1] in words, f"{line!r} in {page.name}"


def chores():
    return re.findall(r"^([a-z-]+):.*?##", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_make_alone_explains_every_word():
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for word in chores():
        assert re.search(rf"^  {word} +\S", told, re.MULTILINE)
    assert {"setup", "talk", "test", "check", "bench", "lock", "docs", "long", "clean"} <= set(chores())


def test_the_lock_pins_every_dependency_with_its_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()
    for need in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = re.match(r"[A-Za-z0-9-]+", need)[0].lower()
        pinned = re.search(rf"^{name}(\[[a-z]+\])?==\S+.*\\\n +--hash=sha256:", lock, re.MULTILINE)
        assert pinned, f"{name}: run `make lock`"


@pytest.mark.skipif(not CHANGELOG.exists(), reason="nothing was released yet")
def test_the_newest_entry_of_the_changelog_is_this_version():
    assert re.search(r"^## (\d\S*)", CHANGELOG.read_text(), re.MULTILINE)[1] == __version__
