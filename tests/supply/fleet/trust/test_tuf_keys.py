"""Whose signatures count: thresholds, doubles, kinds of keys, and roots that hand on to other keys."""

import json

import pytest

REST = {"snapshot": ("snapshot", "timestamp"), "targets": ("targets", "snapshot", "timestamp")}


def publish(repository, role):
    """Publish a role and whatever names it."""
    repository.publish(*REST.get(role, (role,)))


def signed_again(repository, role, change):
    """Make public the role's last metadata with other signatures."""
    address = next(name for name in reversed(repository.public) if name.endswith(f"{role}.json"))
    table = json.loads(repository.public[address])
    change(table["signatures"])
    repository.public[address] = json.dumps(table).encode()


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_a_threshold_counts_keys(client, repository, role):
    client.refresh()
    repository.add_key(role)
    repository.root.roles[role].threshold = 2
    repository.publish("root")
    if role != "root":
        publish(repository, role)
    assert client.refresh() == 0
    repository.signers[role].pop()
    publish(repository, role)
    trusted = client.trusts()
    assert client.refresh() == 1
    assert client.trusts()[role] == trusted[role]


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets"])
def test_a_threshold_that_no_number_of_keys_reaches_is_not_reached(client, repository, role):
    repository.root.roles[role].threshold = 2
    repository.publish("root")
    if role != "root":
        publish(repository, role)
    assert client.refresh() == 1


@pytest.mark.parametrize("role", ["root", "timestamp"])
def test_a_key_that_is_named_several_times_is_refused(client, repository, role):
    repository.root.roles[role].threshold = 3
    repository.root.roles[role].keyids *= 3
    repository.publish("root", "timestamp")
    signed_again(repository, role, lambda signatures: signatures.extend([signatures[0], signatures[0]]))
    assert client.refresh() == 1
    assert client.trusts()["root"] == 1


def test_two_signatures_of_one_key_are_one(client, repository):
    repository.add_key("timestamp")
    repository.root.roles["timestamp"].threshold = 2
    repository.publish("root", "timestamp")
    signed_again(repository, "timestamp", lambda signatures: signatures.__setitem__(1, signatures[0]))
    assert client.refresh() == 1


def test_a_signature_of_a_key_that_is_not_the_roles_does_not_count(client, repository):
    repository.signers["timestamp"] = repository.signers["snapshot"]
    repository.publish("timestamp")
    assert client.refresh() == 1


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("role", ["root", "timestamp"])
def test_keys_may_be_of_several_kinds(client, repository, kind, role):
    repository.add_key(role, kind)
    repository.root.roles[role].threshold = 2
    repository.publish("root", "timestamp")
    assert client.refresh() == 0


ROTATIONS = {
    "another key": ([("a",), ("b",)], [("a",), ("a", "b")], 2),
    "another key, without the old one's word": ([("a",), ("b",)], [("a",), ("b",)], 1),
    "another key, without its own word": ([("a",), ("b",)], [("a",), ("a",)], 1),
    "one more": ([("a",), ("a", "b")], [("a",), ("a", "b")], 2),
    "step by step": ([("a",), ("b",), ("c",)], [("a",), ("a", "b"), ("b", "c")], 3),
    "a gap in the chain": ([("a",), ("b",), ("c",)], [("a",), ("a", "b"), ("a", "c")], 2),
    "there and back": ([("a",), ("b",), ("a",)], [("a",), ("a", "b"), ("a", "b")], 3),
}


@pytest.mark.parametrize("case", ROTATIONS)
def test_a_root_is_followed_as_far_as_each_vouches_for_the_next(client, repository, case):
    keys, signers, reached = ROTATIONS[case]
    pool = {"a": repository.signers["root"][0], "b": repository.new_key(), "c": repository.new_key()}
    for holders, signed_by in zip(keys[1:], signers[1:], strict=True):
        repository.root.roles["root"].keyids.clear()
        for name in holders:
            repository.root.add_key(pool[name].public_key, "root")
        repository.signers["root"] = [pool[name] for name in signed_by]
        repository.publish("root")
    assert client.refresh() == (0 if reached == len(keys) else 1)
    assert client.trusts()["root"] == reached


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_role_whose_key_is_replaced_must_sign_anew(client, repository, role):
    assert client.refresh() == 0
    repository.rotate(role)
    repository.publish("root")
    assert client.refresh() == 1
    publish(repository, role)
    assert client.refresh() == 0


def test_forty_roots_are_climbed_at_once(client, repository):
    for _ in range(40):
        repository.publish("root")
    assert client.refresh() == 0
    assert client.trusts()["root"] == 41
