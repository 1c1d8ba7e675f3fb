"""Merging a working copy with what somebody else deployed: every kind of file, all or nothing, and back."""

import errno
import os
from pathlib import Path

import pytest

from tests.code.deployed import CTX, Deployed, marks
from tests.code.merging import Files, Two
from workbench.code.merge import (
    Choice,
    FileState,
    Hunk,
    Merge,
    Origin,
    drop_record,
    plan_merge,
    three_of,
    visible_hunks,
)
from workbench.code.tree import FileChange
from workbench.code.working_copy import Workspace
from workbench.core.errors import WorkbenchError

MINE, THEIRS, BOTH = Choice.MINE, Choice.THEIRS, Choice.BOTH
OTHER = {"other.txt": "so that there always is a file\n"}
TEN = b"".join(b"line %d\n" % number for number in range(1, 11))
MINE_10, THEIRS_10 = TEN.replace(b"line 2", b"mine"), TEN.replace(b"line 9", b"theirs")
MERGED_10 = MINE_10.replace(b"line 9", b"theirs").decode()
CRLF = TEN.replace(b"\n", b"\r\n")
BINARY = b"\x89PNG\0"


def two(deployed: Deployed, base: bytes | None, mine: bytes | None, theirs: bytes | None) -> Two:
    """Both of them, and one file "f"."""
    return Two(
        deployed,
        OTHER | ({"f": base} if base is not None else {}),
        {} if mine == base else {"f": mine},
        OTHER | ({"f": theirs} if theirs is not None else {}),
    )


# base, mine, theirs -> what is on disk afterwards, what is typed over it
TOGETHER = [
    pytest.param(TEN, TEN, THEIRS_10, FileState.THEIRS, THEIRS_10, None, id="only theirs"),
    pytest.param(TEN, MINE_10, TEN, FileState.MINE, MINE_10, None, id="only mine"),
    pytest.param(None, None, TEN, FileState.THEIRS, TEN, None, id="they added it"),
    pytest.param(None, TEN, None, FileState.MINE, TEN, None, id="mine added it"),
    pytest.param(TEN, TEN, None, FileState.THEIRS, None, None, id="they deleted it"),
    pytest.param(TEN, None, TEN, FileState.MINE, None, None, id="mine deleted it"),
    pytest.param(TEN, None, None, FileState.SAME, None, None, id="both deleted it"),
    pytest.param(TEN, THEIRS_10, THEIRS_10, FileState.SAME, THEIRS_10, None, id="both did the same"),
    pytest.param(None, TEN, TEN, FileState.SAME, TEN, None, id="both added the same"),
    pytest.param(TEN, MINE_10, THEIRS_10, FileState.MERGED, MINE_10, MERGED_10, id="both, far apart"),
    pytest.param(
        TEN,
        MINE_10,
        THEIRS_10.replace(b"\n", b"\r\n"),
        FileState.MERGED,
        MINE_10.replace(b"\n", b"\r\n"),
        MERGED_10,
        id="they changed the line ends too",
    ),
    pytest.param(
        TEN,
        MINE_10.replace(b"\n", b"\r\n"),
        THEIRS_10,
        FileState.MERGED,
        MINE_10.replace(b"\n", b"\r\n"),
        MERGED_10,
        id="mine changed the line ends too",
    ),
    pytest.param(
        CRLF,
        MINE_10.replace(b"\n", b"\r\n"),
        THEIRS_10.replace(b"\n", b"\r\n"),
        FileState.MERGED,
        MINE_10.replace(b"\n", b"\r\n"),
        MERGED_10,
        id="all with CRLF",
    ),
    pytest.param(
        TEN,
        MINE_10,
        b"\xef\xbb\xbf" + THEIRS_10,
        FileState.MERGED,
        b"\xef\xbb\xbf" + MINE_10,
        MERGED_10,
        id="they added a byte order mark",
    ),
    pytest.param(
        TEN, MINE_10, TEN[:-1], FileState.MERGED, MINE_10, MINE_10[:-1].decode(), id="they took the last end"
    ),
    pytest.param(BINARY, BINARY, BINARY + b"t", FileState.THEIRS, BINARY + b"t", None, id="binary, theirs"),
]


