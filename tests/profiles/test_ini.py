"""Files as text: we see what botocore sees, refuse what it refuses, and name the line that is to blame."""

from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workbench.profiles.config_files import IniFile, Section, read_ini

END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n"])
HEADER = st.tuples(
    st.sampled_from(["", "", "", " "]),
    st.sampled_from(["a", "profile a", "profile b", "default", "DEFAULT", "x]y", "'q'", "services s"]).map(
        "[{}]".format
    ),
    st.sampled_from(["", "", " ", " ; note", "x"]),
    END,
).map("".join)
OPTION = st.tuples(
    st.sampled_from(["", "", "", "", "\t", " "]),
    st.sampled_from(["region", "S3", "two words", "o", "é", "k"]),
    st.sampled_from(["=", ":", " = ", "\u00a0=\t"]),
    st.sampled_from(["1", "", "x # note", "a=b", "[z]", "\x0bq"]),
    END,
).map("".join)
CONTINUED = st.tuples(
    st.sampled_from(["  a = b", "\tc=d", "   [z]", "  k=2", "\x85 x=1", "  w=\x0bq=2", "  word", " w=\x1cq"]),
    END,
).map("".join)
OTHER = st.sampled_from(["", " ", "# note", "  ; note", "word", "[", "[]", "\ufeff", "\0", "= x", ": y"]).map(
    "{}\n".format
)
LINES = st.lists(st.one_of(HEADER, OPTION, OPTION, CONTINUED, OTHER), max_size=10)
BODY = st.lists(st.one_of(OPTION, CONTINUED), max_size=3, unique=True)
SECTIONS = st.lists(st.tuples(HEADER, BODY.map("".join)).map("".join), max_size=4, unique=True)


def read(path: Path, data: str | bytes) -> IniFile:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_ini(path)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(SECTIONS, LINES).map("".join))
@example(text="[DEFAULT]\ns3 =\n  word\n")  # inherited by nobody, so nobody minds
@example(text="[a]\ns3 =\n\n  k = v\r\n  w\x85v = 1\n")
@example(text="[a]\nk = v\n\n\n  w\n")
def test_whatever_the_text_we_see_what_botocore_sees(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    found = read(path, text)
    assert all(len(section.lines) == len(section.options) for section in found.sections)
    try:
        raw_config_parse(str(path))  # refuses more: settings below an option that are none
    except ConfigParseError:
        assert found.error is not None
    else:
        assert found.error is None
        seen = raw_config_parse(str(path), parse_subsections=False)
        assert {section.name: section.options for section in found.sections} == seen


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(SECTIONS, LINES).map("".join))
def test_every_line_number_is_the_line_s(tmp_path: Path, text: str) -> None:
    found = read(tmp_path / "config", text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for section in found.sections:
        assert f"[{section.name}]" in lines[section.line - 1]
        for option in section.options:
            assert lines[section.line_of(option) - 1].strip().lower().startswith(option)
        for option, line in section.continued:
            assert lines[line - 1].strip() in section.options[option].split("\n")


TABLE = [
    ("H4", "[profile a]\nk = x\n[profile b]\n[profile a]\nk2 = y\n", 4, "[profile a] occurs twice", 2),
    ("H6", "[profile a]\nregion = x\nregion = y\n", 3, "“region” occurs twice", 1),
    ("H15", "[profile a]\nregion = x\nSECRETVALUE\n[profile b]\n", 3, "neither a section nor", 2),
    ("H15", "region = x\n[profile a]\n", 1, "before the first section", 1),
    ("H15", "[profile a]\n[profile b\nregion = x\n", 2, "neither a section nor", 1),
    ("H15", "[profile a]\n= SECRETVALUE\n", 2, "neither a section nor", 1),
    ("H15", "[a]\ns3 =\n  k = v\n# note\n  SECRETVALUE\n", 5, "not a valid setting of “s3”", 1),
    ("H1", "\ufeff[profile a]\nregion = x\n", 1, "byte order mark", 1),
    ("H11", b"[profile a]\nregion = caf\xe9\n[profile b]\n", 2, "not UTF-8", 2),
    ("H12", "[profile a]\n".encode("utf-16"), 1, "saved as UTF-16", 0),
    ("H12", b"\xff", 1, "not UTF-8", 0),
]


@pytest.mark.parametrize(("row", "data", "line", "why", "sections"), TABLE)
def test_a_broken_file_is_named_with_its_line_and_the_rest_is_read(
    tmp_path: Path, row: str, data: str | bytes, line: int, why: str, sections: int
) -> None:
    path = tmp_path / "config"
    found = read(path, data)
    with pytest.raises(ConfigParseError):
        raw_config_parse(str(path))
    assert found.error is not None, row
    assert found.error.what == f"{path}, line {line} cannot be read."
    assert why in found.error.why
    assert "SECRETVALUE" not in repr(found.error)
    assert len(found.sections) == sections


def test_a_line_that_may_be_a_secret_is_not_called_by_its_name(tmp_path: Path) -> None:
    secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx=="
    found = read(tmp_path / "config", f"[a]\n{secret}\n{secret}\n")
    assert found.error is not None
    assert found.error.why == "An option occurs twice in this section."


def test_a_doubled_section_s_options_are_put_together(tmp_path: Path) -> None:
    found = read(tmp_path / "config", "[a]\nk = 1\n[a]\nk = 2\nl = 3\n")
    assert [(section.name, section.options) for section in found.sections] == [("a", {"k": "1", "l": "3"})]


def test_windows_line_ends_and_no_last_line_end_make_no_difference(tmp_path: Path) -> None:
    """H2."""
    plain = read(tmp_path / "a", "[a]\nk = 1\ns3 =\n  x = y\n[b]\nl = 2")
    assert read(tmp_path / "b", "[a]\r\nk = 1\r\ns3 =\r\n  x = y\r\n[b]\r\nl = 2").sections == plain.sections


def test_a_nul_is_text_to_the_sdk_and_its_line_is_known(tmp_path: Path) -> None:
    """H12: the SDK says nothing."""
    for text, line in (("[a]\nk = 1\nl = 2\0\n", 3), ("[a]\rk = 1\rl = 2\n\rm = 3\nn = 4\0\n", 6)):
        found = read(tmp_path / "config", text)
        assert found.error is None
        assert found.nul_line == line


def test_defaults_are_in_every_section_with_the_lines_they_stand_on(tmp_path: Path) -> None:
    """H13."""
    found = read(tmp_path / "config", "[a]\nk = 1\n[DEFAULT]\nk = 0\nl = 9\n  m\n")
    assert found.sections == (Section("a", 1, {"k": "1", "l": "9\nm"}, (2, 5), (("l", 6),)),)
    assert found.defaults == Section("DEFAULT", 3, {"k": "0", "l": "9\nm"}, (4, 5), (("l", 6),))


def test_a_value_of_many_lines_is_read_in_one_pass(tmp_path: Path) -> None:
    lines = 200_000
    found = read(tmp_path / "config", "[a]\nk = v\n" + "  w\n" * lines)
    assert found.sections[0].options["k"].count("\n") == lines


def test_values_are_in_no_repr(tmp_path: Path) -> None:
    assert "SECRETVALUE" not in repr(read(tmp_path / "config", "[a]\nk = SECRETVALUE\n"))
