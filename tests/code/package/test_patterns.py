"""What goes into a package by pattern: git's own decisions, and the words for them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.code.package.trees import write
from workbench.code.package import (
    PROJECT_PATTERNS,
    Packer,
    Patterns,
    Rules,
    preview,
    read_patterns,
    write_patterns,
)
from workbench.code.package.patterns import ALWAYS_OUT
from workbench.code.tree import walk
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

CTX = JobContext()


def _packed(root: Path, patterns: Patterns, folder: Path) -> set[str]:
    packer = Packer(root, folder / "p", folder / "state")
    files = packer.pack(CTX, Rules(patterns)).contents.files
    assert packer.pack(CTX, Rules(patterns)).contents.files == files
    packer.close()
    return set(files)


@pytest.mark.parametrize(
    ("lines", "files", "out"),
    [
        (["*.log"], ["a.log", "b/c.log", "app.py"], {"a.log", "b/c.log"}),
        (["/a.log"], ["a.log", "b/a.log", "app.py"], {"a.log"}),
        (["tests/"], ["tests/t.py", "lib/tests/t.py", "tests.py"], {"tests/t.py", "lib/tests/t.py"}),
        (["*.md", "!README.md"], ["a.md", "README.md"], {"a.md"}),
        (["docs/", "!docs/keep.txt"], ["docs/keep.txt", "app.py"], {"docs/keep.txt"}),
        (["docs/*", "!docs/keep.txt"], ["docs/keep.txt", "docs/x", "app.py"], {"docs/x"}),
        (["# a comment", "", "\\#odd"], ["#odd", "app.py"], {"#odd"}),
        (["a/**/z"], ["a/z", "a/b/c/z", "z"], {"a/z", "a/b/c/z"}),
        ([" *.tmp"], ["x.tmp", " y.tmp"], {" y.tmp"}),
        (list(PROJECT_PATTERNS),
         [".venv/x", "a/.coverage", "node_modules/.cache/x", "node_modules/y.js", "m.pyc"],
         {".venv/x", "a/.coverage", "node_modules/.cache/x", "m.pyc"}),
    ],
)  # fmt: skip
def test_patterns_mean_what_they_mean_to_git(
    tmp_path: Path, lines: list[str], files: list[str], out: set[str]
) -> None:
    root = tmp_path / "code"
    write(root, dict.fromkeys(files, "x"))

    assert _packed(root, Patterns(tuple(lines)), tmp_path) == set(files) - out
    assert _by_git(root, lines) == set(files) - out


def _by_git(root: Path, lines: list[str]) -> set[str]:
    subprocess.run(["git", "init", "-q", root], check=True)
    exclude = root / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("\n".join(lines) + "\n")
    command = ["git", "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return set(filter(None, listing.split("\0")))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["*.a", "!x.a", "d/", "/d/*", "!d/x.a", "d/**/y", "x*", "!**/y"]), max_size=4),
    st.lists(st.sampled_from(["x.a", "y", "d/x.a", "d/y", "d/e/y", "e/d/x.a", "e/y.a"]), min_size=1),
)
def test_any_patterns_mean_what_they_mean_to_git(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], files: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    write(folder / "code", dict.fromkeys([*files, "zzz"], "q"))

    assert _packed(folder / "code", Patterns(tuple(lines)), folder) == _by_git(folder / "code", lines)


def test_the_preview_says_what_packing_does_and_why(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "12345", "docs/a": "123", "docs/b/c": "45", "x.log": "1", ".git/HEAD": "ref"})
    patterns = Patterns.of("*.log\n/docs/\n")

    decisions = preview(walk(root), patterns)

    assert {each.path for each in decisions if not each.why_out} == _packed(root, patterns, tmp_path)
    assert [(each.path, each.is_folder, each.why_out, each.size_bytes) for each in decisions] == [
        (".git", True, ALWAYS_OUT, 3),
        ("app.py", False, "", 5),
        ("docs", True, "/docs/", 5),
        ("x.log", False, "*.log", 1),
    ]


def test_what_could_not_be_packed_can_be_left_out(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x"})
    (root / "gone").symlink_to("nothing")

    with pytest.raises(WorkbenchError, match="exclude"):
        _packed(root, Patterns(), tmp_path)
    assert _packed(root, Patterns(("gone",)), tmp_path) == {"app.py"}


def test_patterns_are_kept_beside_the_code_and_bad_ones_are_refused(tmp_path: Path) -> None:
    assert read_patterns(tmp_path) == Patterns()
    kept = write_patterns(tmp_path, "*.log\n!keep.log\n")

    assert read_patterns(tmp_path) == kept
    with pytest.raises(WorkbenchError, match="Line 2, '!', is not a valid pattern"):
        write_patterns(tmp_path, "*.log\n!\n")
    assert read_patterns(tmp_path) == kept
    (tmp_path / "package-patterns").write_bytes(b"\xff\xfe")
    with pytest.raises(WorkbenchError, match="is not a text file"):
        read_patterns(tmp_path)


def test_changed_patterns_count_for_files_that_did_not_change(tmp_path: Path) -> None:
    root = tmp_path / "code"
    write(root, {"app.py": "x", "x.log": "y"})
    packer = Packer(root, tmp_path / "p", tmp_path / "state")

    for lines, files in (((), {"app.py", "x.log"}), (("*.log",), {"app.py"}), ((), {"app.py", "x.log"})):
        assert set(packer.pack(CTX, Rules(Patterns(lines))).contents.files) == files
    packer.close()
