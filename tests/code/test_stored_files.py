"""What the code's room keeps on disk: as earlier versions of the program wrote it, damaged, and hostile."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.code.contents import Contents, FileContent
from workbench.code.dependencies.store import DependencyStore, InstalledFiles
from workbench.code.dependencies.use import Delivery, UsedDependencies, read_used_dependencies
from workbench.code.merge import read_record, write_record
from workbench.code.workspace_store import (
    Base,
    CodeSource,
    Draft,
    Drafts,
    bound_workspace_folder,
    drafts_folder,
    drop_binding,
    keep_damaged,
    read_base,
    read_binding,
    recover_swap,
    refuse_images,
    swap_in,
    workspace_folder,
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
    file = tmp_path / "35b3a4c500ea9dfe4770bc82b2e41827.draft"
    assert drafts.get("zoë.py") == draft
    file.write_bytes(b'{"path": "zo\\u00eb.py", "over_sha256": "ab"}\ntext = "\xed\xa0\x80"\n{}\n')
    assert drafts.get("zoë.py") == draft
    for number, damage in enumerate([b"", b"{}\n", b'{"path": 1}\n', b"[" * 100_000]):
        (tmp_path / f"{number}.draft").write_bytes(damage)
        expect_log(f"{number}.draft is damaged")
    (tmp_path / "later.draft").write_bytes(b'{"path": "a", "over_sha256": ""}\n\xff')
    expect_log("later.draft is damaged")
    assert list(drafts) == [draft]


def test_a_cut_draft_is_never_taken_for_a_whole_one_and_is_set_aside_once(tmp_path: Path) -> None:
    drafts, kept = Drafts(tmp_path / "drafts"), tmp_path / "damaged"
    drafts.put(Draft("zoë.py", "first = 1\nsecond = 2\n", ""))
    drafts.put(Draft("whole.py", "whole = 1\n", ""))
    file = tmp_path / "drafts" / "35b3a4c500ea9dfe4770bc82b2e41827.draft"
    file.write_bytes(file.read_bytes()[:-11])
    with pytest.raises(WorkbenchError, match=r"edits of zoë\.py could not be read"):
        drafts.get("zoë.py")

    (cut,) = drafts.set_damaged_aside(kept, ["zoë.py"])

    assert (cut.path, cut.text, cut.size_bytes, cut.whole_bytes) == ("zoë.py", "first = 1\n", 10, 21)
    assert cut.file.read_text() == "first = 1\n"
    assert drafts.get("zoë.py") is None
    assert [draft.path for draft in drafts] == ["whole.py"]
    assert drafts.set_damaged_aside(kept, ["zoë.py"]) == ()


def test_a_draft_without_a_beginning_is_named_by_the_file_that_it_belongs_to(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts")
    drafts.put(Draft("zoë.py", "text", ""))
    (file,) = (tmp_path / "drafts").iterdir()
    file.write_bytes(b"\0" * 40)
    (damaged,) = drafts.set_damaged_aside(tmp_path / "damaged", ["other.py", "zoë.py"])
    assert (damaged.path, damaged.whole_bytes) == ("zoë.py", -1)
    assert damaged.file.read_bytes() == b"\0" * 40


def test_each_function_version_and_folder_has_the_place_that_it_always_had(tmp_path: Path) -> None:
    source = CodeSource(f"{ARN}:7", "hello", "us-east-1", "123456789012", "", "", "")
    folder = tmp_path / "123456789012" / "us-east-1"
    assert workspace_folder(tmp_path, source) == folder / "hello"
    assert workspace_folder(tmp_path, replace(source, version="7")) == folder / "hello@7"
    assert workspace_folder(tmp_path, replace(source, function_name="Orders")) == folder / "Orders~b7e8ac"
    assert bound_workspace_folder(tmp_path, source) == folder / "hello.local"
    drafts = tmp_path / "local" / "1d85f4d45f9d1d5ecaa9cba8" / "drafts"
    assert drafts_folder(folder / "hello.local", Path("/home/user/code")) == drafts


READERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "base.json": (read_base, "The workspace could not be opened."),
    "binding.json": (read_binding, "The workspace could not be opened."),
    "35b3a4c500ea9dfe4770bc82b2e41827.draft": (
        lambda folder: Drafts(folder).get("zoë.py"),
        "The unsaved edits of zoë.py could not be read.",
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_what_the_disk_does_not_hand_out_is_told(tmp_path: Path, name: str) -> None:
    read, what = READERS[name]
    (tmp_path / name).mkdir()
    with pytest.raises(WorkbenchError) as caught:
        read(tmp_path)
    assert caught.value.what == what
    assert "Is a directory" in caught.value.why
    assert str(tmp_path) in caught.value.why


def test_a_draft_that_cannot_be_read_hides_no_other_and_is_replaced(
    tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    drafts = Drafts(tmp_path)
    drafts.put(Draft("b.py", "b", "ab"))
    drafts.put(Draft("a.py", "a", ""))
    (tmp_path / "broken.draft").mkdir()
    expect_log("The unsaved edits of broken.draft could not be read")
    assert [draft.path for draft in drafts] == ["a.py", "b.py"]
    assert [drafts.base_sha256(path) for path in ("a.py", "b.py", "c.py")] == ["", "ab", None]
    for file in tmp_path.glob("*.draft"):
        if file.is_file():
            file.write_bytes(b"damaged")
    assert drafts.base_sha256("b.py") is None
    with pytest.raises(WorkbenchError, match="is damaged"):
        drafts.get("b.py")
    drafts.put(Draft("b.py", "again", "cd"))
    assert drafts.get("b.py") == Draft("b.py", "again", "cd")


def test_what_is_forgotten_need_not_be_there(tmp_path: Path) -> None:
    Drafts(tmp_path).drop("a.py")
    drop_binding(tmp_path)
    write_binding(tmp_path, tmp_path / "code")
    drop_binding(tmp_path)
    assert read_binding(tmp_path) is None
    (tmp_path / "file").touch()
    drop_binding(tmp_path / "file")


def test_what_cannot_be_forgotten_is_told(tmp_path: Path) -> None:
    (tmp_path / "binding.json").mkdir()
    with pytest.raises(WorkbenchError, match="The folder is still in use"):
        drop_binding(tmp_path)
    (tmp_path / "35b3a4c500ea9dfe4770bc82b2e41827.draft").mkdir()
    with pytest.raises(WorkbenchError, match=r"The draft of zoë\.py could not be removed"):
        Drafts(tmp_path).drop("zoë.py")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the disk refuse to rename folders of a name."""
    rename: Callable[[Path, Path], Path] = Path.rename
    names: list[str] = []

    def refuse(path: Path, target: Path) -> Path:
        if path.name in names:
            raise PermissionError(13, "refused")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    return names.append


