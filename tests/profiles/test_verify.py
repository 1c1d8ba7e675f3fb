"""The second look: a change that is not exactly what was meant does not pass."""

from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse

from workbench.core.errors import WorkbenchError
from workbench.profiles.ini_editor import (
    AddSection,
    Edit,
    RemoveOption,
    RemoveSection,
    RenameSection,
    SetOption,
    change,
    parse,
    verify,
)

OLD = b"[a]\nx = 1\ny = 2\n[b]\nx = 1\n"
SET = SetOption("a", "x", "9")

RIGHT: dict[str, tuple[Edit, bytes]] = {
    "set": (SET, b"[a]\nx = 9\ny = 2\n[b]\nx = 1\n"),
    "set, whatever the lines look like": (SET, b"# new\n\n[a] # mine\n  X:9\n y =2\n\n\n[b]\nx=1"),
    "add an option": (SetOption("a", "Z", "3"), b"[a]\nx = 1\ny = 2\nz = 3\n[b]\nx = 1\n"),
    "remove an option": (RemoveOption("a", "X"), b"[a]\ny = 2\n[b]\nx = 1\n"),
    "remove none": (RemoveOption("b", "y"), OLD),
    "add": (AddSection("c", (("K", "v"),)), OLD + b"[c]\nk = v\n"),
    "remove": (RemoveSection("a"), b"[b]\nx = 1\n"),
    "rename": (RenameSection("a", "c"), b"[c]\nx = 1\ny = 2\n[b]\nx = 1\n"),
    "rename to itself": (RenameSection("a", "a"), OLD),
}


@pytest.mark.parametrize(("edit", "new"), RIGHT.values(), ids=RIGHT)
def test_exactly_the_edit_passes(edit: Edit, new: bytes) -> None:
    verify(OLD, new, [edit])


WRONG: dict[str, bytes] = {
    "nothing": OLD,
    "another value": b"[a]\nx = 8\ny = 2\n[b]\nx = 1\n",
    "another section too": b"[a]\nx = 9\ny = 2\n[b]\nx = 9\n",
    "another option gone": b"[a]\nx = 9\n[b]\nx = 1\n",
    "an option glued to the value": b"[a]\nx = 9\n\ty = 2\n[b]\nx = 1\n",
    "a section more": b"[a]\nx = 9\ny = 2\n[b]\nx = 1\n[c]\n",
    "a section for all": b"[DEFAULT]\nz = 1\n[a]\nx = 9\ny = 2\n[b]\nx = 1\n",
    "another order": b"[b]\nx = 1\n[a]\nx = 9\ny = 2\n",
    "options in another order": b"[a]\ny = 2\nx = 9\n[b]\nx = 1\n",
    "a file that is broken": b"[a]\nx = 9\ny = 2\n[b]\nx = 1\n[a]\n",
    "a byte order mark": b"\xef\xbb\xbf[a]\nx = 9\ny = 2\n[b]\nx = 1\n",
    "not text": b"[a]\nx = 9\ny = 2\n[b]\nx = 1\n# \xe9\n",
}


@pytest.mark.parametrize("new", WRONG.values(), ids=WRONG)
def test_anything_else_does_not(new: bytes) -> None:
    with pytest.raises(WorkbenchError):
        verify(OLD, new, [SET])


@pytest.mark.parametrize(
    "edit",
    [
        SetOption("c", "x", "1"),
        RemoveOption("c", "x"),
        RemoveSection("c"),
        RenameSection("c", "d"),
        AddSection("a"),
        RenameSection("a", "b"),
    ],
)
def test_an_edit_that_does_not_fit_does_not_pass(edit: Edit) -> None:
    with pytest.raises(WorkbenchError):
        verify(OLD, OLD, [edit])


def test_what_an_edit_means_leaves_its_argument_alone() -> None:
    sections = {"a": {"x": "1"}}
    assert change(sections, [SET, AddSection("b")]) == {"a": {"x": "9"}, "b": {}}
    assert sections == {"a": {"x": "1"}}


READABLE = {
    "comments, colons, blanks": b"# c\n[a]\n; d\nX : 1\n\ny=2 # in\n  [b]\nz =\n\n[profile c d] #\nq=[1]\n",
    "values on several lines": b"[a]\nx = 1\n  2\n\n  # no\n  3\n\ny =\n  a = b\n  c=d\n[b]\n  x = 1\n",
    "line ends": b"[a]\r\nx = 1\r\n\r\n[b]\ry = 2\r",
    "inherited": b"[DEFAULT]\nx = 1\n[a]\n[b]\nx = 2\n",
}


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE)
def test_it_reads_as_botocore_does(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(data)
    sections = parse(data)
    inherited = sections.pop("DEFAULT", {})
    merged = {name: inherited | options for name, options in sections.items()}
    assert merged == raw_config_parse(str(tmp_path / "config"), parse_subsections=False)
    assert raw_config_parse(str(tmp_path / "config")).keys() == merged.keys()


def test_what_only_botocore_cannot_read_is_no_file_to_edit() -> None:
    """Nested settings that are none: the parser takes them, botocore then fails on every profile."""
    with pytest.raises(WorkbenchError, match="not valid settings"):
        parse(b"[a]\ns3 =\n  hello\n")


def test_errors_quote_nothing_of_the_file() -> None:
    for data in (b"[a]\ns3cret\n", b"s3cret = 1\n", b"[a]\nx = s3cret\nx = s3cret\n", b"[a]\nx =\n s3cret\n"):
        with pytest.raises(WorkbenchError) as caught:
            parse(data)
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None
