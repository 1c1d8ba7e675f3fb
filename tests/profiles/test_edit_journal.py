"""The journal and its differences: what was changed and what of it is gone, whole, but for secrets."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fake_time import START, FakeClock
from tests.profiles.writers import reapply
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    FileEdits,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
)
from workbench.profiles.write import MASK, ConfigWriter, Effect, diff_text, is_secret, mask_text, mask_value

CTX = JobContext()
TEXT = "[default]\nregion = eu-west-1\n\n[profile a]\nrole_arn = x\n"
SECRET = "wJalrXUtnFEMI"


@pytest.fixture
def writer(tmp_path: Path) -> ConfigWriter:
    return ConfigWriter(tmp_path / "state", FakeClock())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.write_text(TEXT)
    return path


Write = Callable[..., str]


@pytest.fixture
def write(writer: ConfigWriter, config: Path) -> Write:
    """Makes edits and returns the file as it was before."""

    def write(*edits: Edit, title: str = "edit") -> str:
        before = config.read_text()
        writer.write([FileEdits(config, edits)], title, CTX)
        return before

    return write


def _lost(writer: ConfigWriter) -> list[str]:
    return [each.title for each in writer.journal.overwritten()]


def test_an_entry_tells_when_what_and_where(writer: ConfigWriter, write: Write, config: Path) -> None:
    edits = (
        SetOption("default", "region", "us-east-1"),
        RemoveOption("profile a", "role_arn"),
        AddSection("profile b", (("output", "json"),)),
        RenameSection("profile a", "profile c"),
        RemoveSection("profile c"),
    )
    write(*edits, title="All at once")
    (entry,) = ConfigWriter(config.parent / "state", FakeClock()).journal.entries()  # read from the disk
    assert (entry.title, entry.when) == ("All at once", START)
    assert entry.changes == (FileEdits(config, edits),)
    assert {(each.section, each.option, each.before, each.after) for each in entry.effects} == {
        ("default", "region", "eu-west-1", "us-east-1"),
        ("profile a", "", "", None),
        ("profile b", "", None, ""),
        ("profile b", "output", None, "json"),
    }


def test_the_newest_is_first(writer: ConfigWriter, write: Write) -> None:
    for title in ("one", "two", "three"):
        write(SetOption("default", "output", title), title=title)
    assert [each.title for each in writer.journal.entries()] == ["three", "two", "one"]


def test_no_secret_is_in_the_journal(writer: ConfigWriter, write: Write, config: Path) -> None:
    write(AddSection("profile k", (("aws_secret_access_key", SECRET), ("region", "eu"))))
    write(SetOption("profile k", "aws_session_token", SECRET + "2"))
    write(SetOption("profile k", "credential_process", f"get --password {SECRET}"))
    write(RemoveOption("profile k", "aws_secret_access_key"))
    written = b"".join(path.read_bytes() for path in (config.parent / "state").rglob("*") if path.is_file())
    assert SECRET.encode() not in written
    assert SECRET not in repr(writer.journal.entries())
    journal = config.parent / "state" / "profile-edits.jsonl"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


LOST: dict[str, Edit] = {
    "a value": SetOption("default", "region", "us-east-1"),
    "an option": SetOption("default", "output", "json"),
    "a removal": RemoveOption("default", "region"),
    "a section": AddSection("profile b", (("region", "us-east-1"), ("output", "json"))),
    "an empty section": AddSection("profile b"),
    "a section's removal": RemoveSection("profile a"),
    "a new name": RenameSection("profile a", "profile b"),
}


@pytest.mark.parametrize("edit", LOST.values(), ids=LOST)
def test_an_edit_that_another_program_undid_is_found_and_made_again(
    writer: ConfigWriter, write: Write, config: Path, edit: Edit
) -> None:
    before = write(edit)
    after = config.read_text()
    assert _lost(writer) == []
    config.write_text(before)  # as a program does that had read the file before the edit
    (entry,) = writer.journal.overwritten()
    reapply(writer, entry)
    assert config.read_text() == after
    assert _lost(writer) == []


def test_what_has_a_third_value_was_changed_on_purpose(
    writer: ConfigWriter, write: Write, config: Path
) -> None:
    write(SetOption("default", "region", "us-east-1"))
    config.write_text(TEXT.replace("eu-west-1", "eu-north-1"))
    assert _lost(writer) == []


def test_what_a_later_edit_of_ours_undid_is_not_lost(writer: ConfigWriter, write: Write) -> None:
    write(SetOption("default", "region", "us-east-1"), AddSection("profile b"))
    write(SetOption("default", "region", "eu-west-1"), RemoveSection("profile b"))
    assert _lost(writer) == []


def test_several_lost_edits_come_back_one_by_one(writer: ConfigWriter, write: Write, config: Path) -> None:
    before = write(AddSection("profile b", (("region", "r1"),)), title="add")
    write(SetOption("profile b", "output", "json"), title="set")
    write(SetOption("profile b", "region", "r2"), title="change")
    after = config.read_text()
    config.write_text(before)
    assert _lost(writer) == ["add", "set"]  # "change" was made to a value that is not there: a third state
    for entry in writer.journal.overwritten():
        reapply(writer, entry)
    assert _lost(writer) == []
    assert config.read_text().replace("r1", "r2") == after


def test_making_again_leaves_later_edits_alone(writer: ConfigWriter, write: Write, config: Path) -> None:
    write(SetOption("default", "region", "r1"), SetOption("default", "output", "json"))
    write(SetOption("default", "region", "r2"))
    config.write_text(config.read_text().replace("output = json\n", ""))
    (entry,) = writer.journal.overwritten()
    reapply(writer, entry)
    assert "region = r2\noutput = json\n" in config.read_text()


def test_a_secret_that_is_gone_is_named_and_not_made_again(
    writer: ConfigWriter, write: Write, config: Path
) -> None:
    before = write(
        AddSection("profile k", (("aws_secret_access_key", SECRET), ("region", "eu"))), title="Add k"
    )
    config.write_text(before)
    (entry,) = writer.journal.overwritten()
    with pytest.raises(WorkbenchError, match="Add k") as caught:
        reapply(writer, entry)
    assert "aws_secret_access_key in [profile k]" in caught.value.why
    assert caught.value.action == "profile.edit"
    assert config.read_text() == before


def test_a_new_secret_in_the_place_of_one_that_was_taken_out_is_not_offered_to_be_taken_out_again(
    writer: ConfigWriter, write: Write, config: Path
) -> None:
    """`aws configure`, after the old key was moved to the keyring: this is the only copy of the new one."""
    config.write_text(
        TEXT + "[profile k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = old\n"
    )
    write(
        RemoveOption("profile k", "aws_access_key_id"),
        RemoveOption("profile k", "aws_secret_access_key"),
        title="Move the access key of k to the keyring",
    )
    config.write_text(
        TEXT + "[profile k]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\naws_secret_access_key = new\n"
    )
    assert _lost(writer) == []


def test_a_secret_that_is_still_there_does_not_stop_the_rest(
    writer: ConfigWriter, write: Write, config: Path
) -> None:
    write(AddSection("profile k", (("aws_secret_access_key", SECRET), ("region", "eu"))))
    after = config.read_text()
    config.write_text(after.replace("region = eu\n", ""))
    (entry,) = writer.journal.overwritten()
    reapply(writer, entry)
    assert config.read_text() == after


def test_what_a_person_does_not_want_back_is_not_said_again(
    writer: ConfigWriter, write: Write, config: Path
) -> None:
    config.write_text(write(SetOption("default", "region", "us-east-1")))
    writer.journal.forget(*writer.journal.overwritten())
    assert _lost(writer) == []
    assert len(writer.journal.entries()) == 1


def test_a_crash_between_two_files_can_be_made_whole(
    writer: ConfigWriter, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = config.with_name("credentials")
    other.write_text("[a]\naws_secret_access_key = s\n")
    replace = os.replace

    class Crash(BaseException):
        pass

    def crash(source: Path, target: Path) -> None:
        if target == other:
            raise Crash
        replace(source, target)

    changes = [
        FileEdits(config, (RenameSection("profile a", "profile b"),)),
        FileEdits(other, (RenameSection("a", "b"),)),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        patch.setattr(writer.journal, "withdraw", lambda _entry: None)  # nor does a dead process do that
        with pytest.raises(Crash):
            writer.write(changes, "Rename a", CTX)
    assert "[profile b]" in config.read_text()
    assert "[a]" in other.read_text()
    (entry,) = writer.journal.overwritten()
    reapply(writer, entry)
    assert "[profile b]" in config.read_text()
    assert other.read_text() == "[b]\naws_secret_access_key = s\n"
    assert _lost(writer) == []


def test_a_file_that_cannot_be_read_has_lost_nothing_yet(
    writer: ConfigWriter, write: Write, config: Path
) -> None:
    write(SetOption("default", "region", "us-east-1"))
    config.write_text(TEXT + TEXT)
    assert _lost(writer) == []


def test_damaged_lines_are_left_out(writer: ConfigWriter, write: Write, config: Path) -> None:
    write(SetOption("default", "region", "r1"), title="one")
    journal = config.parent / "state" / "profile-edits.jsonl"
    whole = journal.read_bytes()
    damaged = [b"{}", b"[1]", b"null", b"\xff\xfe", whole[:50], b'{"entry": {"id": "x"}}', b'{"entry": 5}']
    journal.write_bytes(b"\n".join([*damaged, whole]))
    write(SetOption("default", "region", "r2"), title="two")
    assert [each.title for each in writer.journal.entries()] == ["two", "one"]


EARLIER = r"""{"entry": {"id": "1", "when": "2026-11-24T12:00:00+00:00", "title": "gone", "changes": [],
 "effects": []}}
{"withdraw": "1"}
{"entry": {"id": "2", "when": "2026-11-24T12:00:00+00:00", "title": "n\u00e4her", "changes": [["CONFIG",
 [["SetOption", "default", "region", "us-east-1"], ["RemoveOption", "profile a", "role_arn"],
 ["AddSection", "profile b", [["output", "json"]]], ["RenameSection", "profile a", "profile c"],
 ["RemoveSection", "profile c"]]]], "effects": [["CONFIG", "default", "region", "eu-west-1", "us-east-1"],
 ["CONFIG", "profile b", "", null, ""]]}}
{"entry": {"id": "3", "when": "2026-11-24T12:00:00+00:00", "title": "odd", "changes": [["CONFIG",
 [["LaterEdit", "default"]]]], "effects": []}}
{"entry": {"id": "4", "when": "2026-11-24T12:00:00+00:00", "title": "short", "changes": [["CONFIG",
 [["SetOption", "default", "region"]]]], "effects": []}}
{"entry": {"id": "5", "when": "2026-11-24T12:00:00+00:00", "title": "no name", "changes": [["CONFIG",
 [[[], "default"]]]], "effects": []}}
{"forget": "2"}
""".replace("\n ", " ")
"""A journal of before there were versions, with edits of a later one."""


def test_the_journal_of_an_earlier_version_is_read(writer: ConfigWriter, config: Path) -> None:
    journal = config.parent / "state" / "profile-edits.jsonl"
    journal.parent.mkdir()
    journal.write_text(EARLIER.replace("CONFIG", str(config)))
    (entry,) = writer.journal.entries()
    assert (entry.id, entry.when.isoformat(), entry.title) == ("2", "2026-11-24T12:00:00+00:00", "näher")
    assert entry.changes == (
        FileEdits(
            config,
            (
                SetOption("default", "region", "us-east-1"),
                RemoveOption("profile a", "role_arn"),
                AddSection("profile b", (("output", "json"),)),
                RenameSection("profile a", "profile c"),
                RemoveSection("profile c"),
            ),
        ),
    )
    assert entry.effects == (
        Effect(config, "default", "region", "eu-west-1", "us-east-1"),
        Effect(config, "profile b", "", None, ""),
    )
    assert writer.journal.overwritten() == ()  # it was forgotten


def test_the_journal_does_not_grow_without_end(writer: ConfigWriter, config: Path, write: Write) -> None:
    config.write_text(write(SetOption("default", "output", "json"), title="lost"))
    writer.journal.forget(*writer.journal.overwritten())
    (entry,) = writer.journal.entries()
    for number in range(150):
        writer.journal.add(writer.journal.entry(str(number), (), ()))
    writer.journal.add(entry)
    for number in range(150, 420):
        writer.journal.add(writer.journal.entry(str(number), (), ()))
    titles = [each.title for each in writer.journal.entries()]
    assert titles[0] == "419"
    assert 200 <= len(titles) <= 400
    journal = config.parent / "state" / "profile-edits.jsonl"
    assert len(journal.read_text().splitlines()) <= 401


def test_an_edit_counts_even_if_the_journal_refuses(
    writer: ConfigWriter, write: Write, config: Path, expect_log: Callable[[str], None]
) -> None:
    expect_log("missing from the journal")
    (config.parent / "state").mkdir()
    (config.parent / "state" / "profile-edits.jsonl").mkdir()
    write(SetOption("default", "region", "us-east-1"))
    assert "us-east-1" in config.read_text()
    assert writer.journal.entries() == ()


PATH = Path("config")

HIDDEN = {
    "an option": f"aws_secret_access_key = {SECRET}",
    "spelled oddly": f"  AWS_Secret_Access_Key:{SECRET}",
    "commented out": f"# aws_secret_access_key = {SECRET}",
    "a token": f"aws_session_token = {SECRET}",
    "an old token": f"aws_security_token={SECRET}",
    "glued to a value": f"region = eu\n\taws_secret_access_key = {SECRET}",
    "below its option": f"aws_secret_access_key =\n  {SECRET}\n\n  # why\n  {SECRET}",
    "a password of a process": f"credential_process = get --password {SECRET}",
    "a value like a secret": "x = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_secrets_are_masked(text: str) -> None:
    assert "wJalr" not in mask_text(text)
    assert MASK in mask_text(text)
    assert len(mask_text(text).split("\n")) == len(text.split("\n"))
    assert "wJalr" not in diff_text("", text, PATH) + diff_text(text, "", PATH) + diff_text(
        text, text + "\ny = 1", PATH
    )


SHOWN = {
    "region": "region = eu-west-1",
    "an empty secret": "aws_secret_access_key =",
    "a file's name": "web_identity_token_file = /var/token",
    "what follows a secret": "[a]\ns3 =\n  addressing_style = path",
    "a process": 'credential_process = "/opt/my tools/get" dev',
}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_what_is_no_secret_is_not(text: str) -> None:
    assert mask_text(text) == text


def test_what_is_indented_below_another_option_is_shown() -> None:
    text = f"aws_secret_access_key = {SECRET}\nregion = eu\n  west\n"
    assert mask_text(text) == f"aws_secret_access_key = {MASK}\nregion = eu\n  west\n"


def test_a_changed_secret_is_a_changed_line() -> None:
    old, new = (f"[a]\naws_secret_access_key = {value}\n" for value in ("old", "new"))
    assert diff_text(old, new, PATH).splitlines()[2:] == [
        "@@ -1,2 +1,2 @@",
        " [a]",
        "-aws_secret_access_key = ****",
        "+aws_secret_access_key = ****",
    ]


def test_no_difference_is_no_text() -> None:
    assert diff_text("[a]\n", "[a]\n", PATH) == ""


def test_a_secret_in_one_state_is_masked_in_the_other() -> None:
    """The same line is a secret's second line before, and its own option afterwards."""
    old = "[a]\naws_session_token = x\n  y = abc\n"
    new = "[a]\nregion = x\n  y = abc\n"
    assert "abc" not in diff_text(old, new, PATH)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_show(end: str) -> None:
    old, new = ("[a]\nx = 1\ny = 2\n", "[a]\nx = 3\ny = 2\n")
    plain = diff_text(old, new, PATH)
    assert diff_text(old.replace("\n", end), new.replace("\n", end), PATH) == plain
    assert plain == "--- config\n+++ config\n@@ -1,3 +1,3 @@\n [a]\n-x = 1\n+x = 3\n y = 2\n"


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("aws_secret_access_key", "x", MASK),
        ("region", "eu-west-1", "eu-west-1"),
        ("aws_secret_access_key", "", ""),
        ("x", "AKIAIOSFODNN7EXAMPLE", MASK),
    ],
)
def test_values_for_the_journal(option: str, value: str, expected: str) -> None:
    assert mask_value(option, value) == expected
    assert is_secret("AWS_SECRET_ACCESS_KEY")
