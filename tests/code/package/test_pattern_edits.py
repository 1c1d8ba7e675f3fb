"""One path is left out or put in again, and nothing else with it."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.code.package import PROJECT_PATTERNS, Patterns, preview
from workbench.code.package.patterns import leave_out, put_in, with_defaults
from workbench.code.tree import walk
from workbench.core.errors import WorkbenchError

TREE = ("a.txt", "b/a.txt", "b/c/d.log", "b/[x].py", "b/*.py", "b/q?.py", "!n", "#n", "end ", "b/end /z", "é")


def make(root: Path) -> Path:
    for path in TREE:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    return root


def going_in(root: Path, patterns: Patterns) -> set[str]:
    return {each.path for each in preview(walk(root), patterns) if not each.why_out}


@pytest.mark.parametrize("path", TREE)
@pytest.mark.parametrize("lines", [(), ("*.log",), ("# mine", "", "/a.txt", "!/b/")])
def test_one_file_is_left_out_and_put_in_again(tmp_path: Path, path: str, lines: tuple[str, ...]) -> None:
    root, before = make(tmp_path), Patterns(lines)
    without = leave_out(before, path, is_folder=False)
    assert going_in(root, without) == going_in(root, before) - {path}
    assert leave_out(without, path, is_folder=False) == without
    again = put_in(without, path, is_folder=False)
    assert going_in(root, again) == going_in(root, before) | {path}
    assert Patterns.of("\n".join(again.lines)) == again


@pytest.mark.parametrize("folder", ["b", "b/c", "b/end "])
def test_a_folder_is_left_out_with_all_in_it(tmp_path: Path, folder: str) -> None:
    root = make(tmp_path)
    without = leave_out(Patterns(), folder, is_folder=True)
    assert going_in(root, without) == {path for path in TREE if not path.startswith(f"{folder}/")}
    assert put_in(without, folder, is_folder=True) == Patterns()


def test_what_was_left_out_and_put_in_leaves_no_trace() -> None:
    mine = Patterns(("# mine", "*.log", "!/b/c/d.log"))
    assert leave_out(mine, "b/c/d.log", is_folder=False) == Patterns(("# mine", "*.log"))
    assert put_in(Patterns(("# mine", "/a.txt")), "a.txt", is_folder=False) == Patterns(("# mine",))


def test_what_lies_in_a_folder_that_stays_out_says_which() -> None:
    with pytest.raises(WorkbenchError) as caught:
        put_in(Patterns(("b/",)), "b/c/d.log", is_folder=False)
    assert caught.value.why == (
        "The folder b is excluded as a whole by the line 'b/', so a file in it cannot be included separately."
    )
    assert caught.value.action == "code.package_contents"


@pytest.mark.parametrize("path", ["__pycache__/x.pyc", ".git/config", "node_modules/.cache/x"])
def test_what_is_never_packed_cannot_be_put_in(path: str) -> None:
    with pytest.raises(WorkbenchError, match="are never included"):
        put_in(Patterns(), path, is_folder=False)


def test_defaults_come_once_and_before_what_was_written() -> None:
    both = with_defaults(Patterns(("!*.pyc", "*~")), PROJECT_PATTERNS)
    assert both.lines[-2:] == ("!*.pyc", "*~")
    assert both.lines.count("*~") == 1
    assert both.why_left_out("x.pyc", is_folder=False) == ""
    assert with_defaults(both, PROJECT_PATTERNS) == both
    assert with_defaults(Patterns(), PROJECT_PATTERNS).lines == PROJECT_PATTERNS


NAMES = st.sampled_from(TREE)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.booleans(), NAMES), max_size=8))
def test_any_order_of_decisions_counts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, str]]
) -> None:
    root = tmp_path_factory.getbasetemp() / "decided"
    if not root.exists():
        make(root)
    patterns, wanted = Patterns(), dict.fromkeys(TREE, True)
    for goes_in, path in steps:
        patterns = (put_in if goes_in else leave_out)(patterns, path, is_folder=False)
        wanted[path] = goes_in
    assert going_in(root, patterns) == {path for path, goes_in in wanted.items() if goes_in}


@pytest.mark.parametrize("path", ["config/.env", "id_rsa", "odd [name].pem"])
def test_what_looks_like_a_secret_is_put_in_by_its_name(path: str) -> None:
    mine = Patterns(("*.log", "!*"))
    assert not mine.names(path, is_folder=False)
    named = put_in(mine, path, is_folder=False)
    assert named.names(path, is_folder=False)
    assert not named.names(f"deeper/{path}", is_folder=False)
    assert put_in(named, path, is_folder=False) == named
    out = leave_out(named, path, is_folder=False)
    assert not out.names(path, is_folder=False)
    assert out.why_left_out(path, is_folder=False)


def test_what_lies_in_a_folder_of_secrets_needs_the_folder_first() -> None:
    with pytest.raises(WorkbenchError) as caught:
        put_in(Patterns(), "home/.aws/config", is_folder=False)
    assert caught.value.why == (
        "The folder home/.aws is excluded as a whole because it looks like a secret, so a file "
        "in it cannot be included separately."
    )
    folder = put_in(Patterns(), "home/.aws", is_folder=True)
    assert folder == Patterns(("!/home/.aws/",))
    assert put_in(folder, "home/.aws/config", is_folder=False).lines[-1] == "!/home/.aws/config"


@pytest.mark.parametrize(
    "line", ["!*", "!.env*", "!config/*", "!**/.env", "!/config/.en[v]", "!.env", "config/.env"]
)
def test_only_a_whole_path_without_a_wildcard_is_a_name(line: str) -> None:
    assert not Patterns((line,)).names("config/.env", is_folder=False)
    assert Patterns((line, "!config/.env")).names("config/.env", is_folder=False)
