"""What the code's room keeps on disk: as earlier versions of the program wrote it, damaged, and hostile."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.code.contents import Contents, FileContent
from workbench.code.dependencies.store import DependencyStore, InstalledFiles
from workbench.code.dependencies.use import Delivery, UsedDependencies, read_used_dependencies
from workbench.code.merge_plan import read_record, write_record
from workbench.code.workspace_store import (
    Base,
    Draft,
    Drafts,
    read_base,
    read_binding,
    write_base,
    write_binding,
)
from workbench.core.errors import WorkbenchError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:hello"
BASE = Base(
    ARN,
    "hello",
    "$LATEST",
    "q83vEjRWeJo=",
    "r1",
    "2026-11-24T12:00:00+00:00",
    Contents(
        {"app.py": FileContent("a" * 64, 10, True), "\udc80/zoë.py": FileContent("b" * 64, 0)},
        frozenset({"logs"}),
    ),
)
EARLIER_BASE = (
    r'{"format": 1, "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:hello", '
    r'"function_name": "hello", "version": "$LATEST", "code_sha256": "q83vEjRWeJo=", "revision_id": "r1", '
    r'"when": "2026-11-24T12:00:00+00:00", "contents": {"files": {"app.py": ["' + "a" * 64 + r'", 10, true], '
    r'"\udc80/zo\u00eb.py": ["' + "b" * 64 + r'", 0, false]}, "empty_folders": ["logs"]}}'
)
DAMAGE = ["", "{", "[]", "null", '{"format": 1}', '{"format": "1"}', "[" * 100_000, '{"format": 2}']


def test_the_base_of_a_workspace_comes_back_and_so_does_that_of_an_earlier_version(tmp_path: Path) -> None:
    write_base(tmp_path, BASE)
    assert read_base(tmp_path) == BASE
    (tmp_path / "base.json").write_text(EARLIER_BASE)
    assert read_base(tmp_path) == BASE


@pytest.mark.parametrize("damage", [*DAMAGE, EARLIER_BASE.replace("10, true", '"10"')])
def test_a_damaged_base_says_so_and_stays(tmp_path: Path, damage: str) -> None:
    (tmp_path / "base.json").write_text(damage)
    with pytest.raises(WorkbenchError, match="is damaged"):
        read_base(tmp_path)
    assert (tmp_path / "base.json").read_text() == damage


def test_a_local_folder_comes_back_and_so_does_that_of_an_earlier_version(tmp_path: Path) -> None:
    for name in ("code", "zoë", "\udc80"):
        write_binding(tmp_path, tmp_path / name)
        assert read_binding(tmp_path) == tmp_path / name
    (tmp_path / "binding.json").write_text(r'{"format": 1, "folder": "/home/user/zo\u00eb/\udc80"}')
    assert read_binding(tmp_path) == Path("/home/user/zoë/\udc80")


@pytest.mark.parametrize("damage", [*DAMAGE, '{"format": 1, "folder": 1}'])
def test_a_damaged_local_folder_says_so(tmp_path: Path, damage: str) -> None:
    (tmp_path / "binding.json").write_text(damage)
    with pytest.raises(WorkbenchError, match="could not be determined"):
        read_binding(tmp_path)


def test_a_draft_of_an_earlier_version_is_read_and_a_damaged_one_hides_no_other(
    tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    drafts = Drafts(tmp_path)
    draft = Draft("zoë.py", 'text = "\ud800"\n{}\n', "ab")
    drafts.put(draft)
    (file,) = tmp_path.iterdir()
    assert drafts.get("zoë.py") == draft
    file.write_bytes(b'{"path": "zo\\u00eb.py", "over_sha256": "ab"}\ntext = "\xed\xa0\x80"\n{}\n')
    assert drafts.get("zoë.py") == draft
    for number, damage in enumerate([b"", b"{}\n", b'{"path": 1}\n', b"[" * 100_000]):
        (tmp_path / f"{number}.draft").write_bytes(damage)
        expect_log(f"{number}.draft is damaged")
    (tmp_path / "later.draft").write_bytes(b'{"path": "a", "over_sha256": ""}\n\xff')
    expect_log("later.draft is damaged")
    assert list(drafts) == [draft]


def test_a_merge_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    (tmp_path / "merge.json").write_text(r'{"format": 1, "theirs": "ab", "texts": {"zo\u00eb.py": "cd"}}')
    assert read_record(tmp_path, "ab") == {"zoë.py": "cd"}
    assert read_record(tmp_path, "another") == {}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 1, "theirs": "ab", "texts": [1]}'])
def test_a_damaged_merge_is_set_aside(tmp_path: Path, damage: str, expect_log: Callable[[str], None]) -> None:
    (tmp_path / "merge.json").write_text(damage)
    assert read_record(tmp_path, "ab") == {}
    expect_log("merge.json was damaged")
    assert (tmp_path / "merge.json.damaged").read_text() == damage
    write_record(tmp_path, "ab", {"a.py": ""})
    assert list(read_record(tmp_path, "ab")) == ["a.py"]


def test_dependencies_of_an_earlier_version_are_used(tmp_path: Path) -> None:
    file = tmp_path / "package-dependencies.json"
    file.write_text(
        '{"key": "k", "store": "/home/user/cache", "way": "layer", "tops": ["a", "b"], "layer_arn": "arn:l"}'
    )
    assert read_used_dependencies(tmp_path) == UsedDependencies(
        "k", Path("/home/user/cache"), Delivery.LAYER, frozenset({"a", "b"}), "arn:l"
    )
    file.write_text('{"key": "k", "store": "s", "way": "sideways", "tops": [], "layer_arn": ""}')
    with pytest.raises(WorkbenchError, match="is damaged"):
        read_used_dependencies(tmp_path)


def test_an_installed_set_of_an_earlier_version_is_found_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "k-00000000000000000001"
    (folder / "tree" / "python").mkdir(parents=True)
    (folder / "installed.json").write_text(
        '{"language": "python", "packages": [["six", "1.17.0"]], "paths": ["six.py"], "size_bytes": 34703, '
        '"notes": []}'
    )
    found = DependencyStore(tmp_path).find("k")
    assert found is not None
    assert found.language == "python"
    assert found.found == InstalledFiles((("six", "1.17.0"),), ("six.py",), 34703)
    other = '{"format": 1, "language": "cobol", "found": {"packages": [], "paths": [], "size_bytes": 0}}'
    for damage in (*DAMAGE, other):
        (folder / "installed.json").write_text(damage)
        assert DependencyStore(tmp_path).find("k") is None