@pytest.mark.parametrize(("base", "mine", "theirs", "state", "saved", "typed"), TOGETHER)
def test_what_goes_together_needs_nobody(
    deployed: Deployed,
    base: bytes | None,
    mine: bytes | None,
    theirs: bytes | None,
    state: FileState,
    saved: bytes | None,
    typed: str | None,
) -> None:
    pair = two(deployed, base, mine, theirs)
    assert pair.states() == {"f": state}
    assert pair.plan().conflicts == 0

    pair.merge()

    assert (pair.saved(), pair.typed()) == (saved, typed)
    assert not pair.workspace.stale
    assert pair.workspace.base.code_sha256 == deployed.source().code_sha256


LINE_MINE, LINE_THEIRS = b"a\nmine\nz\n", b"a\ntheirs\nz\n"
APART = [
    pytest.param(b"a\nb\nz\n", LINE_MINE, LINE_THEIRS, MINE, LINE_MINE, None, id="a line: mine"),
    pytest.param(b"a\nb\nz\n", LINE_MINE, LINE_THEIRS, THEIRS, LINE_MINE, LINE_THEIRS, id="a line: theirs"),
    pytest.param(b"a\nb\nz\n", LINE_MINE, LINE_THEIRS, BOTH, LINE_MINE, b"a\nmine\ntheirs\nz\n", id="both"),
    pytest.param(None, LINE_MINE, LINE_THEIRS, THEIRS, LINE_MINE, LINE_THEIRS, id="both added it"),
    pytest.param(TEN, None, THEIRS_10, MINE, None, None, id="deleted here, changed there: mine"),
    pytest.param(TEN, None, THEIRS_10, THEIRS, THEIRS_10, None, id="deleted here, changed there: theirs"),
    pytest.param(TEN, MINE_10, None, MINE, MINE_10, None, id="changed here, deleted there: mine"),
    pytest.param(TEN, MINE_10, None, THEIRS, None, None, id="changed here, deleted there: theirs"),
    pytest.param(BINARY, BINARY + b"m", BINARY + b"t", MINE, BINARY + b"m", None, id="binary: mine"),
    pytest.param(BINARY, BINARY + b"m", BINARY + b"t", THEIRS, BINARY + b"t", None, id="binary: theirs"),
    pytest.param(None, BINARY, TEN, THEIRS, TEN, None, id="added: binary here, text there"),
]


@pytest.mark.parametrize(("base", "mine", "theirs", "choice", "saved", "typed"), APART)
def test_a_conflict_goes_as_it_was_decided(
    deployed: Deployed,
    base: bytes | None,
    mine: bytes | None,
    theirs: bytes | None,
    choice: Choice,
    saved: bytes | None,
    typed: bytes | None,
) -> None:
    pair = two(deployed, base, mine, theirs)
    assert pair.file().state is FileState.CONFLICT
    assert pair.file().conflicts == 1

    pair.merge({"f": [choice]})

    assert pair.saved() == saved
    assert pair.typed() == (typed.decode() if typed is not None else None)


def test_what_was_typed_and_not_saved_is_mine(deployed: Deployed) -> None:
    pair = two(deployed, TEN, TEN, THEIRS_10)
    pair.workspace.put_draft("f", MINE_10.decode())
    pair.workspace.put_draft("new", "never saved\n")
    assert pair.states() == {"f": FileState.MERGED, "new": FileState.MINE}
    pair.merge()
    assert (pair.saved(), pair.typed()) == (TEN, MERGED_10)
    assert pair.typed("new") == "never saved\n"


