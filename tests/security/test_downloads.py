"""Row 10: what was downloaded is what AWS announced, or it is refused."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.code.servers import sends, serving
from tests.code.zips import make_zip
from tests.security.hostile_endpoint import ACCOUNT, HostileEndpoint, hostile_endpoint, sha256_of
from tests.ui.conftest import _theme, actions, clock, icons, jobs, services, settings, theme
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.session import Session
from workbench.code.download import fetch_layer_imports, is_complete
from workbench.code.workspace import open_workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.ui.features.local_run.runs import lay_out
from workbench.ui.pages.code_opening import open_code
from workbench.ui.shell.services import OpenFunction, Services

__all__ = ["_theme", "actions", "clock", "icons", "jobs", "services", "settings", "theme"]

CTX = JobContext()
LAYER = "arn:aws:lambda:us-east-1:999999999999:layer:tools:1"


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[HostileEndpoint]:
    package = make_zip(tmp_path / "package.zip", {"app.py": "x = 1\n", "python/tool.py": "x = 1\n"})
    with hostile_endpoint(package.read_bytes()) as endpoint:
        yield endpoint


@pytest.fixture
def evil(tmp_path: Path) -> bytes:
    return make_zip(tmp_path / "evil.zip", {"app.py": "evil\n", "python/tool.py": "evil\n"}).read_bytes()


def test_code_with_another_hash_is_not_opened(
    endpoint: HostileEndpoint, services: Services, evil: bytes
) -> None:
    connection = endpoint.connection()
    function = OpenFunction(connection, get_function(connection, "hello"))
    endpoint.package = evil

    with pytest.raises(WorkbenchError) as refused:
        open_code(services, function, "", open_workspace, CTX)

    assert sha256_of(evil) in refused.value.why
    assert endpoint.announced in refused.value.why
    assert "Refresh" in refused.value.remedy
    assert not [path for path in services.paths.data_dir.rglob("*") if path.is_file()]


def test_changed_code_that_is_here_stays_when_what_comes_is_refused(
    endpoint: HostileEndpoint, services: Services, evil: bytes
) -> None:
    connection = endpoint.connection()
    function = OpenFunction(connection, get_function(connection, "hello"))
    opened = open_code(services, function, "", open_workspace, CTX)
    endpoint.package, endpoint.announced = evil, sha256_of(b"something else")

    with pytest.raises(WorkbenchError, match="AWS reported"):
        open_code(services, function, "", open_workspace, CTX)

    assert (opened.workspace.root / "app.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("announced", ["", "..", "../..", "not base64", "AAAA"])
def test_an_answer_without_a_hash_is_refused_before_anything_is_asked_for(
    endpoint: HostileEndpoint, services: Services, announced: str
) -> None:
    connection = endpoint.connection()
    endpoint.announced = announced
    function = OpenFunction(connection, get_function(connection, "hello"))
    with pytest.raises(WorkbenchError, match="no SHA-256"):
        open_code(services, function, "", open_workspace, CTX)
    assert endpoint.downloads == 0


def layer_of(endpoint: HostileEndpoint, services: Services, folder: Path) -> str:
    """What a local run finds of a layer: the text of a file of it, or why it runs without the layer."""
    connection = endpoint.connection()
    announced, endpoint.announced = endpoint.announced, sha256_of(endpoint.package)
    function = OpenFunction(connection, get_function(connection, "hello"))
    workspace = open_code(services, function, "", open_workspace, CTX).workspace
    endpoint.announced = announced
    said: list[object] = []
    code = lay_out(
        workspace,
        replace(function.detail, layers=(LAYER,)),
        connection,
        folder,
        services.paths.cache_dir,
        JobContext(item=said.append),
    )
    if code.layers_root is None:
        return " ".join(map(str, said))
    return (code.layers_root / "app.py").read_text()


def test_a_layer_is_not_kept_under_a_hash_that_it_does_not_have(
    endpoint: HostileEndpoint, services: Services, tmp_path: Path, evil: bytes
) -> None:
    endpoint.package, honest = evil, endpoint.package
    assert "AWS reported" in layer_of(endpoint, services, tmp_path / "run")

    endpoint.package = honest  # the same hash, this time the real bytes: nothing of before is in the way
    assert layer_of(endpoint, services, tmp_path / "again") == "x = 1\n"


@pytest.mark.parametrize("announced", ["", "..", "."])
def test_the_hash_of_a_layer_is_no_path(
    endpoint: HostileEndpoint, services: Services, tmp_path: Path, announced: str
) -> None:
    mine = services.paths.cache_dir / "layers"
    mine.mkdir(parents=True)
    (mine / "app.py").write_text("of another layer\n")
    endpoint.announced = announced
    assert "no SHA-256" in layer_of(endpoint, services, tmp_path / "run")


def test_each_account_has_its_own_layers(
    endpoint: HostileEndpoint, services: Services, tmp_path: Path
) -> None:
    layer_of(endpoint, services, tmp_path / "one")
    before = endpoint.downloads
    layer_of(endpoint, services, tmp_path / "two")
    assert endpoint.downloads == before
    endpoint.account_id = "210987654321"
    layer_of(endpoint, services, tmp_path / "three")
    assert endpoint.downloads == before + 1


def test_what_completion_reads_of_a_layer_is_compared_too(
    endpoint: HostileEndpoint, tmp_path: Path, evil: bytes
) -> None:
    endpoint.package = evil
    fetched = fetch_layer_imports(endpoint.connection(), [LAYER], tmp_path / "layers", CTX)
    assert "AWS reported" in fetched.failures[LAYER].why
    assert not is_complete(tmp_path / "layers", [LAYER])


def test_the_certificates_of_the_profile_are_used_for_links(
    endpoint: HostileEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    """A company's proxy has a certificate that only the profile's `ca_bundle` knows."""
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(certificate)),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    config = tmp_path / "config"
    config.write_text(
        f"[profile company]\nregion = us-east-1\nca_bundle = {certificate}\n"
        "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    access = Access("company", "us-east-1", endpoint.url)
    connection = Connection(access, Session(access), ACCOUNT)
    with serving(sends(endpoint.package), context) as link:
        honest = endpoint.answer
        monkeypatch.setattr(endpoint, "answer", lambda path: honest(path) | {"Code": {"Location": link}})
        function = OpenFunction(connection, get_function(connection, "hello"))
        opened = open_code(services, function, "", open_workspace, CTX)
    assert opened.workspace.base.code_sha256 == endpoint.announced
