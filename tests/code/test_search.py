"""What a search finds in a workspace's files, what it skips and says, and what cannot stop it."""

import threading
from pathlib import Path

import pytest

from tests.code.deployed import Deployed
from workbench.code.search import (
    FileMatches,
    Match,
    Query,
    Replacement,
    SearchSummary,
    apply_replacements,
    compile_globs,
    compile_query,
    expand,
    replacement_of,
    search,
    search_workspace,
)
from workbench.code.text import HUGE_BYTES
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


def make(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def look(root: Path, query: Query, typed: dict[str, str] | None = None, most: int = 100) -> list[FileMatches]:
    found: list[FileMatches] = []
    search(root, typed or {}, query, lambda some, _summary: found.extend(some), most)
    return found


def places(found: list[FileMatches]) -> list[tuple[str, int, int]]:
    return [(each.path, match.line, match.column) for each in found for match in each.matches]


def line_of(match: Match) -> str:
    return f"{match.before}[{match.found}]{match.after}"


# ---- finding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        (Query("bucket"), ["[Bucket] = bucket", "Bucket = [bucket]", "my_[bucket] = 1"]),
        (Query("bucket", match_case=True), ["Bucket = [bucket]", "my_[bucket] = 1"]),
        (Query("bucket", whole_word=True), ["[Bucket] = bucket", "Bucket = [bucket]"]),
        (Query("BUCKET", match_case=True), []),
        (Query("b.cket"), []),
        (Query("b.cket$", is_regex=True), ["Bucket = [bucket]"]),
        (Query(r"(\w+) = 1", is_regex=True), ["[my_bucket = 1]"]),
        (Query("= 1", whole_word=True), ["my_bucket [= 1]"]),
        (Query(r"\s+$", is_regex=True), []),
        (Query("x*", is_regex=True), []),
        (Query(r"(?<=my_)bucket\Z", is_regex=True), []),
        (Query(r"(?<=my_)b\w+", is_regex=True), ["my_[bucket] = 1"]),
        (Query(r"^my.*1\Z", is_regex=True), ["[my_bucket = 1]"]),
        (Query("\\"), []),
    ],
)
def test_a_query_finds_its_lines(tmp_path: Path, query: Query, lines: list[str]) -> None:
    make(tmp_path, {"app.py": "Bucket = bucket\nmy_bucket = 1\n"})
    assert [line_of(match) for each in look(tmp_path, query) for match in each.matches] == lines


@pytest.mark.parametrize(
    "data",
    [
        "a\r\nzwölf\r\n".encode(),
        "a\rzwölf\r".encode(),
        b"\xef\xbb\xbfa\n" + "zwölf".encode(),
        "a\nzwölf".encode("utf-16"),
        "a\nzwölf".encode("latin-1"),
    ],
)
def test_line_ends_and_encodings_do_not_matter(tmp_path: Path, data: bytes) -> None:
    make(tmp_path, {"a.txt": data})
    for text in ("ZWÖLF", "wölf", "LF"):
        assert [line for _path, line, _column in places(look(tmp_path, Query(text)))] == [2]


def test_columns_count_as_the_editor_counts(tmp_path: Path) -> None:
    make(tmp_path, {"a.txt": "😀 find 😀 find"})
    (found,) = look(tmp_path, Query("find"))
    assert [(match.column, match.end_column) for match in found.matches] == [(4, 8), (12, 16)]


def test_what_is_typed_counts_instead_of_the_file(tmp_path: Path) -> None:
    make(tmp_path, {"app.py": "old\n", "other.py": "new\n"})
    typed = {"app.py": "new\n", "lib/unsaved.py": "\nnew\n"}
    assert places(look(tmp_path, Query("new"), typed)) == [
        ("app.py", 1, 1),
        ("lib/unsaved.py", 2, 1),
        ("other.py", 1, 1),
    ]
    assert look(tmp_path, Query("old"), typed) == []


@pytest.mark.parametrize(
    ("include", "exclude", "paths"),
    [
        ("", "", ["a.js", "a.py", "lib/b.py", "lib/deep/c.py", "library/d.py"]),
        ("*.py", "", ["a.py", "lib/b.py", "lib/deep/c.py", "library/d.py"]),
        ("lib", "", ["lib/b.py", "lib/deep/c.py"]),
        ("./lib/", "", ["lib/b.py", "lib/deep/c.py"]),
        ("lib/*.py, *.js", "", ["a.js", "lib/b.py"]),
        ("lib/**", "deep", ["lib/b.py"]),
        ("**/c.py", "", ["lib/deep/c.py"]),
        ("lib/**/c.py", "", ["lib/deep/c.py"]),
        ("?.py", "lib,library", ["a.py"]),
        ("[a].py, (, +", "", []),
        (" , ", "*.js", ["a.py", "lib/b.py", "lib/deep/c.py", "library/d.py"]),
    ],
)
def test_patterns_choose_the_files(tmp_path: Path, include: str, exclude: str, paths: list[str]) -> None:
    make(tmp_path, dict.fromkeys(("a.js", "a.py", "lib/b.py", "lib/deep/c.py", "library/d.py"), "x"))
    found = look(tmp_path, Query("x", include=include, exclude=exclude))
    assert [each.path for each in found] == paths


