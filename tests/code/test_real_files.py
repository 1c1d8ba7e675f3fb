"""Files of real packages, opened and saved unedited, keep their bytes. `./dev bench real_files` does more."""

import shutil
from pathlib import Path

import pytest

from tests.code.real_packages import python_packages, some_files
from workbench.aws.names import LATEST
from workbench.code.contents import Contents
from workbench.code.text import FileKind
from workbench.code.working_copy import Workspace
from workbench.code.workspace_store import Base

_ENOUGH = 50
_EACH = 3


def test_files_of_real_packages_keep_their_bytes(tmp_path: Path) -> None:
    packages = python_packages()
    if len(packages) < _ENOUGH:
        pytest.skip(f"only {len(packages)} Python packages are here")
    for folder in ("files", "scratch"):
        (tmp_path / folder).mkdir()
    files = Workspace(tmp_path, Base("", "f", LATEST, "", "", "", Contents()))
    copy = tmp_path / "files" / "copy"
    texts = 0

    for path in some_files(packages, _EACH):
        shutil.copyfile(path, copy)
        copy.chmod(0o640)
        before = copy.stat()
        document = files.read("copy")
        if document.kind is FileKind.TEXT:
            texts += 1
            files.save("copy", document.text)
        after = copy.stat()

        assert copy.read_bytes() == path.read_bytes(), path
        assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (
            before.st_ino,
            before.st_mtime_ns,
            before.st_mode,
        ), f"{path} was written"

    assert texts > len(packages) / 2
