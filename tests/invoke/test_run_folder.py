"""Folders of local runs: private, gone afterwards, and gone later when the program was killed."""

from pathlib import Path

from workbench.invoke.local import run_folder


def test_it_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with run_folder(tmp_path / "runs") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "var").mkdir()
    assert not list((tmp_path / "runs").iterdir())


def test_one_that_runs_is_left_alone_and_one_whose_program_is_gone_is_not(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    (left / "lock").touch()
    with run_folder(tmp_path) as first, run_folder(tmp_path) as second:
        assert first.is_dir()
        assert second.is_dir()
        assert not left.exists()
