"""Lines that differ from what is deployed are marked while one types, and no longer once that is deployed."""

import pytest

from tests.ui.code_files import text
from tests.ui.features.code.coder import Coder, CodeServer
from workbench.code.package import build_package
from workbench.core.jobs import JobContext
from workbench.ui.features.code.conflict import ChangeMarks

FILES: dict[str, bytes | str] = {
    "app.py": "one\ntwo\nthree\nfour\n",
    "dos.py": b"one\r\ntwo\r\n",
}
Marks = list[tuple[str, int, int]]


@pytest.fixture
def marks(coder: Coder) -> ChangeMarks:
    return ChangeMarks(coder.services, coder.page)


def shown(coder: Coder, path: str = "app.py") -> Marks:
    uri = coder.files.uri_of_open(path)
    return [
        (change.kind, change.line, change.end_line) for change in coder.files.editor.comparing.changes(uri)
    ]


def put(coder: Coder, content: str) -> None:
    """Replaces the whole text, as typing would."""
    field = text(coder.files)
    field.selectAll()
    field.insertPlainText(content)
    coder.idle()


@pytest.mark.usefixtures("marks")
def test_marks_follow_what_is_typed(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    assert shown(coder) == []
    put(coder, "zero\none\nTWO\nfour\n")
    coder.until(lambda: shown(coder) == [("added", 1, 1), ("changed", 3, 3)])
    put(coder, "one\ntwo\nfour\n")
    coder.until(lambda: shown(coder) == [("deleted", 2, 2)])
    put(coder, str(FILES["app.py"]))
    coder.until(lambda: shown(coder) == [])


@pytest.mark.usefixtures("marks")
def test_what_was_saved_or_typed_before_is_marked_on_opening(coder: Coder, server: CodeServer) -> None:
    function = server.function("hello", FILES, times=2)
    coder.open(function)
    coder.workspace.save("dos.py", "one\nTWO\n")
    coder.page.clear()
    coder.show(function)
    coder.until(lambda: coder.files.current_path() == "app.py")
    coder.files.open("dos.py")
    coder.until(lambda: shown(coder, "dos.py") == [("changed", 2, 2)])


@pytest.mark.usefixtures("marks")
def test_a_new_file_has_no_marks(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    coder.workspace.create("new.py", "a\n")
    coder.files.open("new.py")
    coder.until(lambda: coder.files.current_path() == "new.py")
    put(coder, "b\n")
    assert shown(coder, "new.py") == []


def test_after_a_deploy_nothing_is_marked(coder: Coder, server: CodeServer, marks: ChangeMarks) -> None:
    coder.open(server.function("hello", FILES))
    put(coder, "other\n")
    coder.save()
    coder.until(lambda: shown(coder))
    workspace = coder.workspace
    workspace.adopt(build_package(workspace.root, workspace.packages, JobContext()), "r2", "2026-01-01")
    marks.refresh()
    coder.until(lambda: shown(coder) == [])


@pytest.mark.usefixtures("marks")
def test_a_closed_file_takes_its_marks_along(coder: Coder, server: CodeServer) -> None:
    coder.open(server.function("hello", FILES))
    put(coder, "other\n")
    uri = coder.files.uri_of_open("app.py")
    coder.files.close_current()
    coder.idle()
    assert coder.files.editor.comparing.changes(uri) == ()
