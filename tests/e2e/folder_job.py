"""A local folder as a function's code, by keyboard: `python -m tests.e2e.folder_job FOLDER`.

Another program, which is this one's other hand, writes the same files. Pictures go to FOLDER, light and dark.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from tests.e2e.driver import Driver
from tests.e2e.main_job import HANDLER, MainJob, close
from workbench.app import Milestones, Program, make_application
from workbench.code.workspace import Workspace
from workbench.core.files import Paths, write_atomic
from workbench.ui.features.code.working_copy import FolderOfferDialog
from workbench.ui.pages.code import CodePage

SOON_S = 5.0  # a second on a quiet machine; the figures are printed


class FolderJob:
    """A person before a program that was just started, with a project beside it."""

    def __init__(self, program: Program, driver: Driver, pictures: Path, project: Path) -> None:
        self._program = program
        self._driver = driver
        self._pictures = pictures
        self._project = project

    def run(self) -> None:
        """Raises AssertionError where a person would be stuck."""
        MainJob(self._program, self._driver).wait_for_list()
        MainJob(self._program, self._driver).open_function()
        self._make_project()
        self._bind()
        self._follow()
        self._choose()
        self._look_at_other_kinds()
        self._deploy()
        self._miss()

    @property
    def _workspace(self) -> Workspace:
        found = self._program.context.window.page.tab(CodePage).workspace
        assert found is not None
        return found

    def _make_project(self) -> None:
        shutil.copytree(self._workspace.root, self._project)
        for path, data in {
            ".git/HEAD": b"ref: refs/heads/main\n",
            ".venv/pyvenv.cfg": b"",
            "notes.md": b"# Notes\n",
            "logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "one_line.json": b'["' + b"x" * 10_000_000 + b'"]',
        }.items():
            file = self._project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def _bind(self) -> None:
        driver, window = self._driver, self._program.window
        driver.keys("alt+shift+o")
        driver.until(lambda: window.findChild(QLineEdit, "fileNameEdit"), "a folder is asked for")
        field = window.findChild(QLineEdit, "fileNameEdit")
        assert field is not None
        driver.click(field)
        driver.keys("ctrl+a")
        driver.type(str(self._project))
        driver.until(lambda: field.text() == str(self._project), "its name is typed")
        driver.keys("Return")
        driver.until(lambda: window.findChild(FolderOfferDialog), "it is said what would differ")
        self._shoot("offer")
        driver.keys("Return")
        driver.until(
            lambda: (
                (code := self._program.context.window.page.tab(CodePage)).workspace
                and code.workspace.local_folder == self._project
                and code.files.current_path() == HANDLER
            ),
            "the folder is open",
        )
        self._shoot("bound")

    def _follow(self) -> None:
        """Nothing is typed: the text follows, the cursor stays."""
        driver, editor = self._driver, self._program.context.window.page.tab(CodePage).files.editor
        driver.click(editor)
        driver.keys("ctrl+End")
        driver.pause()
        uri = editor.active_uri()
        place = editor._documents[uri].line
        begun = time.monotonic()
        self._write("# by another program\n" + self._on_disk())
        driver.until(lambda: self._text().startswith("# by another"), "the text follows", SOON_S)
        print(f"followed_ms {(time.monotonic() - begun) * 1000:.0f}")
        driver.until(lambda: not editor.is_dirty(uri), "it counts as saved")
        driver.until(lambda: editor._documents[uri].line == place + 1, "the cursor keeps its place")
        driver.keys("ctrl+z")
        driver.until(lambda: not self._text().startswith("# by another"), "undo leads back")
        driver.keys("ctrl+shift+z")
        driver.until(lambda: not editor.is_dirty(uri), "and forth")

    def _choose(self) -> None:
        driver, editor = self._driver, self._program.context.window.page.tab(CodePage).files.editor
        driver.keys("ctrl+End")
        driver.type("# mine")
        driver.until(lambda: editor.is_dirty(editor.active_uri()), "it is typed")
        begun = time.monotonic()
        self._write(self._on_disk() + "# theirs\n")
        driver.until(lambda: self._widget(QLabel, "outsideWhat").isVisible(), "a choice", SOON_S)
        print(f"asked_ms {(time.monotonic() - begun) * 1000:.0f}")
        self._shoot("asked")
        driver.click(self._widget(QPushButton, "outsideCompare"))
        driver.pause(1000)
        self._shoot("compared")
        driver.click(self._widget(QPushButton, "outsideReload"))
        driver.until(lambda: self._text().endswith("# theirs\n"), "the disk's is taken")
        driver.until(lambda: not editor.is_dirty(editor.active_uri()), "it counts as saved")
        assert not self._widget(QLabel, "outsideWhat").isVisible()

    def _look_at_other_kinds(self) -> None:
        """A file that is no text, and one of a single line of 10 MB."""
        driver, code = self._driver, self._program.context.window.page.tab(CodePage)
        driver.click_row(code.tree, "logo.png")
        driver.pause(500)
        self._shoot("binary")
        driver.click_row(code.tree, "one_line.json")
        driver.pause(3000)
        self._shoot("one_line")
        driver.click_row(code.tree, HANDLER)
        driver.until(lambda: code.files.current_path() == HANDLER, "the handler is shown again")
        (self._project / "one_line.json").unlink()

    def _deploy(self) -> None:
        MainJob(self._program, self._driver).deploy()
        self._driver.until(
            lambda: set(self._marks().values()) == {""},
            "nothing differs from what is deployed",
        )
        assert (self._project / ".git/HEAD").is_file()

    def _miss(self) -> None:
        away = self._project.rename(self._project.with_name("away"))
        state = self._widget(QWidget, "codeLoading")
        self._driver.until(lambda: "does not exist" in state.accessibleName(), "the loss is said")
        self._shoot("missing")
        away.rename(self._project)

    def _marks(self) -> dict[str, str]:
        return {
            node.path: node.mark
            for node in self._program.context.window.page.tab(CodePage).tree.nodes._root.everything
            if not node.is_folder
        }

    def _on_disk(self) -> str:
        return (self._project / HANDLER).read_text()

    def _write(self, text: str) -> None:
        """What another program does."""
        write_atomic(self._project / HANDLER, text.encode(), 0o644)

    def _text(self) -> str:
        got: list[str] = []
        editor = self._program.context.window.page.tab(CodePage).files.editor
        editor.text(editor.active_uri(), lambda snapshot: got.append(snapshot.text))
        self._driver.until(lambda: got, "the page gives its text")
        return got[0]

    def _widget[W: QWidget](self, kind: type[W], name: str) -> W:
        found = self._program.window.findChild(kind, name)
        assert found is not None, name
        return found

    def _shoot(self, name: str) -> None:
        for theme in ("dark", "light"):
            self._program.services.theme.choose(theme)
            self._driver.shoot(str(self._pictures / f"{name}-{theme}.png"))


def main(pictures: Path) -> None:
    """Runs the job once."""
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="workbench-folder-") as home:
        os.environ |= {"HOME": home, "WORKBENCH_HOME": f"{home}/workbench"}
        program = Program(make_application(), Paths.default(), Milestones(None))
        program.show()
        driver = Driver(program.window)
        program.window.move(0, 0)
        program.window.resize(1280, 800)
        try:
            FolderJob(program, driver, pictures, Path(home) / "projects/hello").run()
        except AssertionError:
            driver.shoot(str(pictures / "stuck.png"))
            raise
        close(program, driver)
    print("folder job ok")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/folder"))
