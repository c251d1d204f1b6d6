"""The public conformance suite's cases, under its names: whose signatures count, and how keys follow each other."""

import json

import pytest
from tuf.api.metadata import Metadata

SCHEMES = [("rsa", "rsassa-pss-sha256"), ("ecdsa", "ecdsa-sha2-nistp256"), ("ed25519", "ed25519")]


def edit(repository, role, change):
    """Change what is public of a role, without signing it again."""
    told = json.loads(repository.public[repository.address(role)])
    change(told)
    repository.public[repository.address(role)] = json.dumps(told).encode()


def test_snapshot_does_not_meet_threshold(client, repository):
    repository.root.roles["snapshot"].threshold = 3
    repository.add_key("snapshot")
    repository.add_key("snapshot")
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    repository.signers["snapshot"].pop()
    repository.release("targets")
    assert client.refresh() == 1
    assert client.trusts()["snapshot"] == 2


def test_snapshot_has_too_few_keys(client, repository):
    for _ in range(4):
        repository.add_key("snapshot")
    repository.root.roles["snapshot"].threshold = 6
    repository.publish("root", "snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusts() == {"root": 2, "timestamp": 2}


def test_duplicate_keys(client, repository):
    signer = repository.add_key("snapshot")
    repository.root.roles["snapshot"].keyids += [signer.public_key.keyid] * 8
    repository.root.roles["snapshot"].threshold = 6
    repository.publish("root", "snapshot", "timestamp")
    edit(repository, "snapshot", lambda told: told["signatures"].extend([told["signatures"][-1]] * 8))
    assert client.refresh() == 1
    assert "snapshot" not in client.trusts()


def test_duplicate_sig_keyids(client, repository):
    edit(repository, "snapshot", lambda told: told["signatures"].append(told["signatures"][0]))
    assert client.refresh() == 1
    assert "snapshot" not in client.trusts()


@pytest.mark.parametrize(("kind", "scheme"), SCHEMES, ids=lambda name: name)
def test_keytype_and_scheme(client, repository, kind, scheme):
    signer = repository.add_key("root", kind)
    assert signer.public_key.scheme == scheme
    repository.root.roles["root"].threshold = 2
    repository.publish("root")
    old = Metadata.from_bytes(repository.public["metadata/2.root.json"]).signatures[signer.public_key.keyid]
    assert client.refresh() == 0
    assert client.trusts()["root"] == 2
    # A signature of that very key, for something else.
    repository.publish("root")
    told = Metadata.from_bytes(repository.public["metadata/3.root.json"])
    told.signatures[signer.public_key.keyid] = old
    repository.public["metadata/3.root.json"] = told.to_bytes()
    assert client.refresh() == 1
    assert client.trusts()["root"] == 2


def test_invalid_sig_in_valid_metadata(client, repository):
    (first,) = json.loads(repository.public["metadata/timestamp.json"])["signatures"]
    repository.add_key("timestamp")
    repository.publish("root", "timestamp")
    edit(repository, "timestamp", lambda told: told["signatures"].__setitem__(0, first))
    assert client.refresh() == 0
    repository.publish("timestamp")
    edit(repository, "timestamp", lambda told: told["signatures"].__setitem__(0, {**first, "sig": ""}))
    assert client.refresh() == 0
    assert client.trusts()["timestamp"] == 3


FIVE = (0, 1, 2, 3, 4)
OTHER_FIVE = (0, 1, 3, 4, 5)
NEW_FIVE = (5, 6, 7, 8, 9)

# Of each root: whose keys it names, how many of them must sign, and who signed it. The last one is taken, or refused.
TAKEN = {
    "1-of-1-key-rotation": [((1,), 1, (1,)), ((2,), 1, (2, 1)), ((2,), 1, (2,))],
    "1-of-1-key-rotation-unused-signatures": [((1,), 1, (3, 1, 4)), ((2,), 1, (3, 2, 1, 4)), ((2,), 1, (3, 2, 4))],
    "3-of-5-sign-with-different-keycombos": [
        (FIVE, 3, (0, 2, 4)),
        (FIVE, 3, (0, 4, 1)),
        (FIVE, 3, (0, 1, 3)),
        (FIVE, 3, (0, 1, 3)),
    ],
    "3-of-5-one-key-rotated": [(FIVE, 3, (0, 2, 4)), (OTHER_FIVE, 3, (0, 4, 1))],
    "3-of-5-one-key-rotated-with-intermediate-step": [
        (FIVE, 3, (0, 2, 4)),
        (OTHER_FIVE, 3, (0, 2, 4, 5)),
        (OTHER_FIVE, 3, (0, 4, 5)),
    ],
    "3-of-5-all-keys-rotated-with-intermediate-step": [
        (FIVE, 3, (0, 2, 4)),
        (NEW_FIVE, 3, (0, 2, 4, 5, 6, 7)),
        (NEW_FIVE, 3, (5, 6, 7)),
    ],
    "1-of-3-threshold-increase-to-2-of-3": [((1, 2, 3), 1, (1,)), ((1, 2, 3), 2, (1, 2))],
    "2-of-3-threshold-decrease-to-1-of-3": [((1, 2, 3), 2, (1, 2)), ((1, 2, 3), 1, (1, 2)), ((1, 2, 3), 1, (1,))],
    "1-of-2-threshold-increase-to-2-of-2": [((1,), 1, (1,)), ((1, 2), 2, (1, 2))],
}
REFUSED = {
    "1-of-1-key-rotation-fail-not-signed-with-old-key": [((1,), 1, (1,)), ((2,), 1, (2, 3, 4))],
    "1-of-1-key-rotation-fail-not-signed-with-new-key": [((1,), 1, (1,)), ((2,), 1, (1, 3, 4))],
    "3-of-5-one-key-rotate-fails-not-signed-with-3-new-keys": [(FIVE, 3, (0, 2, 4)), (OTHER_FIVE, 3, (0, 2, 4))],
    "3-of-5-one-key-rotate-fails-not-signed-with-3-old-keys": [(FIVE, 3, (0, 2, 4)), (OTHER_FIVE, 3, (0, 4, 5))],
    "1-of-3-threshold-bump-to-2-of-3-fails-new-threshold-not-reached": [((1, 2, 3), 1, (1,)), ((1, 2, 3), 2, (2,))],
    "2-of-3-threshold-decr-to-1-of-3-fails-old-threshold-not-reached": [((1, 2, 3), 2, (1, 2)), ((1, 2, 3), 1, (1,))],
}


def entrust(repository, role, whom, pool):
    """Let root name keys for a role, and others sign it from now on."""
    holders, threshold, signed_by = whom
    repository.root.roles[role].keyids.clear()
    repository.root.roles[role].threshold = threshold
    for number in holders:
        repository.root.add_key(pool[number].public_key, role)
    repository.signers[role] = [pool[number] for number in signed_by]


@pytest.mark.parametrize("case", [*TAKEN, *REFUSED])
def test_root_rotation(client, repository, case):
    roots = (TAKEN | REFUSED)[case]
    pool = [repository.new_key() for _ in range(10)]
    repository.root.version = 0
    for whom in roots:
        entrust(repository, "root", whom, pool)
        repository.publish("root")
    assert client.init(repository.public["metadata/1.root.json"]) == 0
    assert client.refresh() == (0 if case in TAKEN else 1)
    reached = len(roots) if case in TAKEN else len(roots) - 1
    assert client.believed("root") == repository.public[f"metadata/{reached}.root.json"]


ROLE_ROTATIONS = {
    "1-of-1-key-rotation": ((2,), 1, (2,), True),
    "1-of-1-key-rotation-unused-signatures": ((1,), 1, (3, 1, 4), True),
    "1-of-1-key-rotation-fail-not-signed-with-new-key": ((2,), 1, (1, 3, 4), False),
    "3-of-5-one-key-signature-wrong-not-signed-with-3-expected-keys": (OTHER_FIVE, 3, (0, 2, 4), False),
    "2-of-5-one-key-signature-missing-threshold-not-reached": (OTHER_FIVE, 3, (0, 4), False),
    "3-of-5-sign-first-combo": (FIVE, 3, (0, 2, 4), True),
    "3-of-5-sign-second-combo": (FIVE, 3, (0, 4, 1), True),
    "3-of-5-sign-third-combo": (FIVE, 3, (0, 1, 3), True),
    "3-of-5-sign-fourth-combo": (FIVE, 3, (1, 2, 3), True),
    "3-of-5-sign-fifth-combo": (FIVE, 3, (2, 3, 4), True),
}


@pytest.mark.parametrize("case", ROLE_ROTATIONS)
def test_non_root_rotations(client, repository, case):
    *whom, taken = ROLE_ROTATIONS[case]
    pool = [repository.new_key() for _ in range(10)]
    for role in ("timestamp", "snapshot", "targets"):
        entrust(repository, role, whom, pool)
        repository.publish("root", "targets", "snapshot", "timestamp")
        assert client.refresh() == (0 if taken else 1)
        if taken:
            assert client.believed(role) == repository.public[repository.address(role)]
