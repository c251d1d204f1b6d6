"""Before the agent starts, and with nothing but Python."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from edge_agent.supply.fleet import pointers
from edge_agent.supply.fleet.boot_guard import guard, main
from edge_agent.supply.fleet.pointers import Pointers


@pytest.fixture
def root(tmp_path):
    for name in ("1-a", "2-b", "3-c"):
        (tmp_path / name / "words").mkdir(parents=True)
        (tmp_path / name / "words" / "m").write_bytes(b"weights")
        told = {"components": [{"name": "words", "files": [{"path": "m", "size": 7}]}]}
        (tmp_path / name / "release.json").write_text(json.dumps(told))
    return tmp_path


def test_a_device_without_releases_has_nothing_to_guard(tmp_path):
    assert guard(tmp_path / "never") == Pointers()
    assert main([str(tmp_path / "never")]) == 0


def test_two_starts_are_given_the_third_goes_back(root):
    pointers.write(root, Pointers(current="3-c", good="2-b", before="1-a"))
    assert [guard(root).current for _ in range(3)] == ["3-c", "3-c", "2-b"]
    after = pointers.read(root)
    assert after.back_from == "3-c"
    assert "did not last" in after.reason
    assert guard(root) == after


def test_a_good_generation_may_be_started_for_ever(root):
    pointers.write(root, Pointers(current="2-b", good="2-b"))
    assert {guard(root).current for _ in range(9)} == {"2-b"}


@pytest.mark.parametrize(
    ("gone", "left"),
    [(["3-c"], "2-b"), (["3-c", "2-b"], "1-a"), (["3-c", "2-b", "1-a"], ""), (["2-b"], "3-c")],
)
def test_what_is_not_whole_is_not_started(root, gone, left):
    pointers.write(root, Pointers(current="3-c", good="2-b", before="1-a"))
    for name in gone:
        (root / name / "words" / "m").write_bytes(b"short")
    assert guard(root).current == left
    assert pointers.read(root).current == left


def test_a_committed_generation_that_is_damaged_gives_way_to_the_one_before(root):
    pointers.write(root, Pointers(current="3-c", good="3-c", before="1-a"))
    (root / "3-c" / "release.json").write_bytes(b"\0" * 20)
    assert guard(root).current == pointers.read(root).good == "1-a"


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"current": "../../etc"}', b"\xff\xfe"])
def test_torn_pointers_keep_nobody_from_starting(root, torn):
    (root / pointers.FILE).write_bytes(torn)
    assert main([str(root)]) == 0
    assert pointers.read(root) == Pointers()


@pytest.mark.parametrize(
    "meant",
    [
        {"current": "../../etc"},
        {"good": "1-a/words"},
        {"before": ".."},
        {"current": 1},
        {"good": None},
        {"attempts": "1"},
    ],
)
def test_pointers_that_lead_elsewhere_are_none(root, meant):
    (root / "pointers.json").write_text(json.dumps(asdict(Pointers(current="2-b", good="2-b")) | meant))
    assert pointers.read(root) == Pointers()


def test_it_needs_nothing_but_the_standard_library(root):
    pointers.write(root, Pointers(current="3-c", good="2-b", attempts=2))
    # -S leaves out every installed package; what is left is Python and this project.
    code = (
        "import sys; from edge_agent.supply.fleet.boot_guard import main; main(sys.argv[1:]);"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code, root], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__main__", "edge_agent"] or done.stdout.split() == ["edge_agent"]
    assert "back from 3-c" in done.stderr
    assert pointers.read(root).current == "2-b"