def test_a_file_that_was_only_typed_meets_theirs_of_the_same_name(deployed: Deployed) -> None:
    pair = two(deployed, None, None, CRLF)
    pair.workspace.put_draft("f", "mine\n" + TEN.decode())
    pair.merge({"f": [MINE] * pair.plan().conflicts})
    assert pair.typed() == "mine\n" + TEN.decode()
    pair.workspace.save("f", pair.typed() or "")
    assert pair.saved() == b"mine\r\n" + CRLF


@pytest.mark.skipif(os.name != "posix", reason="the disk has no executable bit")
@pytest.mark.parametrize(("mine_runs", "mine_data"), [(True, b"#!\n"), (False, b"#! mine\n")])
def test_the_executable_bit_is_merged_like_the_rest(
    deployed: Deployed, mine_runs: bool, mine_data: bytes
) -> None:
    pair = Two(deployed, OTHER | {"f": "#!\n"}, {"f": mine_data}, OTHER | {"f": "#! theirs\n"})
    (pair.workspace.root / "f").chmod(0o755 if mine_runs else 0o644)
    if mine_data == b"#!\n":
        assert pair.file().state is FileState.MERGED
        pair.merge()
        assert pair.saved() == b"#! theirs\n"
    else:
        pair.merge({"f": [THEIRS]})
        assert pair.typed() == "#! theirs\n"
    assert bool((pair.workspace.root / "f").stat().st_mode & 0o100) is mine_runs


@pytest.mark.skipif(os.name != "posix", reason="the disk has no executable bit")
def test_a_file_that_mine_made_executable_and_typed_in_stays_so(deployed: Deployed) -> None:
    pair = two(deployed, TEN, TEN, THEIRS_10)
    (pair.workspace.root / "f").chmod(0o755)
    pair.workspace.put_draft("f", MINE_10.decode())
    pair.merge()
    assert pair.typed() == MERGED_10
    assert (pair.workspace.root / "f").stat().st_mode & 0o100


@pytest.mark.skipif(os.name != "posix", reason="the disk has no executable bit")
def test_my_lines_are_kept_where_they_made_the_file_executable(deployed: Deployed) -> None:
    pair = two(deployed, TEN, MINE_10, TEN)
    deployed.deploy(OTHER | {"f": TEN}, executable=["f"])
    assert pair.file().state is FileState.MERGED
    pair.merge()
    assert (pair.saved(), pair.typed()) == (MINE_10, None)
    assert (pair.workspace.root / "f").stat().st_mode & 0o100


def test_what_was_only_typed_and_is_theirs_too_is_the_same(deployed: Deployed) -> None:
    pair = two(deployed, None, None, TEN)
    pair.workspace.put_draft("f", TEN.decode())
    assert pair.states() == {"f": FileState.SAME}


def test_half_a_character_that_was_typed_is_a_change_as_any_other(deployed: Deployed) -> None:
    pair = two(deployed, TEN, TEN, THEIRS_10)
    pair.workspace.put_draft("f", MINE_10.decode() + "\ud83d")
    before = pair.all()
    merge = pair.merge({"f": [MINE] * pair.plan().conflicts})
    merge.undo(CTX)
    assert pair.all() == before


def test_after_the_merge_only_mine_differs_from_what_is_deployed(deployed: Deployed) -> None:
    base = {f"{number}.py": f"{number}\n" for number in range(5)}
    pair = Two(
        deployed,
        base,
        {"1.py": b"mine\n", "mine.py": b"new\n", "2.py": None},
        base | {"3.py": "theirs\n", "theirs/new.py": "new\n"},
    )
    pair.merge()
    assert marks(pair.workspace) == {
        "1.py": FileChange.CHANGED,
        "2.py": FileChange.DELETED,
        "mine.py": FileChange.ADDED,
    }
    again = pair.deployed.open()
    assert not again.stale
    assert again.base.revision_id == "r2"


