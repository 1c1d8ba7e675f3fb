"""Saving edits: whole or not at all, nothing of anybody's lost, the file's nature kept."""

import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from tests.fake_time import FakeClock
from tests.profiles.edited_file import AFTER, CTX, TEXT, edit_of, names_in
from tests.profiles.writers import edits_kept
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import AddSection, SetOption
from workbench.profiles.write import ConfigWriter, preview


class Interrupting(JobContext):
    """Lets somebody do something in the moment before a file is replaced, the first `times` times."""

    def __init__(self, act: Callable[[], object], times: int = 1) -> None:
        super().__init__()
        self._act = act
        self._times = times

    def check(self) -> None:
        if self._times:
            self._times -= 1
            self._act()


def test_an_edit_is_on_disk_and_leaves_nothing_beside_it(writer: ConfigWriter, config: Path) -> None:
    entry = writer.write(edit_of(config), "Region of default", CTX)
    assert config.read_text() == AFTER
    assert names_in(config.parent) == ["config"]
    assert writer.journal.entries() == (entry,)


def test_what_changes_nothing_is_not_written(writer: ConfigWriter, config: Path) -> None:
    before = config.stat()
    writer.write(edit_of(config, SetOption("default", "region", "eu-west-1")), "", CTX)
    assert (config.stat().st_ino, config.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert writer.journal.entries() == ()


def test_a_new_file_is_this_users_only(writer: ConfigWriter, tmp_path: Path) -> None:
    path = tmp_path / "home" / ".aws" / "credentials"
    writer.write(edit_of(path, AddSection("dev", (("aws_access_key_id", "AKID"),))), "", CTX)
    assert path.read_text() == "[dev]\naws_access_key_id = AKID\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_links_and_modes_are_kept(writer: ConfigWriter, config: Path, tmp_path: Path) -> None:
    """H10."""
    config.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(config)
    second = tmp_path / "second"
    second.symlink_to(link)
    writer.write(edit_of(second), "", CTX)
    assert second.readlink() == link
    assert link.readlink() == config
    assert config.read_text() == AFTER
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_kept(writer: ConfigWriter, config: Path) -> None:
    os.chown(config, 1234, 2345)
    writer.write(edit_of(config), "", CTX)
    assert (config.stat().st_uid, config.stat().st_gid) == (1234, 2345)


def test_both_names_of_one_file_are_one_file(writer: ConfigWriter, config: Path, tmp_path: Path) -> None:
    link = tmp_path / "credentials"
    link.symlink_to(config)
    changes = [*edit_of(config), *edit_of(link, AddSection("dev"))]
    writer.write(changes, "", CTX)
    assert config.read_text() == AFTER + "\n[dev]\n"


# ---- other writers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("homes", [1, 8])
def test_of_eight_processes_with_ten_edits_each_none_is_lost(tmp_path: Path, homes: int) -> None:
    """W2."""
    assert edits_kept(tmp_path, homes=homes) == 80


def test_threads_take_turns(writer: ConfigWriter, config: Path) -> None:
    def work(worker: int) -> None:
        for number in range(5):
            writer.write(edit_of(config, SetOption("default", f"o{worker}_{number}", "x")), "", JobContext())

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert config.read_text().count(" = x\n") == 20
    assert len(writer.journal.entries()) == 20


def _append(path: Path) -> None:
    with path.open("a") as file:
        file.write("\n[profile late]\nregion = us-east-1\n")


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text(path.read_text())
    _append(other)
    other.replace(path)


@pytest.mark.parametrize("write", [_append, _replace])
@pytest.mark.parametrize("times", [1, 2])
def test_what_another_program_writes_in_between_is_kept(
    writer: ConfigWriter, config: Path, write: Callable[[Path], None], times: int
) -> None:
    """W3, between reading and replacing."""
    sections = iter(["late", "later"])

    def act() -> None:
        write(config)
        config.write_text(config.read_text().replace("[profile late]", f"[profile {next(sections)}x]"))

    writer.write(edit_of(config), "", Interrupting(act, times))
    expected = "".join(f"\n[profile {name}x]\nregion = us-east-1\n" for name in ["late", "later"][:times])
    assert config.read_text() == AFTER + expected
    assert names_in(config.parent) == ["config"]


def test_what_is_written_to_the_old_file_while_it_is_replaced_is_kept(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W3, in the moment of replacing: the other program has the old file open."""
    replace = os.replace
    late = [config.open("a")]

    def replace_and_write(source: Path, target: Path) -> None:
        replace(source, target)
        while late and target == config:
            with late.pop() as file:
                file.write("[profile late]\n")

    monkeypatch.setattr(os, "replace", replace_and_write)
    writer.write(edit_of(config), "", CTX)
    assert config.read_text() == AFTER + "[profile late]\n"
    assert names_in(config.parent) == ["config"]


class Waiting(JobContext):
    """Somebody does something while the writer waits."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act
        self.waits = 0

    def sleep(self, seconds: float) -> None:
        self.waits += 1
        if self.waits == 1:
            self._act()


@pytest.mark.parametrize("half", ["", TEXT[:-1], "# 4096 bytes: a buffer\n".ljust(4095, "#") + "\n"])
def test_a_file_in_the_middle_of_being_written_is_waited_for(
    writer: ConfigWriter, config: Path, half: str
) -> None:
    """W3, before reading: the AWS CLI empties the file first."""
    config.write_text(half)
    writer.write(edit_of(config), "", Waiting(lambda: config.write_text(TEXT)))
    assert config.read_text() == AFTER


@pytest.mark.parametrize(("text", "waits"), [("", 4), ("[default]\nregion = x", 1), (TEXT, 0)])
def test_a_file_that_only_looks_so_is_edited(
    writer: ConfigWriter, config: Path, text: str, waits: int
) -> None:
    config.write_text(text)
    ctx = Waiting(lambda: None)
    writer.write(edit_of(config, AddSection("a")), "", ctx)
    assert "[a]" in config.read_text()
    assert ctx.waits == waits


@pytest.mark.parametrize("written", ["[profile other]\n", TEXT + "[profile late]\n"])
def test_what_is_written_anew_while_it_is_replaced_is_waited_for_and_kept(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """W3, in the moment of replacing: the AWS CLI has emptied the old file and not written it yet."""
    replace, opened = os.replace, [config]

    def empty_and_replace(source: Path, target: Path) -> None:
        if opened and target == config:
            opened[0].write_text("")
            others.append(opened.pop().open("r+"))
        replace(source, target)

    others: list[TextIO] = []

    def sleep(_seconds: float) -> None:
        while others:
            with others.pop() as other:
                other.write(written)

    monkeypatch.setattr(os, "replace", empty_and_replace)
    monkeypatch.setattr(time, "sleep", sleep)
    writer.write(edit_of(config, AddSection("profile mine")), "", CTX)
    assert config.read_text() == written + "\n[profile mine]\n"


def test_a_program_that_empties_the_file_and_dies_costs_nothing(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def empty_and_replace(source: Path, target: Path) -> None:
        if target == config:
            config.write_text("")
        replace(source, target)

    monkeypatch.setattr(os, "replace", empty_and_replace)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    writer.write(edit_of(config), "", CTX)
    assert config.read_text() == AFTER


def test_a_program_that_never_stops_writing_is_named(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> None:
        config.write_text(config.read_text() + "# again\n")

    monkeypatch.setattr("workbench.profiles.write.QUIET_S", 0)
    with pytest.raises(WorkbenchError, match="Another program keeps changing it"):
        writer.write(edit_of(config), "", Interrupting(act, 1000))
    assert config.read_text().startswith(TEXT + "# again")
    assert "eu-central-1" not in config.read_text()


def test_an_edit_that_no_longer_fits_is_refused(writer: ConfigWriter, config: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"\[default\] does not exist"):
        writer.write(edit_of(config), "", Interrupting(lambda: config.write_text("[other]\n")))
    assert config.read_text() == "[other]\n"


def test_cancel_counts_until_the_file_is_replaced(writer: ConfigWriter, config: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        writer.write(edit_of(config), "", JobContext(stop=stop))
    assert config.read_text() == TEXT
    assert names_in(config.parent) == ["config"]


# ---- backups and preview ---------------------------------------------------------------------------------


def test_ten_states_of_the_configuration_file_are_kept(tmp_path: Path, config: Path) -> None:
    clock = FakeClock()
    writer = ConfigWriter(tmp_path / "state", clock)
    for number in range(12):
        clock.passed_s += 1
        writer.write(edit_of(config, SetOption("default", "region", f"r{number}")), "", CTX)
    kept = sorted((tmp_path / "state" / "backups").iterdir())
    assert [each.read_text().split()[-1] for each in kept] == [f"r{number}" for number in range(1, 11)]
    assert {stat.S_IMODE(each.stat().st_mode) for each in kept} == {0o600}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("credentials", "[a]\nregion = x\n"),
        ("config", "[a]\naws_secret_access_key = wJalrXUtnFEMI\n"),
        ("config", "[a]\n# aws_session_token: IQoJ\n"),
        ("config", "[a]\nregion = eu\n\taws_secret_access_key = wJalrXUtnFEMI\n"),
    ],
)
def test_a_file_with_a_secret_is_never_copied(
    writer: ConfigWriter, config: Path, name: str, text: str, tmp_path: Path
) -> None:
    path = config.with_name(name)
    path.write_text(text)
    writer.write(edit_of(path, SetOption("a", "output", "json")), "", CTX)
    assert not (tmp_path / "state" / "backups").exists()
    assert not [each for each in path.parent.iterdir() if each.name not in ("config", name)]


def test_a_preview_shows_the_difference_and_changes_nothing(config: Path) -> None:
    path = config.with_name("credentials")
    changes = [*edit_of(config), *edit_of(path, AddSection("a", (("aws_secret_access_key", "wJalr"),)))]
    assert preview(changes) == (
        f"--- {config}\n+++ {config}\n@@ -1,3 +1,3 @@\n # mine\n [default]\n"
        "-region = eu-west-1\n+region = eu-central-1\n"
        f"--- {path}\n+++ {path}\n@@ -0,0 +1,2 @@\n+[a]\n+aws_secret_access_key = ****\n"
    )
    assert (names_in(config.parent), config.read_text()) == (["config"], TEXT)


def test_a_preview_says_what_would_be_refused(config: Path) -> None:
    with pytest.raises(WorkbenchError, match="line breaks"):
        preview(edit_of(config, SetOption("default", "region", "a\nb")))
