"""Following Code.Location through networks that fail."""

import base64
import hashlib
import os
import resource
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.code.servers import Behaviour, sends, serving
from workbench.code import download as download_module
from workbench.code.download import download
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress

DATA = os.urandom(1_000_000)
SHA256 = base64.b64encode(hashlib.sha256(DATA).digest()).decode()


def test_bytes_arrive_with_their_hash_and_progress(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with serving(sends(DATA)) as url:
        download(
            f"{url}/code?X-Amz-Signature=x", tmp_path / "p.zip", JobContext(seen.append), code_sha256=SHA256
        )

    assert (tmp_path / "p.zip").read_bytes() == DATA
    assert (tmp_path / "p.zip").stat().st_mode & 0o077 == 0  # secrets may stand in code
    assert len(DATA) == seen[-1].done == seen[-1].total
    assert len(seen) > 2


@pytest.mark.parametrize("announces", [True, False])
def test_a_download_that_does_not_end_is_cut_at_the_largest_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, announces: bool
) -> None:
    """The hash is known only at the end, which never comes; so is the length, if it is said at all."""
    monkeypatch.setattr(download_module, "_MAX_BYTES", 1_000_000)
    sent: list[int] = []

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        if announces:
            handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        while True:  # until the client hangs up
            sent.append(handler.wfile.write(bytes(100_000)))

    with serving(behave) as url, pytest.raises(WorkbenchError, match="more than 1,000,000 bytes"):
        download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)
    assert sum(sent) < 100_000_000
    assert not list(tmp_path.iterdir())


def test_the_largest_package_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert download_module._MAX_BYTES > 262_144_000  # Lambda's limit of what is unzipped
    monkeypatch.setattr(download_module, "_MAX_BYTES", len(DATA))
    with serving(sends(DATA)) as url:
        download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)
    assert (tmp_path / "p.zip").read_bytes() == DATA


EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


@pytest.mark.parametrize(
    ("behave", "word", "code"),
    [
        (sends(EXPIRED, 403), "expired", "AccessDenied"),
        (sends(b"<Error><Code>NoSuchKey</Code></Error>", 404), "no longer exists", "NoSuchKey"),
        (sends(b"busy", 503), "returned 503", "HTTP 503"),
        (sends(DATA[:1000], length=5000), "after 1,000 of 5,000 bytes", ""),
    ],
)
def test_a_refused_or_broken_answer_is_said_and_leaves_nothing(
    tmp_path: Path, behave: Behaviour, word: str, code: str
) -> None:
    with serving(behave) as url, pytest.raises(WorkbenchError) as caught:
        download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)

    assert word in caught.value.why
    assert caught.value.aws_code == code
    assert caught.value.remedy
    assert not list(tmp_path.iterdir())


def test_an_expired_link_offers_to_refresh(tmp_path: Path) -> None:
    with serving(sends(EXPIRED, 403)) as url, pytest.raises(WorkbenchError) as caught:
        download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)

    assert caught.value.action == "function.refresh"


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        with pytest.raises(WorkbenchError, match=r"127\.0\.0\.1 could not be reached"):
            download(
                f"http://127.0.0.1:{taken.getsockname()[1]}/",
                tmp_path / "p.zip",
                JobContext(),
                code_sha256=SHA256,
            )


def test_links_to_files_are_not_followed(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="unknown scheme: file"):
        download("file:///etc/passwd", tmp_path / "p.zip", JobContext(), code_sha256=SHA256)


def test_cancel_ends_a_download_whose_server_hangs(tmp_path: Path) -> None:
    stop, asked, release = threading.Event(), threading.Event(), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"some")
        asked.set()
        release.wait(30)

    def cancel() -> None:
        asked.wait(30)
        stop.set()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with serving(hang) as url:
        try:
            with pytest.raises(Cancelled):
                download(url, tmp_path / "p.zip", JobContext(stop=stop), code_sha256=SHA256)
            assert not release.is_set()
        finally:
            release.set()
            canceller.join()
    assert not list(tmp_path.iterdir())


def test_a_silent_server_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "_SILENCE_S", 0.2)
    release = threading.Event()
    with serving(lambda handler: (release.wait(30), None)[1]) as url:
        try:
            with pytest.raises(WorkbenchError, match="did not respond"):
                download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)
        finally:
            release.set()


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving(sends(DATA)) as url:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, old[1]))
        try:
            with pytest.raises(WorkbenchError, match="could not be downloaded"):
                download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert not list(tmp_path.iterdir())


def test_the_environments_proxy_is_used_except_for_the_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths: list[str] = []

    def proxy(handler: BaseHTTPRequestHandler) -> None:
        paths.append(handler.path)
        sends(DATA)(handler)

    with serving(proxy) as proxy_url, serving(sends(DATA)) as url:
        monkeypatch.setenv("http_proxy", proxy_url)
        download("http://bucket.example/code", tmp_path / "one", JobContext(), code_sha256=SHA256)
        download(url, tmp_path / "two", JobContext(), code_sha256=SHA256)

    assert paths == ["http://bucket.example/code"]


def _certificate(folder: Path) -> Path:
    file = folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", file],
        check=True, capture_output=True,
    )  # fmt: skip
    return file


def test_the_environments_certificates_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    with serving(sends(DATA), context) as url:
        with pytest.raises(WorkbenchError) as caught:
            download(url, tmp_path / "p.zip", JobContext(), code_sha256=SHA256)
        assert "is not trusted" in caught.value.why
        assert "AWS_CA_BUNDLE" in caught.value.remedy

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        download(url, tmp_path / "one", JobContext(), code_sha256=SHA256)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with pytest.raises(WorkbenchError, match=r"missing\.pem could not be read"):
            download(url, tmp_path / "two", JobContext(), code_sha256=SHA256)
        download(url, tmp_path / "three", JobContext(), code_sha256=SHA256, ca_bundle=str(certificate))
        assert (tmp_path / "one").read_bytes() == (tmp_path / "three").read_bytes() == DATA
