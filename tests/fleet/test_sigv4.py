"""Requests are signed as the examples that AWS published are signed."""

import hashlib
from datetime import UTC, datetime

import pytest

from edge_agent.fleet.sigv4 import Credentials, escaped, signed

HOST = "https://examplebucket.s3.amazonaws.com"
WHEN = datetime(2013, 5, 24, tzinfo=UTC)
WHO = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
STORED = {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "signature"),
    [
        ("GET", "/test.txt", {"Range": "bytes=0-9"}, b"",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("PUT", escaped("/test$file.text"), STORED, b"Welcome to Amazon S3.",
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        ("GET", "/?lifecycle", {}, b"", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "/?max-keys=2&prefix=J", {}, b"", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_the_published_examples_come_out(method, path, headers, body, signature):
    sent = signed(method, HOST + path, headers, hashlib.sha256(body).hexdigest(), by=WHO, now=WHEN)
    assert sent["authorization"].endswith(f"Signature={signature}")
    assert sent["x-amz-date"] == "20130524T000000Z"


def test_a_session_and_a_port_are_signed_too():
    who = Credentials("id", "secret", "auto", "session")
    sent = signed("PUT", "http://localhost:9000/b/a%2Bb", {}, "0" * 64, by=who, now=WHEN)
    assert (sent["host"], sent["x-amz-security-token"]) == ("localhost:9000", "session")
    assert "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token," in sent["authorization"]
    assert "/20130524/auto/s3/aws4_request" in sent["authorization"]


def test_no_secret_is_shown_or_sent():
    who = Credentials("id", "the-secret", "auto", "the-session")
    assert "the-se" not in repr(who)
    assert "the-secret" not in str(signed("PUT", "http://localhost/b", {}, "0" * 64, by=who, now=WHEN))