@pytest.fixture
def many(deployed: Deployed) -> Two:
    """Every state at once; the conflict of "f" is to be decided."""
    base: Files = {
        "same": "s\n",
        "f": "a\nb\nz\n",
        "apart": TEN,
        "theirs": "1\n",
        "gone": "g\n",
        "mine": "m\n",
    }
    pair = Two(
        deployed,
        base,
        {"f": LINE_MINE, "apart": MINE_10, "mine": b"mine\n", "added": b"+\n"},
        {
            "same": "s\n",
            "f": LINE_THEIRS,
            "apart": THEIRS_10,
            "theirs": "2\n",
            "mine": "m\n",
            "a/b/new": "n\n",
        },
    )
    pair.workspace.put_draft("mine", "typed\n")
    pair.workspace.put_draft("apart", MINE_10.decode() + "typed\n")
    return pair


def test_a_merge_can_be_undone(many: Two) -> None:
    before, base = many.all(), many.workspace.base
    merge = many.merge({"f": [BOTH]})
    assert many.all() != before

    merge.undo(CTX)

    assert many.all() == before
    assert many.workspace.base == base
    assert not (many.workspace.root / "a").exists()
    assert many.workspace.stale
    assert many.workspace.base_bytes("theirs") == b"1\n"
    again = many.deployed.open()
    assert again.stale
    many.merge({"f": [MINE]})
    assert not many.workspace.stale


def test_a_merge_is_not_undone_over_what_was_typed_since(many: Two) -> None:
    merge = many.merge({"f": [BOTH]})
    many.workspace.put_draft("theirs", "typed since\n")
    after = many.all()
    with pytest.raises(WorkbenchError, match="theirs was changed since"):
        merge.undo(CTX)
    assert many.all() == after
    assert not many.workspace.stale


