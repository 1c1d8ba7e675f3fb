"""Edits change what they name and not one byte more; what cannot be said safely is refused."""

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
    apply_edits,
    change,
    parse,
    verify,
)

FILE = """\
# kept by hand
[default]
Region=eu-west-1
output : json\x20\x20
; old: us-east-1

[profile dev] # mine
role_arn = arn:aws:iam::111122223333:role/dev
s3 =
    addressing_style = path
    # why: the proxy

    max_concurrent_requests = 20
source_profile = default

# the other one
[profile ops]
  region = eu-west-3
  output = text
"""

GOLDEN: dict[str, tuple[str, Edit, str]] = {
    "a value in place, the option's spelling kept": (
        FILE,
        SetOption("default", "region", "eu-central-1"),
        FILE.replace("Region=eu-west-1", "Region=eu-central-1"),
    ),
    "a value after a colon": (
        FILE,
        SetOption("default", "output", "text"),
        FILE.replace("output : json  ", "output : text"),
    ),
    "the same value again": (FILE, SetOption("default", "output", "json"), FILE),
    "a new option behind the last": (
        FILE,
        SetOption("profile dev", "region", "eu-north-1"),
        FILE.replace("source_profile = default\n", "source_profile = default\nregion = eu-north-1\n"),
    ),
    "a new option with the others' indent": (
        FILE,
        SetOption("profile ops", "role_arn", "arn:x"),
        FILE + "  role_arn = arn:x\n",
    ),
    "nested settings, indented as before": (
        FILE,
        SetOption("profile dev", "s3", "\naddressing_style = virtual"),
        FILE.replace(
            "    addressing_style = path\n    # why: the proxy\n\n    max_concurrent_requests = 20\n",
            "    addressing_style = virtual\n    # why: the proxy\n",
        ),
    ),
    "an option goes with its nested settings": (
        FILE,
        RemoveOption("profile dev", "s3"),
        FILE.replace("s3 =\n    addressing_style = path\n", "").replace(
            "\n    max_concurrent_requests = 20\n", ""
        ),
    ),
    "removing what is not there": (FILE, RemoveOption("default", "role_arn"), FILE),
    "a section at the end": (
        FILE,
        AddSection("profile new", (("region", "us-east-1"), ("s3", "\na = b\nc = d"), ("empty", ""))),
        FILE + "\n[profile new]\nregion = us-east-1\ns3 =\n  a = b\n  c = d\nempty =\n",
    ),
    "a section goes, the next one's comment stays": (
        FILE,
        RemoveSection("profile dev"),
        FILE[: FILE.index("[profile dev]")] + FILE[FILE.index("# the other one") :],
    ),
    "the last section goes": (
        FILE,
        RemoveSection("profile ops"),
        FILE[: FILE.index("[profile ops]")],
    ),
    "the first section goes": ("[a]\nx = 1\n\n[b]\n", RemoveSection("a"), "[b]\n"),
    "the only section goes": ("[a]\nx = 1\n", RemoveSection("a"), ""),
    "a header is written anew, what follows it stays": (
        FILE,
        RenameSection("profile dev", "profile staging"),
        FILE.replace("[profile dev]", "[profile staging]"),
    ),
    "an ignored header": (
        "[ profile a ]\nx = 1\n",
        RenameSection(" profile a ", "profile a"),
        "[profile a]\nx = 1\n",
    ),
    "the first section of an empty file": ("", AddSection("default"), "[default]\n"),
    "the first section below comments": ("# mine", AddSection("a"), "# mine\n\n[a]"),
    "no line end at the end of the file": ("[a]\nx = 1", SetOption("a", "y", "2"), "[a]\nx = 1\ny = 2"),
    "a value in the last line": ("[a]\nx = 1", SetOption("a", "x", "2"), "[a]\nx = 2"),
    "an empty value is filled": ("[a]\nx =\ny=\n", SetOption("a", "x", "1"), "[a]\nx = 1\ny=\n"),
    "an empty value without a blank": ("[a]\ny=\n", SetOption("a", "y", "1"), "[a]\ny=1\n"),
    "an option in an empty section": (
        "[a]\n# none\n[b]\n",
        SetOption("a", "x", "1"),
        "[a]\nx = 1\n# none\n[b]\n",
    ),
    "before an indented header": ("[a]\n  [b]\n", SetOption("a", "x", "1"), "[a]\n  x = 1\n  [b]\n"),
    "a glued value (H3) is taken apart": (
        "[a]\nregion = eu\n\taws_access_key_id = AKID\noutput = json\n",
        SetOption("a", "region", "eu"),
        "[a]\nregion = eu\noutput = json\n",
    ),
    "an option above the first's indent": (
        "[a]\n    x = 1\n  y = 2\n",
        SetOption("a", "z", "3"),
        "[a]\n    x = 1\n  y = 2\n  z = 3\n",
    ),
    "what all profiles inherit": (
        "[DEFAULT]\nrole_arn = x\n[a]\n",
        RemoveOption("DEFAULT", "role_arn"),
        "[DEFAULT]\n[a]\n",
    ),
    "text that is not ASCII": ("[a]\nx = ü\n# 日本\n", SetOption("a", "x", "é"), "[a]\nx = é\n# 日本\n"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
@pytest.mark.parametrize(("before", "edit", "after"), GOLDEN.values(), ids=GOLDEN)
def test_golden_bytes(before: str, edit: Edit, after: str, end: str, mark: bytes) -> None:
    """W1, H2: the result to the byte, for every kind of line end, with and without a byte order mark."""
    if "\n" not in before and end != "\n":
        pytest.skip("the file has no line ends to keep")
    old, new = ((mark + text.replace("\n", end).encode()) for text in (before, after))
    assert apply_edits(old, [edit]) == new
    verify(old, new, [edit])


def test_edits_are_made_in_order() -> None:
    edits: tuple[Edit, ...] = (
        AddSection("profile a", (("region", "eu-west-1"),)),
        RenameSection("profile a", "profile b"),
        SetOption("profile b", "REGION", "eu-west-2"),
        RemoveOption("profile b", "Region"),
        SetOption("profile b", "output", "json"),
    )
    assert apply_edits(b"", edits) == b"[profile b]\noutput = json\n"


def test_adding_and_removing_a_section_leaves_no_trace() -> None:
    added = apply_edits(FILE.encode(), [AddSection("profile x", (("region", "eu-west-1"),))])
    assert apply_edits(added, [RemoveSection("profile x")]) == FILE.encode()


VALUES = {
    "line feed": "eu\n[profile evil]",
    "carriage return": "eu\rx",
    "both": "eu\r\nregion = x",
    "a line feed at the end": "eu\n",
    "only a line feed": "\n",
    "nested, but no setting": "\nrole_arn",
    "nested, and a blank line": "\na = b\n\nc = d",
    "nested, and a comment": "\n# a = b",
    "nested and indented": "\n  a = b",
    "nested without a key": "\n= b",
    "blank before": " eu",
    "blank behind": "eu ",
    "no-break space behind": "eu\xa0",
    "NUL": "e\0u",
    "escape": "e\x1bu",
    "line separator": "e\u2028u",
    "half a character": "e\ud800u",
    "comment": "eu # home",
    "comment with ;": "eu ;home",
    "comment only": "#eu",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("option", ["region", "output"])
def test_a_value_that_would_not_read_back_is_refused(value: str, option: str) -> None:
    """W5, also for options that are not there yet; the error does not quote it."""
    for edit in (SetOption("a", option, value), AddSection("b", ((option, value),))):
        with pytest.raises(WorkbenchError) as caught:
            apply_edits(b"[a]\nregion = x\n", [edit])
        assert caught.value.why.startswith(("A value cannot", "In a value"))
        assert value.strip() not in str(caught.value) or not value.strip()


NOT_EDITABLE: dict[str, tuple[bytes, int]] = {
    "a section twice (H4)": (b"[a]\n[b]\n[a]\n", 3),
    "the defaults twice": (b"[DEFAULT]\nx = 1\n[DEFAULT]\ny = 2\n", 3),
    "an option twice (H6)": (b"[a]\nx = 1\nX = 2\n", 3),
    "an option twice, across a colon": (b"[a]\nx = 1\n\nx: 2\n", 4),
    "a bare word (H15)": (b"[a]\nhello\n", 2),
    "no name before the =": (b"[a]\n= 1\n", 2),
    "text before the first section": (b"x = 1\n[a]\n", 1),
    "a byte that is not UTF-8 (H11)": (b"[a]\n# caf\xe9\n", 2),
    "UTF-16 (H12)": ("[a]\nx = 1\n".encode("utf-16"), 1),
    "UTF-16 without a mark (H12)": ("[a]\nx = 1\n".encode("utf-16-le"), 1),
    "NUL (H12)": (b"[a]\nx = \0\n", 2),
}


@pytest.mark.parametrize(("data", "line"), NOT_EDITABLE.values(), ids=NOT_EDITABLE)
def test_a_file_that_the_sdk_cannot_read_is_not_edited(data: bytes, line: int) -> None:
    with pytest.raises(WorkbenchError, match=f"Line {line}: "):
        apply_edits(data, [AddSection("new")])


IMPOSSIBLE: dict[str, tuple[Edit, str]] = {
    "set in a section that is not there": (SetOption("b", "x", "1"), "[b] does not exist"),
    "remove from one": (RemoveOption("b", "x"), "[b] does not exist"),
    "remove one": (RemoveSection("b"), "[b] does not exist"),
    "rename one": (RenameSection("b", "c"), "[b] does not exist"),
    "add one that is there": (AddSection("a"), "[a] already exists"),
    "rename to one that is there": (RenameSection("a", "c"), "[c] already exists"),
    "an option given twice": (AddSection("b", (("x", "1"), ("X", "2"))), "specified twice"),
    "a header with a line break": (AddSection("b]\n[c"), "not a valid section name"),
    "a header with a bracket": (AddSection("b]"), "not a valid section name"),
    "a header with a comment": (RenameSection("a", "b #c"), "not a valid section name"),
    "a header with a blank at its end": (AddSection("b "), "not a valid section name"),
    "an empty header": (AddSection(""), "not a valid section name"),
    "a header that all profiles inherit": (RenameSection("a", "DEFAULT"), "every profile"),
    "an option with a blank": (SetOption("a", "x y", "1"), "not a valid option name"),
    "an option that is a comment": (SetOption("a", "#x", "1"), "not a valid option name"),
    "an option with a line break": (SetOption("a", "x\ny", "1"), "not a valid option name"),
    "an option with =": (SetOption("a", "x=y", "1"), "not a valid option name"),
}


@pytest.mark.parametrize(("edit", "why"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_edit_that_does_not_fit_is_refused(edit: Edit, why: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        apply_edits(b"[a]\n[c]\n", [edit])
    assert why in caught.value.why


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
