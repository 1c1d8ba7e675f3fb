"""The code laid out for a local run: what a package would hold, and typing that nobody has saved."""

from pathlib import Path

import pytest

from tests.code.deployed import CTX, HANDLER, Deployed
from workbench.code.package import write_patterns
from workbench.code.package_contents import stage
from workbench.core.errors import WorkbenchError


def laid_out(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_it_is_what_would_be_deployed_with_its_modes(deployed: Deployed, tmp_path: Path) -> None:
    workspace = deployed.open()
    workspace.save("new.py", "saved = 1\n")
    write_patterns(workspace.folder, "lib/\n")
    stage(workspace, tmp_path / "out", CTX)
    assert laid_out(tmp_path / "out") == {
        "app.py": HANDLER.encode(),
        "bin/run.sh": b"#!/bin/sh\n",
        "new.py": b"saved = 1\n",
    }
    assert (tmp_path / "out/bin/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "out/app.py").stat().st_mode & 0o777 == 0o644


def test_typing_that_is_not_saved_runs_in_the_files_own_line_ends(deployed: Deployed, tmp_path: Path) -> None:
    workspace = deployed.open()
    workspace.put_draft("lib/util.py", "x = 2\n")
    workspace.put_draft("fresh/made.py", "y = 3\n")
    stage(workspace, tmp_path / "out", CTX)
    files = laid_out(tmp_path / "out")
    assert files["lib/util.py"] == b"x = 2\r\n"
    assert files["fresh/made.py"] == b"y = 3\n"
    assert (workspace.root / "lib/util.py").read_bytes() == b"x = 1\r\n"


def test_typing_in_a_file_that_stays_out_stays_out(deployed: Deployed, tmp_path: Path) -> None:
    workspace = deployed.open()
    write_patterns(workspace.folder, "lib/\n")
    workspace.put_draft("lib/util.py", "x = 2\n")
    stage(workspace, tmp_path / "out", CTX)
    assert "lib/util.py" not in laid_out(tmp_path / "out")


def test_what_runs_cannot_change_the_code(deployed: Deployed, tmp_path: Path) -> None:
    workspace = deployed.open()
    stage(workspace, tmp_path / "out", CTX)
    (tmp_path / "out/app.py").write_text("spoilt")
    assert workspace.read("app.py").text == HANDLER


def test_no_files_are_said_to_be_none(deployed: Deployed, tmp_path: Path) -> None:
    workspace = deployed.open()
    for path in ("app.py", "lib", "bin"):
        workspace.delete(path)
    with pytest.raises(WorkbenchError) as caught:
        stage(workspace, tmp_path / "out", CTX)
    assert caught.value.why == "There are no files."