def folders_of(tmp_path: Path, *names: str) -> list[Path]:
    """Workspaces, each with a file that says which it is."""
    for name in names:
        write_base(tmp_path / name, BASE)
        (tmp_path / name / "mark").write_text(name)
    return [tmp_path / name for name in names]


@pytest.mark.parametrize("kept", [None, "hello.mine-1"])
@pytest.mark.parametrize("there", [True, False])
def test_a_swap_that_the_disk_refuses_leaves_the_present_one(
    tmp_path: Path, refused: Callable[[str], None], kept: str | None, there: bool
) -> None:
    new, folder = folders_of(tmp_path, "hello.new", *(["hello"] if there else []))[0], tmp_path / "hello"
    refused("hello.new")
    with pytest.raises(PermissionError):
        swap_in(new, folder, tmp_path / kept if kept else None)
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == (["hello", "hello.new"] if there else ["hello.new"])
    assert not there or (folder / "mark").read_text() == "hello"


@pytest.mark.parametrize("kept", [None, "hello.mine-1"])
def test_the_present_one_goes_or_is_kept(tmp_path: Path, kept: str | None) -> None:
    folder, new = folders_of(tmp_path, "hello", "hello.new")
    swap_in(new, folder, tmp_path / kept if kept else None)
    assert (folder / "mark").read_text() == "hello.new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hello", *([kept] if kept else [])]
    assert kept is None or (tmp_path / kept / "mark").read_text() == "hello"


def test_a_recovery_that_the_disk_refuses_loses_nothing(
    tmp_path: Path, refused: Callable[[str], None]
) -> None:
    folders_of(tmp_path, "hello.old", "hello.new")
    refused("hello.new")
    with pytest.raises(WorkbenchError, match="The workspace could not be opened") as caught:
        recover_swap(tmp_path / "hello")
    assert str(tmp_path) in caught.value.why
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hello.new", "hello.old"]


def test_a_damaged_workspace_is_kept_under_a_name_of_its_own(
    tmp_path: Path, refused: Callable[[str], None]
) -> None:
    for number in (1, 2):
        (folder,) = folders_of(tmp_path, "hello")
        assert keep_damaged(folder) == tmp_path / f"hello.damaged-{number}"
        assert (tmp_path / f"hello.damaged-{number}" / "mark").read_text() == "hello"
    (folder,) = folders_of(tmp_path, "hello")
    refused("hello")
    with pytest.raises(WorkbenchError, match="The workspace could not be opened"):
        keep_damaged(folder)
    assert (folder / "mark").exists()


@pytest.mark.parametrize(
    ("source", "why", "remedy", "action"),
    [
        (
            {"image_uri": "repo/app:7"},
            "It uses the container image repo/app:7.",
            "Push another image",
            "image",
        ),
        ({"code_error": "AccessDenied."}, "AccessDenied.", "Then refresh the function.", "refresh"),
        ({}, "AWS did not return a link to it.", "Refresh the function, then try again.", "refresh"),
    ],
)
def test_code_that_cannot_be_opened_says_why_and_what_to_do(
    source: dict[str, str], why: str, remedy: str, action: str
) -> None:
    without = CodeSource(ARN, "hello", "us-east-1", "123456789012", "", "", "")
    refuse_images(replace(without, code_location="https://link"))
    with pytest.raises(WorkbenchError) as caught:
        refuse_images(replace(without, **source))
    assert caught.value.why == why
    assert caught.value.remedy.startswith(remedy)
    actions = {"image": "function.copy_image_uri", "refresh": "function.refresh"}
    assert caught.value.action == actions[action]


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
