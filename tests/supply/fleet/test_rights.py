"""What another user of the device may do to its updates: look at them where files may be read, and nothing else."""

import os
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.base.errors import AccessError
from edge_agent.supply.fleet.figures import Figures, figures
from edge_agent.supply.fleet.journal import FILE, Journal, history, peek
from edge_agent.supply.fleet.words import Phase

SOMEBODY_ELSE = 65534


@contextmanager
def without_rights(folder):
    """Be another user for a while; where this user can't be one, at least may not write."""
    if os.geteuid() == 0:
        os.seteuid(SOMEBODY_ELSE)
    else:
        folder.chmod(0o500)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        else:
            folder.chmod(0o700)


@pytest.mark.parametrize("how", [{"back": "enough of it"}, {"asked": True}])
def test_another_user_is_told_whom_to_be(device, how):
    release = device.fleet.publish(1, {"model.bin": b"weights"})
    device.update()
    with without_rights(device.root), pytest.raises(AccessError, match="Permission denied") as told:
        device.updater().run(**how)
    assert told.value.exit_code == 77
    assert "sudo" in told.value.hint
    assert device.pointers.good == release.id


@pytest.fixture
def in_sight(device):
    """The same device in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield replace(device, root=Path(folder) / "device")


@pytest.mark.parametrize("at_work", [False, True])
def test_another_user_sees_where_it_stands(in_sight, at_work):
    release = in_sight.fleet.publish(1, {"model.bin": b"weights"})
    in_sight.update()
    with closing(Journal(in_sight.root)) as journal:
        if not at_work:
            journal.close()
        before = sorted(path.name for path in in_sight.root.iterdir())
        with without_rights(in_sight.root):
            assert (peek(in_sight.root).phase, peek(in_sight.root).counter) == (Phase.IDLE, 1)
            assert history(in_sight.root, 2)[0].release == release.sha256
            assert figures(in_sight.root).counts.changes["commit", "idle", "finished"] == 1
        assert sorted(path.name for path in in_sight.root.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody who may not read")
def test_what_may_not_be_seen_is_not_shown_as_nothing(in_sight):
    in_sight.fleet.publish(1, {"model.bin": b"weights"})
    in_sight.update()
    (in_sight.root / FILE).chmod(0o600)
    with without_rights(in_sight.root):
        for look in (lambda: peek(in_sight.root), lambda: history(in_sight.root, 1)):
            with pytest.raises(PermissionError):
                look()
        assert figures(in_sight.root).counts == Figures().counts
