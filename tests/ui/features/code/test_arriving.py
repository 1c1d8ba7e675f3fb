"""A large package in the Code tab: it can be looked at while its files are still being unpacked."""

import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.code_files import tabs
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.code import unpack
from workbench.code import workspace as workspace_module
from workbench.code.contents import FileContent
from workbench.code.unpack import Member, extract
from workbench.core.jobs import JobContext

HANDLER = "def handler(event, context):\n    return 1\n"
FILES: dict[str, bytes | str] = {"app.py": HANDLER, "lib/util.py": "x = 1\n", "picture.png": b"\x89PNG\0"}


class Unpacking:
    """Goes on when it may, or breaks."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.breaks = False

    def __call__(
        self, archive: zipfile.ZipFile, members: Sequence[Member], root: Path, ctx: JobContext, limit: int
    ) -> dict[str, FileContent]:
        while not self.go.wait(0.01):
            ctx.check()
        if self.breaks:
            raise zipfile.BadZipFile("Bad CRC-32 for file 'lib/util.py'")
        return extract(archive, members, root, ctx, limit)


@pytest.fixture
def unpacking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unpacking]:
    held = Unpacking()
    monkeypatch.setattr(workspace_module, "_MANY_FILES", 1)
    monkeypatch.setattr(unpack, "extract", held)
    yield held
    held.go.set()


def _look_ahead(coder: Coder, server: CodeServer, *, times: int = 1) -> None:
    coder.show(server.function("hello", FILES, times=times))
    coder.until(lambda: coder.files.current_path() == "app.py" and coder.files.editor.is_ready)


def test_files_are_shown_before_all_are_unpacked(
    coder: Coder, server: CodeServer, unpacking: Unpacking
) -> None:
    _look_ahead(coder, server)
    assert coder.page.workspace is None
    assert coder.words == ""
    assert coder.tree() == dict.fromkeys(FILES, "")
    coder.click("lib/util.py")
    coder.until(lambda: coder.files.current_path() == "lib/util.py")
    assert coder.shown == "x = 1\n"


def test_nothing_can_be_changed_until_all_are_there(
    coder: Coder, server: CodeServer, unpacking: Unpacking
) -> None:
    _look_ahead(coder, server)
    coder.type("early")
    coder.files.save_current()
    deployed: list[str] = []
    coder.page.ready_to_deploy(lambda _function, workspace: deployed.append(workspace.read("app.py").text))
    assert coder.failed == []
    assert deployed == []
    assert coder.shown == HANDLER
    assert not coder.page.tree.nodes.is_editable

    unpacking.go.set()
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert deployed == [HANDLER]  # as soon as all were there
    coder.type("# late ")
    coder.save()
    assert coder.workspace.read("app.py").text == "# late " + HANDLER
    assert coder.tree()["app.py"] == "M"
    assert coder.page.tree.nodes.is_editable


def test_what_was_opened_meanwhile_stays_open(coder: Coder, server: CodeServer, unpacking: Unpacking) -> None:
    _look_ahead(coder, server)
    coder.click("lib/util.py")
    coder.until(lambda: coder.files.current_path() == "lib/util.py")
    unpacking.go.set()
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert coder.files.current_path() == "lib/util.py"
    assert tabs(coder.files) == ["app.py", "util.py"]
    assert coder.tree() == dict.fromkeys(FILES, "")


def test_a_damaged_package_is_taken_back_with_its_error(
    coder: Coder, server: CodeServer, unpacking: Unpacking
) -> None:
    unpacking.breaks = True
    _look_ahead(coder, server)
    unpacking.go.set()
    coder.until(lambda: "damaged" in coder.words)
    assert coder.words.startswith("The code could not be unpacked.")
    assert coder.tree() == {}
    assert tabs(coder.files) == []
    assert coder.page.workspace is None


def test_cancel_takes_it_back_and_it_can_be_opened_again(
    coder: Coder, server: CodeServer, unpacking: Unpacking
) -> None:
    _look_ahead(coder, server, times=2)
    (handle,) = [each for each in coder.services.jobs.active() if not each.job.quiet]
    handle.cancel()
    coder.until(lambda: coder.words.startswith("Cancelled"))
    assert coder.tree() == {}
    assert tabs(coder.files) == []
    unpacking.go.set()
    QTest.mouseClick(coder.button, Qt.MouseButton.LeftButton)
    coder.until(lambda: coder.page.workspace)
    coder.idle()
    assert tabs(coder.files) == ["app.py"]


def test_leaving_it_shows_nothing_of_it_in_the_next_function(
    coder: Coder, server: CodeServer, unpacking: Unpacking
) -> None:
    _look_ahead(coder, server)
    coder.show(server.function("other", {"app.py": "other = 1\n"}))
    coder.until(lambda: coder.files.current_path() == "app.py" and coder.shown == "other = 1\n")
    assert coder.tree() == {"app.py": ""}
    unpacking.go.set()
    coder.until(lambda: coder.page.workspace)
    assert coder.workspace.base.function_name == "other"
