"""Layers: fetched once, safely, and on Python's path in Lambda's order."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.aws_stub import StubbedAws, aws
from tests.code.language.listening import Listener, place
from tests.code.servers import Behaviour, sends, serving
from tests.code.zips import make_zip, raw_zip
from workbench.aws.connection import Connection
from workbench.code.download import fetch_layer_imports, is_complete, layer_imports
from workbench.code.language_service import python_servers
from workbench.core.jobs import JobContext

__all__ = ["aws"]

ARN = "arn:aws:lambda:eu-central-1:123456789012:layer:tools:7"
OTHER = "arn:aws:lambda:eu-central-1:999999999999:layer:more:1"
SITE = "python/lib/python3.13/site-packages"


class Layers:
    """AWS with some layers, and the cache."""

    def __init__(self, stub: StubbedAws, folder: Path, servers: ExitStack) -> None:
        self.stub = stub
        self.cache_dir = folder / "cache" / "layers"
        self.asked = 0
        self._folder = folder
        self._servers = servers

    def has(self, arn: str, zip_path: Path, behave: Callable[[bytes], Behaviour] = sends) -> None:
        """AWS is asked for it once."""
        data = zip_path.read_bytes()
        location = self._servers.enter_context(serving(behave(data)))
        sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
        answer = {"Content": {"Location": location, "CodeSha256": sha256}}
        self.stub.answer("lambda", "get_layer_version_by_arn", answer, {"Arn": arn})

    def zip(self, files: dict[str, bytes | str], modes: dict[str, int] | None = None) -> Path:
        self.asked += 1
        return make_zip(self._folder / f"layer-{self.asked}.zip", files, modes)

    def fetch(self, *arns: str) -> tuple[bool, dict[str, str]]:
        fetched = fetch_layer_imports(self.stub.connection, arns, self.cache_dir, JobContext())
        return fetched.changed, {arn: str(error) for arn, error in fetched.failures.items()}

    def paths(self, *arns: str, version: str = "3.13") -> list[str]:
        """Below each layer's folder, with the layer's name."""
        return [
            f"{path.relative_to(self.cache_dir).parts[0].split('-')[0]}:"
            + "/".join(path.relative_to(self.cache_dir).parts[2:])
            for path in layer_imports(self.cache_dir, arns, version)
        ]


@pytest.fixture
def layers(aws: StubbedAws, tmp_path: Path) -> Iterator[Layers]:
    with ExitStack() as servers:
        yield Layers(aws, tmp_path, servers)


def test_a_layer_is_fetched_once(layers: Layers) -> None:
    layers.has(ARN, layers.zip({"python/tool.py": "x = 1\n", f"{SITE}/deep/lib.pyi": "y: int\n"}))
    assert not is_complete(layers.cache_dir, [ARN])
    assert layers.fetch(ARN) == (True, {})
    assert is_complete(layers.cache_dir, [ARN])
    assert layers.fetch(ARN) == (False, {})
    assert layers.paths(ARN) == [f"tools:{SITE}", "tools:python"]
    site, python = layer_imports(layers.cache_dir, [ARN], "3.13")
    assert (python / "tool.py").read_text() == "x = 1\n"
    assert (site / "deep" / "lib.pyi").read_text() == "y: int\n"
    assert layers.paths(ARN, version="3.12") == ["tools:python"]


def test_a_later_layer_wins(layers: Layers) -> None:
    layers.has(ARN, layers.zip({f"{SITE}/lib.py": "", "python/a.py": ""}))
    layers.has(OTHER, layers.zip({f"{SITE}/lib.py": "", "python/a.py": ""}))
    layers.fetch(ARN, OTHER)
    assert layers.paths(ARN, OTHER) == [f"more:{SITE}", f"tools:{SITE}", "more:python", "tools:python"]


def test_only_what_is_read_is_kept(layers: Layers) -> None:
    modes = {"python/link.py": 0o120777, "nodejs/link": 0o120777}
    files: dict[str, bytes | str] = {
        "python/a.py": "",
        "python/native.so": b"\x7fELF",
        "python/typed/py.typed": "",
        "python/link.py": "/etc/passwd",
        "nodejs/link": "../..",
        "bin/tool": "#!",
        "other.py": "",
    }
    layers.has(ARN, layers.zip(files, modes))
    assert layers.fetch(ARN) == (True, {})
    (python,) = layer_imports(layers.cache_dir, [ARN], "3.13")
    found = sorted(path.relative_to(python).as_posix() for path in python.rglob("*") if path.is_file())
    assert found == ["a.py", "typed/py.typed"]


def test_a_layer_without_python_brings_nothing(layers: Layers) -> None:
    layers.has(ARN, layers.zip({"nodejs/index.js": ""}))
    assert layers.fetch(ARN) == (True, {})
    assert is_complete(layers.cache_dir, [ARN])
    assert layers.paths(ARN) == []


def test_what_is_denied_is_said_and_the_others_come(layers: Layers) -> None:
    layers.stub.refuse("lambda", "get_layer_version_by_arn", "AccessDeniedException", "no", 403)
    layers.has(OTHER, layers.zip({"python/a.py": ""}))
    changed, failures = layers.fetch(ARN, OTHER)
    assert changed
    assert list(failures) == [ARN]
    assert "tools:7" in failures[ARN]
    assert layers.paths(ARN, OTHER) == ["more:python"]


@pytest.mark.parametrize("name", [b"python/../../evil.py", b"python/a\\..\\b.py", b"python/a\0.py"])
def test_hostile_names_are_refused_and_nothing_stays(layers: Layers, tmp_path: Path, name: bytes) -> None:
    layers.has(ARN, raw_zip(tmp_path / "evil.zip", [(b"python/good.py", b""), (name, b"x")]))
    changed, failures = layers.fetch(ARN)
    assert not changed
    assert "not safe" in failures[ARN]
    assert list(layers.cache_dir.iterdir()) == []
    assert not list(tmp_path.rglob("evil.py"))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\3\4 broken"])
def test_what_is_no_layer_is_said(layers: Layers, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.zip").write_bytes(content)
    layers.has(ARN, tmp_path / "broken.zip")
    changed, failures = layers.fetch(ARN)
    assert not changed
    assert ARN in failures


def test_a_link_that_has_expired_is_said(layers: Layers) -> None:
    layers.has(ARN, layers.zip({"python/a.py": ""}), lambda data: sends(data, 403))
    assert "expired" in layers.fetch(ARN)[1][ARN]
    assert not is_complete(layers.cache_dir, [ARN])


def test_the_cache_has_a_bound(layers: Layers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.code.download._MAX_LAYERS", 2)
    arns = [f"{ARN[:-1]}{number}" for number in range(4)]
    for arn in arns:
        layers.has(arn, layers.zip({"python/a.py": ""}))
        layers.fetch(arn)
    assert [is_complete(layers.cache_dir, [arn]) for arn in arns] == [False, False, True, True]


def test_a_sandbox_that_began_anew_is_asked_again(connection: Connection, tmp_path: Path) -> None:
    """A server that is not AWS may give another layer the same number."""

    def publish(source: str) -> str:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("python/tool.py", source)
        content = {"ZipFile": package.getvalue()}
        answer = connection.call("lambda", "publish_layer_version", LayerName="tools", Content=content)
        return str(answer["LayerVersionArn"])

    arn = publish("x = 1\n")
    assert fetch_layer_imports(connection, [arn], tmp_path, JobContext()).changed
    assert not fetch_layer_imports(connection, [arn], tmp_path, JobContext()).changed
    (python,) = layer_imports(tmp_path, [arn], "3.13")
    assert (python / "tool.py").read_text() == "x = 1\n"
    (python.parents[1] / "layer.sha256").write_text("another")
    assert fetch_layer_imports(connection, [arn], tmp_path, JobContext()).changed


def test_ty_knows_what_a_layer_brings_and_the_package_wins(
    start: Callable[..., Listener], root: Path, layers: Layers, tmp_path: Path
) -> None:
    layers.has(ARN, layers.zip({"python/tool.py": "old = 1\n", f"{SITE}/both.py": "of_layer = 1\n"}))
    layers.fetch(ARN)
    (root / "both.py").write_text("of_package = 1\n")
    paths = layer_imports(layers.cache_dir, [ARN], "3.13")
    listener = start(specs=python_servers(root, "3.13", tmp_path / "imports", paths)[:1])
    listener.open(root, "app.py", "import tool, both\ntool.missing\nboth.of_layer\nboth.of_package\n")
    listener.until(lambda: len(listener.messages("app.py")) >= 2)
    assert [problem.line for problem in listener.problems["app.py"]] == [2, 3]
    found = listener.ask("textDocument/definition", place(root, "app.py", 0, 8))
    assert "tool.py" in str(found)