@pytest.mark.parametrize("refused", ["f", "apart", "theirs", "gone", "packages"])
def test_a_merge_that_the_disk_refuses_leaves_everything_as_it_was(
    many: Two, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, base, packages = many.all(), many.workspace.base, set(many.workspace.packages.iterdir())
    armed = [True]

    def refuse(path: str) -> None:
        if armed and path == refused:
            armed.clear()
            raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("restore", "remove"):
        real = getattr(Workspace, name)

        def watched(self: Workspace, path: str, *rest: object, real=real) -> None:  # type: ignore[no-untyped-def]
            refuse(path)
            real(self, path, *rest)

        monkeypatch.setattr(Workspace, name, watched)
    put_draft = many.workspace.put_draft

    def put(path: str, text: str) -> None:
        refuse(path)
        put_draft(path, text)

    monkeypatch.setattr(many.workspace, "put_draft", put)
    adopt = many.workspace.adopt

    def take(*arguments: object) -> None:
        refuse("packages")
        adopt(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(many.workspace, "adopt", take)
    with pytest.raises(OSError, match="No space"):
        many.merge({"f": [BOTH]})
    assert many.all() == before
    assert many.workspace.base == base
    assert set(many.workspace.packages.iterdir()) == packages
    assert not (many.workspace.root / "a").exists()
    assert many.deployed.open().stale


def kill_while_merging(pair: Two, choices: dict[str, list[Choice]], patch: pytest.MonkeyPatch) -> None:
    """Everything is written but the new base; the program starts again."""

    class Killed(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Killed

    patch.setattr(pair.workspace, "adopt", die)
    for name in ("drop_record", "Merge._put_back"):
        patch.setattr(f"workbench.code.merge.{name}", lambda _self: None)
    with pytest.raises(Killed):
        pair.merge(choices)
    patch.undo()
    for package in pair.workspace.packages.iterdir():
        if package != pair.workspace.base_package:
            package.unlink()  # it comes last, and a kill is not tidied up after
    pair.workspace = pair.deployed.open()
    assert pair.workspace.stale


def test_a_merge_that_was_killed_ends_the_same_when_made_again(
    many: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_while_merging(many, {"f": [BOTH]}, monkeypatch)
    assert many.plan().conflicts == 0
    many.merge()
    assert many.saved("theirs") == b"2\n"
    assert many.typed("apart") == MERGED_10 + "typed\n"
    assert many.typed("f") == "a\nmine\ntheirs\nz\n"
    assert not (many.workspace.folder / "merge.json").exists()


def test_what_they_added_is_not_taken_in_twice_after_a_kill(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = two(deployed, b"b\na", b"a", b"b\na\na")
    kill_while_merging(pair, {}, monkeypatch)
    assert pair.typed() == "a\na"
    pair.merge()
    assert pair.typed() == "a\na"


def test_a_file_that_changed_meanwhile_stops_the_merge(many: Two) -> None:
    plan = many.plan()
    (many.workspace.root / "apart").write_bytes(b"another program\n")
    before = many.all()
    with pytest.raises(WorkbenchError, match="apart was changed in the meantime"):
        Merge(many.workspace, plan, {"f": [MINE]}, "r2", "").apply(CTX)
    assert many.all() == before
    assert many.workspace.stale


def test_a_conflict_that_nobody_decided_stops_the_merge(many: Two) -> None:
    before = many.all()
    with pytest.raises(WorkbenchError, match="Some conflicts in f are not resolved") as caught:
        many.merge()
    assert caught.value.what == "The files were not merged."
    assert many.all() == before


def test_copying_a_package_that_the_disk_refuses_names_the_package(
    many: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = many.all()

    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("workbench.code.merge.copy_private", refuse)
        with pytest.raises(WorkbenchError, match="The files were not merged") as caught:
            many.merge({"f": [BOTH]})
        assert f"The disk of {many.workspace.packages} is full." in caught.value.why
    assert many.all() == before

    merge = many.merge({"f": [BOTH]})
    after = many.all()
    with monkeypatch.context() as full:
        full.setattr("workbench.code.merge.copy_private", refuse)
        with pytest.raises(WorkbenchError, match="The merge was not undone") as caught:
            merge.undo(CTX)
        assert f"The disk of {many.workspace.folder / 'scratch'} is full." in caught.value.why
    assert many.all() == after
    merge.undo(CTX)
    assert many.all() == before


def test_a_record_that_cannot_be_removed_says_so(tmp_path: Path) -> None:
    (tmp_path / "merge.json").mkdir()
    with pytest.raises(WorkbenchError, match="could not be deleted"):
        drop_record(tmp_path)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "lines"),
    [
        (TEN, TEN, THEIRS_10, 3),
        (TEN, None, THEIRS_10, 1),
        (None, None, TEN, 2),
        (BINARY, BINARY + b"m", BINARY + b"t", 0),
    ],
)
def test_the_lines_of_a_file_can_be_looked_at(
    deployed: Deployed, base: bytes | None, mine: bytes | None, theirs: bytes | None, lines: int
) -> None:
    pair = two(deployed, base, mine, theirs)
    plan = plan_merge(pair.workspace, pair.theirs(), CTX)
    (file,) = plan.files
    assert len(visible_hunks(file, three_of(pair.workspace, plan.theirs, "f"))) == lines


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [(TEN, None, THEIRS_10), (TEN, MINE_10, None)],
    ids=["deleted here", "deleted there"],
)
def test_a_file_that_is_taken_whole_shows_all_lines_of_each(
    deployed: Deployed, base: bytes, mine: bytes | None, theirs: bytes | None
) -> None:
    pair = two(deployed, base, mine, theirs)
    (hunk,) = visible_hunks(pair.file(), three_of(pair.workspace, pair.theirs(), "f"))
    assert hunk == Hunk(Origin.CONFLICT, *(lines_of(data) for data in (base, mine, theirs)))


def lines_of(data: bytes | None) -> tuple[str, ...]:
    return tuple(data.decode().split("\n")) if data is not None else ()