def test_no_pattern_takes_long() -> None:
    pattern = compile_globs("*a" * 12 + "b")
    assert pattern is not None
    assert pattern.match("a" * 60) is None


# ---- skipping, ending ------------------------------------------------------------------------------------


def test_what_cannot_be_searched_is_said(tmp_path: Path) -> None:
    make(tmp_path, {"app.py": "find", "logo.png": b"\x89PNG\0find", "__pycache__/a.pyc": b"find"})
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(HUGE_BYTES + 1)
    (tmp_path / "link.py").symlink_to(tmp_path / "app.py")
    found: list[FileMatches] = []
    summary = search(tmp_path, {}, Query("find"), lambda some, _: found.extend(some))
    assert [each.path for each in found] == ["app.py"]
    assert (summary.binary, summary.huge, summary.unreadable) == (["logo.png"], ["huge.txt"], [])
    assert (summary.searched, summary.files, summary.matches, summary.is_cut) == (3, 1, 1, False)


@pytest.mark.parametrize(("most", "cut"), [(2, True), (3, False)])
def test_a_search_ends_at_its_limit_and_says_so(tmp_path: Path, most: int, cut: bool) -> None:
    make(tmp_path, {"a.txt": "x x\n", "b.txt": "x\n"})
    found: list[FileMatches] = []
    summary = search(tmp_path, {}, Query("x"), lambda some, _: found.extend(some), most)
    assert (len(places(found)), summary.matches, summary.is_cut) == (most, most, cut)


def test_a_long_line_is_shown_around_the_match(tmp_path: Path) -> None:
    make(tmp_path, {"a.js": "a" * 1000 + "find" + "b" * 1000})
    ((match,),) = (each.matches for each in look(tmp_path, Query("find")))
    assert match.column == 1001
    assert match.before == "…" + "a" * 40
    assert match.after == "b" * 160 + "…"


@pytest.mark.parametrize("text", ["(", "[z-a]", "*", "(?P<a>x)(?P<a>y)", "x{99999999999}", r"\1"])
def test_what_is_no_expression_is_an_error(text: str) -> None:
    with pytest.raises(WorkbenchError, match="Invalid regular expression"):
        compile_query(Query(text, is_regex=True))


# ---- replacing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("$2-$1", "one-two"),
        ("[$&$0]", "[two onetwo one]"),
        ("$$1", "$1"),
        ("$9", "$9"),
        (r"a\nb\\c", "a\nb\\c"),
        (r"\d", r"\d"),
        ("", ""),
    ],
)
def test_groups_are_put_into_the_replacement(words: str, text: str) -> None:
    assert expand(words, ("two one", "two", "one")) == text


def test_replacing_changes_what_was_found_and_nothing_else(tmp_path: Path) -> None:
    text = "😀 x = x\n  y\nx\n"
    make(tmp_path, {"a.py": text})
    ((found,),) = (look(tmp_path, Query("x")),)
    first, second, third = (replacement_of(match, "$1") for match in found.matches)
    assert apply_replacements("a.py", text, (third, first)) == "😀 $1 = x\n  y\n$1\n"
    assert apply_replacements("a.py", text, (first, second, third)) == "😀 $1 = $1\n  y\n$1\n"


@pytest.mark.parametrize("now", ["", "y x", "😀x", "\nx"])
def test_a_text_that_has_changed_is_left_alone(now: str) -> None:
    match = Match(1, 1, 2, "", "x", "")
    with pytest.raises(WorkbenchError, match="changed since the search"):
        apply_replacements("a.py", now, [Replacement(match, "z")])


# ---- beside the program ----------------------------------------------------------------------------------


def test_the_process_finds_in_files_drafts_and_typing(deployed: Deployed) -> None:
    workspace = deployed.open()
    workspace.put_draft("lib/util.py", "find 1\nä find\n")
    found: list[FileMatches] = []
    ctx = JobContext(item=lambda some: found.extend(some))  # type: ignore[arg-type]
    summary = search_workspace(workspace, {"app.py": "# find \ud800"}, Query("find"), ctx)
    assert places(found) == [("app.py", 1, 3), ("lib/util.py", 1, 1), ("lib/util.py", 2, 3)]
    assert found[0].matches[0].after == " \ud800"
    assert summary == SearchSummary(searched=3, matches=3, files=2)


def test_the_process_hands_on_errors(deployed: Deployed) -> None:
    with pytest.raises(WorkbenchError, match=r"Invalid regular expression\. Python reports: missing \)"):
        search_workspace(deployed.open(), {}, Query("(", is_regex=True), JobContext())


ENDLESS = {"app.py": "a" * 60 + "!"}, Query("(a+)+$", is_regex=True)


def test_an_expression_that_never_ends_is_ended(deployed: Deployed) -> None:
    typed, query = ENDLESS
    with pytest.raises(WorkbenchError, match=r"One file took longer than 0\.5 s"):
        search_workspace(deployed.open(), typed, query, JobContext(), 0.5)


def test_cancel_ends_a_search_at_once(deployed: Deployed) -> None:
    typed, query = ENDLESS
    workspace, stop = deployed.open(), threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    with pytest.raises(Cancelled):
        search_workspace(workspace, typed, query, JobContext(stop=stop), 60)
    timer.join()
