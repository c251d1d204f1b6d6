"""How the files read."""

import ast

import pytest
from house import PACKAGE, ROOT, calls, name, sources, tree, written

LINES_MAX = 300

LONGER: dict[str, str] = {}
"""Files that are longer, each with its reason."""

OUTPUT = {"edge_agent/cli/output.py", "edge_agent/cli/screen.py", "edge_agent/workers/child.py"}
"""Who may write to standard output: the commands' one printer, the live screen, and the workers' wire."""


@pytest.mark.parametrize("path", [*sources(), *sources(ROOT / "tools")], ids=name)
def test_a_file_begins_by_saying_what_it_promises(path):
    if path.stat().st_size:
        assert ast.get_docstring(tree(path))


def test_a_file_that_is_long_has_a_reason():
    long = {name(path) for path in sources() if len(path.read_text(encoding="utf-8").splitlines()) > LINES_MAX}
    assert long - set(LONGER) == set()


def test_only_the_printer_prints():
    for path in sources():
        if name(path) not in OUTPUT:
            printed = [
                call for call in calls(path) if written(call.func) in ("print", "typer.echo", "sys.stdout.write")
            ]
            assert printed == [], name(path)


OUR_OWN_WORDS = {
    "edge_agent/cli/run.py": "a note is what the agent remarks about its own state",
    "edge_agent/workers/gguf.py": "what llama.cpp says about itself while it loads",
}
"""Files in which such a name holds no words of a conversation."""

TELLING = {
    "text",
    "texts",
    "transcript",
    "words",
    "word",
    "prompt",
    "reply",
    "content",
    "messages",
    "persona",
    "sentence",
}
"""Names under which what people said travels."""

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def test_no_log_line_holds_what_anybody_said():
    for path in (path for path in sources() if name(path) not in OUR_OWN_WORDS):
        for call in calls(path):
            if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS and "log" in written(call.func.value):
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                inner = [node for value in given for node in ast.walk(value)]
                names = {node.id for node in inner if isinstance(node, ast.Name)}
                names |= {node.attr for node in inner if isinstance(node, ast.Attribute)}
                assert names & TELLING == set(), f"{name(path)}:{call.lineno}"


def test_nothing_is_left_to_do():
    mark = "TO" + "DO"
    assert [name(path) for path in sources() if mark in path.read_text(encoding="utf-8")] == []


def test_the_gpl_stays_in_one_file():
    marked = [name(path) for path in sources() if "SPDX-License-Identifier: GPL" in path.read_text(encoding="utf-8")]
    assert marked in ([], ["edge_agent/workers/piper.py"])


PATCHES = {"monkeypatch", "mocker", "unittest.mock", "patch", "MagicMock"}


TESTS = [path for path in sources(ROOT / "tests") if path.stem.startswith(("test_", "conftest"))]


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_no_test_waits_by_sleeping_and_none_replaces_what_it_tests(path):
    slept = [call.lineno for call in calls(path) if written(call.func) in ("time.sleep", "sleep")]
    assert slept == []
    names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree(path)) if isinstance(node, ast.arg)}
    assert names & PATCHES == set()


def test_the_package_is_marked_as_typed():
    assert (PACKAGE / "py.typed").exists()


def test_a_test_that_lives_in_real_time_says_so():
    for path in sources(ROOT / "tests"):
        text = path.read_text(encoding="utf-8")
        arguments = {node.arg for node in ast.walk(tree(path)) if isinstance(node, ast.arg)}
        lives = {written(call.func) for call in calls(path)} & {"Live", "PulseRoom"} or "scene" in arguments
        if path.name.startswith("test_") and lives and "mark.models" in text:
            assert "mark.alone" in text or "mark.pulse" in text or "mark.long" in text, name(path)
