"""Packages that cannot be opened, in the Code tab: each is said, nothing is left, and the next try works."""

import base64
import hashlib
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.code.hostile import HOSTILE
from tests.code.servers import Behaviour, sends
from tests.ui.features.code.coder import Coder, CodeServer

HANDLER = "def handler(event, context):\n    return 1\n"
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def _once(bad: Behaviour) -> Callable[[bytes], Behaviour]:
    """A server that behaves badly the first time."""

    def make(package: bytes) -> Behaviour:
        waiting = [bad]

        def behave(handler: BaseHTTPRequestHandler) -> None:
            (waiting.pop() if waiting else sends(package))(handler)

        return behave

    return make


def _open_badly(
    coder: Coder, server: CodeServer, bad: Behaviour, words: str, announced: bytes | None = None
) -> None:
    """Opens code that does not arrive well, and looks at what is said and what is left.

    `announced` is a package whose hash AWS announces the first time, as it would of a hostile one.
    """
    files: dict[str, bytes | str] = {"app.py": HANDLER}
    if announced is None:
        function = server.function("orders", files, _once(bad), times=2)
    else:
        sha256 = base64.b64encode(hashlib.sha256(announced).digest()).decode()
        function = server.function("orders", files, lambda _package: bad, CodeSha256=sha256)
        server.function("orders", files)
    coder.show(function)

    coder.until(lambda: words in coder.words)
    assert coder.page.workspace is None
    assert coder.instead.accessibleName().endswith(".")
    assert coder.instead.accessibleDescription()
    assert _files_below(coder.services.paths.data_dir) == []


def _try_again(coder: Coder) -> None:
    coder.button.click()
    coder.until(lambda: coder.files.current_path() == "app.py" and coder.files.editor.is_ready)
    coder.until(lambda: coder.shown == HANDLER)
    coder.idle()


def _everything(folder: Path) -> set[Path]:
    """What is in the test's folder, and what lies openly where a name that climbs could lead."""
    elsewhere = (Path("/"), Path("/etc/cron.d"), Path.cwd(), Path(tempfile.gettempdir()), Path.home())
    below = (path for path in folder.rglob("*") if "workspaces-locks" not in path.parts)
    return {*below, *(path for each in elsewhere if each.is_dir() for path in each.iterdir())}


def _files_below(folder: Path) -> list[Path]:
    return [path for path in (folder / "workspaces").rglob("*") if not path.is_dir()]


@pytest.mark.parametrize(("make", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_package_is_refused_in_words_and_leaves_nothing(
    coder: Coder, server: CodeServer, tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / "bad.zip")
    before = _everything(tmp_path)

    package = (tmp_path / "bad.zip").read_bytes()
    _open_badly(coder, server, sends(package), words, package)

    new = [path for path in _everything(tmp_path) - before if not path.is_dir()]
    ours = [path.name for path in new if path.is_relative_to(tmp_path) and path.parent.name != "windows"]
    assert ours == ["orders-$LATEST.zip"]
    assert [path for path in new if "evil" in path.name] == []
    _try_again(coder)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (sends(EXPIRED, 403), "The link has expired"),
        (sends(b"PK half of it", length=5_000), "The connection was closed after 13 of 5,000 bytes"),
        (sends(b"busy", 503), "returned 503"),
    ],
    ids=["expired", "cut", "busy"],
)
def test_a_link_that_fails_is_said_and_the_next_try_has_a_fresh_one(
    coder: Coder, server: CodeServer, bad: Behaviour, words: str
) -> None:
    _open_badly(coder, server, bad, words)
    _try_again(coder)


@pytest.mark.parametrize("full_after_bytes", [100, 400_000], ids=["download", "unpacking"])
def test_a_full_disk_is_said_and_leaves_nothing(
    coder: Coder, server: CodeServer, full_after_bytes: int
) -> None:
    """RLIMIT_FSIZE makes a real write fail half way, with an errno of the same kind as a full disk."""
    function = server.function("orders", {"app.py": HANDLER, "large.bin": bytes(3_000_000)}, times=2)
    with _largest_file(full_after_bytes):
        coder.show(function)
        coder.until(lambda: "File too large" in coder.words)

    assert coder.page.workspace is None
    assert _files_below(coder.services.paths.data_dir) == []
    _try_again(coder)


def test_an_image_says_its_address(coder: Coder, server: CodeServer) -> None:
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders:7"
    coder.show(server.function("orders", {"app.py": HANDLER}, image_uri=image))

    coder.until(lambda: image in coder.words)
    assert coder.page.workspace is None
    assert _files_below(coder.services.paths.data_dir) == []


@contextmanager
def _largest_file(size_bytes: int) -> Iterator[None]:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
