"""What the page cannot do, should it ever try: reach the network or the disk, or run foreign script."""

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWebEngineCore import QWebEnginePage

from tests.ui.editor.driving import WAIT_MS, Driver
from workbench.ui.editor import SurfaceFactory, monaco

# What Chromium says of each attempt.
pytestmark = pytest.mark.qt_log_ignore(
    "Content Security Policy",
    "This document requires",
    "Not allowed to load local resource",
    "Fetch API cannot load",
)


@pytest.fixture
def driver(monaco_editor: Driver) -> Driver:
    return monaco_editor


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this machine that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def _was_reached(server: socket.socket) -> bool:
    try:
        connection, _ = server.accept()
    except BlockingIOError:
        return False
    connection.close()
    return True


def _outcome(driver: Driver, promise: str) -> str:
    """What a promise of the page comes to: its result, or the name of the error."""
    driver.js(f"window.outcome = ''; ({promise}).then(v => outcome = 'got ' + v, e => outcome = e.name); 1")
    driver.wait_for_js("window.outcome !== ''")
    return str(driver.js("window.outcome"))


def _violations(driver: Driver, code: str) -> str:
    """Runs a script and gives the directives of the content security policy that it ran into."""
    driver.js(
        "window.violations = []; document.addEventListener('securitypolicyviolation',"
        f" e => violations.push(e.effectiveDirective)); try {{ {code} }} catch (e) {{}} 1"
    )
    driver.wait_for_js("window.violations.length > 0")
    return str(driver.js("window.violations.join()"))


FETCH = "fetch('{}').then(r => r.ok ? r.text() : r.status)"


def test_the_page_reaches_no_network(driver: Driver, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    assert _outcome(driver, FETCH.format(address)) == "TypeError"
    assert _violations(driver, f"new Image().src = '{address}'") == "img-src"
    assert "connect-src" in _violations(driver, f"new WebSocket('ws://127.0.0.1:{port}/')")
    assert not _was_reached(listener)


def test_the_profile_loads_nothing_but_the_editor(driver: Driver, listener: socket.socket) -> None:
    """Whatever the page's policy: this is another page of the profile."""
    other = QWebEnginePage(driver.page.profile(), driver.page)
    finished: list[bool] = []
    other.loadFinished.connect(finished.append)
    other.load(QUrl(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
    driver.qtbot.waitUntil(lambda: finished == [False], timeout=WAIT_MS)
    assert not _was_reached(listener)
    other.load(QUrl("app://editor/LICENSE.monaco.html"))
    driver.qtbot.waitUntil(lambda: finished == [False, False], timeout=WAIT_MS)
    other.load(QUrl("app://editor/main.css"))
    driver.qtbot.waitUntil(lambda: finished == [False, False, True], timeout=WAIT_MS)


def test_the_page_reads_no_files(driver: Driver, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    assert _outcome(driver, FETCH.format(secret.as_uri())) == "TypeError"


@pytest.mark.parametrize(
    "code",
    [
        "eval('window.ran = 1')",
        "new Function('window.ran = 1')()",
        "document.body.appendChild(document.createElement('script')).text = 'window.ran = 1'",
        "document.body.innerHTML += '<img src=x onerror=\"window.ran = 1\">'",
        "new Worker('data:text/javascript,1')",
    ],
)
def test_the_page_runs_no_foreign_script(driver: Driver, code: str) -> None:
    directives = _violations(driver, code)
    assert set(directives.split(",")) <= {
        "script-src",
        "script-src-elem",
        "require-trusted-types-for",
        "worker-src",
    }
    assert driver.js("window.ran === undefined")


def test_the_page_cannot_be_led_elsewhere(driver: Driver, listener: socket.socket) -> None:
    driver.js(f"location.href = 'http://127.0.0.1:{listener.getsockname()[1]}/'; 1")
    driver.js("location.href = 'app://editor/LICENSE.monaco.txt'; 1")
    driver.js("window.open('app://editor/index.html'); 1")
    driver.editor.open_file("file:///a.py", "x = 1\n")
    assert driver.snapshot("file:///a.py").text == "x = 1\n"
    assert not _was_reached(listener)


def test_only_files_of_the_pages_folder_are_answered(
    make_editor: Callable[[SurfaceFactory], Driver], page_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "page"
    shutil.copytree(page_dir, folder)
    secret = tmp_path / "secret.js"
    secret.write_text("secret")
    (folder / "link.js").symlink_to(secret)
    (folder / "inside.js").symlink_to(folder / "main.js")
    (folder / "unknown.kind").write_text("")
    driver = make_editor(monaco(folder))
    assert _outcome(driver, FETCH.format("app://editor/inside.js")).startswith("got ")
    for path in (
        "/nothing.js",
        "/..%2fsecret.js",
        "/%2e%2e%2fsecret.js",
        "/chunks/..%2f..%2fsecret.js",
        f"/{secret}",
        "/link.js",
        "/main.js%00",
        "/unknown.kind",
        "/chunks",
        "/",
        "/texts/guess",
    ):
        assert _outcome(driver, FETCH.format(f"app://editor{path}")) == "got 404", path
    assert _outcome(driver, FETCH.format("app://other/index.html")) == "TypeError"
    post = "fetch('app://editor/index.html', {method: 'POST', body: 'x'}).then(r => r.status)"
    assert _outcome(driver, post) == "got 403"
