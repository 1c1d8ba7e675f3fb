"""A loss of power in the middle of an edit leaves the old configuration file or the new one."""

import os
from pathlib import Path

from tests.power import MISSING, Disk, cut_power
from workbench.profiles.replace import Staged, read_state

OLD, NEW = b"[default]\nregion = eu-west-1\n", b"[default]\nregion = eu-central-1\n# longer\n"


def replace_it(folder: Path, disk: Disk) -> None:
    config = folder / "config"
    with Staged(read_state(config), NEW) as staged:
        assert disk.may_leave(config) == {OLD}
        staged.put()
        assert disk.may_leave(config) == {NEW}
        assert disk.at_renames == [("config", {OLD, NEW})]
        staged.undo()
    assert disk.may_leave(config) == {OLD}
    assert disk.at_renames[1:] == [("config", {OLD, NEW})]


def test_an_edit_that_is_done_or_undone_lasts_and_no_half_of_it(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(OLD)
    cut_power(replace_it, tmp_path)


def make_it(folder: Path, disk: Disk) -> None:
    config = folder / "config"
    with Staged(read_state(config), NEW) as staged:
        staged.put()
    assert disk.may_leave(config) == {NEW}
    assert disk.at_renames == [("config", {MISSING, NEW})]


def test_a_new_file_lasts(tmp_path: Path) -> None:
    cut_power(make_it, tmp_path)


def write_it_in_place(folder: Path, disk: Disk) -> None:
    """As where the file is mounted by itself: it cannot be renamed over."""
    config = folder / "config"

    def refuse(_source: object, _target: object) -> None:
        raise OSError(16, "Device or resource busy")

    os.replace = refuse  # type: ignore[assignment]  # of two paths
    with Staged(read_state(config), NEW) as staged:
        staged.put()
    assert config.read_bytes() == NEW
    assert disk.may_leave(config) == {NEW}


def test_a_file_that_is_written_in_place_lasts(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(OLD)
    cut_power(write_it_in_place, tmp_path)
