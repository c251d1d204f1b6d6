"""What a network can do to a small file, and what becomes of it."""

import gzip
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.base.errors import NetworkError, SettingsError
from edge_agent.supply.fleet import transport
from edge_agent.supply.fleet.channel import Channel
from edge_agent.supply.fleet.transport import Limits, RefusedError, Transport

QUICK = Limits(connect_s=2, gap_s=0.5, grace_s=0.3, least_bytes_s=10_000)


@contextmanager
def answering(answer, *, reads=True):
    """Serve whatever `answer(connection, stopped)` sends, for every connection, and yield the address."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while not stopped.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        if reads:
                            connection.recv(65_536)
                        answer(connection, stopped)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/file.json"
        finally:
            stopped.set()
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def said(head, body=b""):
    def answer(connection, _):
        connection.sendall(b"HTTP/1.1 " + head.encode() + b"\r\nconnection: close\r\n\r\n" + body)

    return answer


def get(url, most=1000, limits=QUICK):
    with Transport(limits) as line:
        return line.get(url, most)


def certificate(folder, name, days):
    """Write a key and a certificate for `name` that nobody vouches for; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime.now(UTC) - timedelta(days=400)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    return folder / "cert.pem", folder / "key.pem"


@pytest.mark.parametrize(("name", "days"), [("localhost", 5), ("localhost", -5), ("other.example", 5)])
def test_a_server_that_nobody_vouches_for_is_not_asked(tmp_path, name, days):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path, name, days))
    asked = []

    def answer(connection, _):
        with context.wrap_socket(connection, server_side=True) as line:
            asked.append(line.recv(1000))

    with answering(answer, reads=False) as url, pytest.raises(NetworkError, match="certificate"):
        get(url.replace("http://127.0.0.1", "https://localhost"))
    assert asked == []


def test_a_file_arrives():
    with answering(said("200 OK\r\ncontent-length: 4", b"data")) as url:
        assert get(url) == b"data"


def test_data_without_end_is_broken_off():
    def endless(connection, stopped):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stopped.is_set():
            connection.sendall(b"x" * 10_000)

    with answering(endless) as url, pytest.raises(NetworkError, match="more than the 1000 bytes"):
        get(url)


def test_data_that_drips_is_broken_off():
    def dripping(connection, stopped):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
        while not stopped.wait(0.05):
            connection.sendall(b"x")

    with answering(dripping) as url, pytest.raises(NetworkError, match="too slow"):
        get(url)


def test_a_server_that_falls_silent_is_left():
    def silent(connection, stopped):
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nx")
        stopped.wait(10)

    with answering(silent) as url, pytest.raises(NetworkError, match="does not answer in time"):
        get(url)


def test_a_file_that_is_cut_short_is_none():
    with answering(said("200 OK\r\ncontent-length: 9", b"data")) as url, pytest.raises(NetworkError):
        get(url)


def test_a_proxy_may_compress_and_the_bound_is_on_what_comes_out():
    with answering(said("200 OK\r\ncontent-encoding: gzip", gzip.compress(b"data"))) as url:
        assert get(url) == b"data"
    bomb = gzip.compress(b"0" * 10_000_000)
    with (
        answering(said("200 OK\r\ncontent-encoding: gzip", bomb)) as url,
        pytest.raises(NetworkError, match="more than"),
    ):
        get(url)


@pytest.mark.parametrize(
    "to", ["http://example.org/", "https://127.0.0.1/", "http://127.0.0.1:1/file.json", "file:///etc/passwd"]
)
def test_a_redirect_to_somewhere_else_is_not_followed(to):
    with answering(said(f"302 Found\r\nlocation: {to}")) as url, pytest.raises(NetworkError, match="leads elsewhere"):
        get(url)


def test_a_redirect_without_end_is_left():
    with answering(said("302 Found\r\nlocation: /other")) as url, pytest.raises(NetworkError, match="on and on"):
        get(url)


@pytest.mark.parametrize("status", [404, 403, 416, 429, 500, 503])
def test_what_is_not_the_file_is_told_as_its_number(status):
    with answering(said(f"{status} No")) as url, pytest.raises(RefusedError) as error:
        get(url)
    assert error.value.status == status
    assert error.value.retry_after_s is None


@pytest.mark.parametrize(
    ("told", "seconds"), [("120", 120), ("0", 0), ("9999999", 86_400), ("soon", None), ("-5", None)]
)
def test_come_back_later_reaches_the_caller(told, seconds):
    with answering(said(f"503 Busy\r\nretry-after: {told}")) as url, pytest.raises(RefusedError) as error:
        get(url)
    assert error.value.retry_after_s == seconds


def test_come_back_later_reaches_the_updater(client):
    with answering(said("503 Busy\r\nretry-after: 77")) as url, Transport() as line:
        channel = Channel(client.metadata, [url.removesuffix("/file.json")], "stable", line)
        with pytest.raises(RefusedError) as error:
            channel.refresh(datetime.now(UTC), synchronized=True)
    assert error.value.retry_after_s == 77


def test_come_back_at_a_date_is_counted_from_now():
    now = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    assert transport.retry_after_s("Fri, 27 Nov 2026 12:01:00 GMT", now) == 60
    assert transport.retry_after_s("Fri, 27 Nov 2026 11:00:00 GMT", now) == 0
    assert transport.retry_after_s("Fri, 27 Nov 2026 12:01:00", now) is None


def test_nobody_there_and_no_such_name():
    with pytest.raises(NetworkError):
        get("http://127.0.0.1:1/file")
    with pytest.raises(NetworkError):
        get("https://no-such-name.invalid/file")


def test_the_environments_proxy_is_asked_for_others_but_never_for_this_machine(in_environment):
    asked = []

    def proxy(connection, stopped):
        asked.append(True)
        said("502 No\r\ncontent-length: 0")(connection, stopped)

    with answering(proxy) as address, answering(said("200 OK\r\ncontent-length: 4", b"data")) as url:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        in_environment(**dict.fromkeys(names, address.removesuffix("/file.json")), NO_PROXY="", no_proxy="")
        assert get(url) == b"data"
        assert asked == []
        with pytest.raises(NetworkError, match="502"):
            get("https://models.example.com/file.json")
        assert asked == [True]


@pytest.mark.parametrize("url", ["http://example.org/", "ftp://x/", "file://host/x", "/folder", "", "https://"])
def test_other_addresses_are_not_asked(url):
    with pytest.raises(SettingsError, match="can't be a fleet's repository"):
        get(url)


def test_a_folder_is_read_and_not_left(tmp_path):
    (tmp_path / "a b.json").write_bytes(b"data")
    (tmp_path / "inner").mkdir()
    assert get(f"{tmp_path.as_uri()}/a%20b.json") == b"data"
    for path in ("none.json", "inner", "inner/../a%20b.json", "a%20b.json/x"):
        with pytest.raises(RefusedError) as error:
            get(f"{tmp_path.as_uri()}/{path}")
        assert error.value.status == 404
    with pytest.raises(NetworkError, match="more than the 3 bytes"):
        get(f"{tmp_path.as_uri()}/a%20b.json", most=3)


@pytest.mark.parametrize("page", [b"<html>Please log in</html>", b"", b"{}", b"[" * 100_000])
def test_a_login_page_for_every_address_is_no_repository(client, repository, page):
    for address in (*repository.public, "metadata/2.root.json"):
        repository.public[address] = page or b" "
    assert client.refresh() == 1
    assert client.trusts() == {"root": 1}
    assert client.has() == {}
