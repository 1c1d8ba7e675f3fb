"""Opens the files of real packages as the editor does, and saves them unedited: no byte may differ.

The packages are those that are installed here (Python's and Debian's): nothing is downloaded.

- packages, files, texts: how many were taken, and how many of the files are text.
- changed: files whose bytes were others after reading and saving them. written: files that were touched on
  disk at all.
- page_changed: texts that came back from the editor's page (Monaco) other than they were given to it.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench._common import Arguments, Figure
from tests.code.real_packages import debian_packages, python_packages, some_files
from workbench.app import make_application
from workbench.aws.names import LATEST
from workbench.code.contents import Contents
from workbench.code.text import FileKind
from workbench.code.working_copy import Workspace
from workbench.code.workspace_store import Base
from workbench.core.files import resources_dir
from workbench.ui.editor import Editor, Snapshot, monaco
from workbench.ui.kit.web_views import prepare_window

ENOUGH = 500
_BASE = Base("", "f", LATEST, "", "", "", Contents())
_PATIENCE_S = 60


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("files", 40, help="at most so many of each package")
    parser.count("page-files", 4, help="at most so many for the page")
    options = parser.parse()
    packages = python_packages() | debian_packages()
    if len(packages) < ENOUGH:
        print(f"only {len(packages)} packages are installed here", file=sys.stderr)
    paths = some_files(packages, options.files)
    with tempfile.TemporaryDirectory(prefix="workbench-files-") as folder:
        texts, changed, written = save_all(paths, Path(folder))
    _count("packages", len(packages), ENOUGH, at_least=True)
    _count("files", len(paths))
    _count("texts", texts)
    _count("changed", changed, 0)
    _count("written", written, 0)
    through, differing = show_all(some_files(packages, options.page_files))
    _count("page_texts", through)
    _count("page_changed", differing, 0)


def save_all(paths: list[Path], folder: Path) -> tuple[int, int, int]:
    """Reads and saves each file. Returns how many are text, came out different, were written."""
    for name in ("files", "scratch"):
        (folder / name).mkdir()
    files, copy = Workspace(folder, _BASE), folder / "files" / "copy"
    texts = changed = written = 0
    for path in paths:
        shutil.copyfile(path, copy)
        before = copy.stat()
        document = files.read("copy")
        if document.kind is FileKind.TEXT:
            texts += 1
            files.save("copy", document.text)
        after = copy.stat()
        if copy.read_bytes() != path.read_bytes():
            changed += 1
            print(f"other bytes: {path}", file=sys.stderr)
        written += (before.st_ino, before.st_mtime_ns) != (after.st_ino, after.st_mtime_ns)
    return texts, changed, written


def show_all(paths: list[Path]) -> tuple[int, int]:
    """Gives each text to the page and takes it back. Returns how many, and how many came back different."""
    application = make_application()
    editor = Editor(monaco(resources_dir() / "editor" / "dist"))
    editor.resize(900, 600)
    prepare_window(editor)
    editor.show()

    def until(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError("the page does not answer")
            application.processEvents()

    editor.prewarm()
    until(lambda: editor.is_ready)
    through = differing = 0
    with tempfile.TemporaryDirectory(prefix="workbench-files-") as folder:
        workspace = Path(folder) / "account" / "region" / "function"
        (workspace / "scratch").mkdir(parents=True)
        for path in paths:
            files = Workspace(workspace, _BASE, path.parent)
            document = files.read(path.name)
            if document.kind is not FileKind.TEXT:
                continue
            got: list[Snapshot] = []
            editor.open_file(path.as_uri(), document.text)
            editor.text(path.as_uri(), got.append)
            until(lambda got=got: got)  # type: ignore[misc]
            through += 1
            if got[0].text != document.text:
                differing += 1
                print(f"other text: {path}", file=sys.stderr)
            editor.close_file(path.as_uri())
    editor.close()
    editor.deleteLater()
    return through, differing


def _count(figure: str, value: float, goal: float | None = None, *, at_least: bool = False) -> None:
    Figure("real_files", figure, value, "", 1, goal, at_least=at_least).show()


if __name__ == "__main__":
    main()
