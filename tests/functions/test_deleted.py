"""The folder of deleted functions: what is found, what makes room, and what is left alone."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fake_time import FakeClock
from workbench.core.errors import WorkbenchError
from workbench.functions.deleted import Deleted, DeletedStore

ACCOUNT, REGION = "123456789012", "us-east-1"
SHA256 = base64.b64encode(b"\xab\xcd").decode()


def put(folder: Path, name: str, *, account_id: str = ACCOUNT, region: str = REGION, size: int = 0) -> Path:
    """A deleted function as it lies on the disk; its name begins with the minute of its deletion."""
    kept = folder / f"20260101T00{name[0]}000-{name}"
    kept.mkdir(parents=True)
    about = {
        "format": 1,
        "folder": "",
        "when": f"2026-01-01T00:{name[0]}0:00+00:00",
        "account_id": account_id,
        "region": region,
        "function_name": name,
        "request": "{}",
        "code_sha256": SHA256,
        "image_uri": "",
        "reserved_concurrency": None,
    }
    (kept / "deleted.json").write_text(json.dumps(about))
    (kept / "package.zip").write_bytes(bytes(size))
    return kept


def names_of(found: tuple[Deleted, ...]) -> list[str]:
    return [each.function_name for each in found]


@pytest.fixture
def store(tmp_path: Path) -> DeletedStore:
    return DeletedStore(tmp_path, FakeClock())


def test_the_newest_comes_first_and_of_its_account_and_region_only(
    store: DeletedStore, tmp_path: Path
) -> None:
    folders = [put(tmp_path, name) for name in ("1-b", "3-a", "2-c")]
    put(tmp_path, "4-other", account_id="999999999999")
    put(tmp_path, "5-other", region="eu-west-1")
    found = store.all(ACCOUNT, REGION)
    assert names_of(found) == ["3-a", "2-c", "1-b"]
    assert [each.folder for each in found] == [folders[1], folders[2], folders[0]]
    for _ in range(2):  # another window may have forgotten it
        store.forget(found[0])
    assert names_of(store.all(ACCOUNT, REGION)) == ["2-c", "1-b"]


@pytest.mark.parametrize(
    "change",
    [
        {"account_id": "../../etc"},
        {"region": "../us"},
        {"function_name": "../hello"},
        {"function_name": ""},
    ],
)
def test_names_that_lead_elsewhere_are_not_offered(
    store: DeletedStore, tmp_path: Path, change: dict[str, str]
) -> None:
    file = put(tmp_path, "1-hello") / "deleted.json"
    values = json.loads(file.read_text()) | change
    file.write_text(json.dumps(values))
    assert store.all(values["account_id"], values["region"]) == ()
    assert json.loads(file.read_text()) == values, "it stays as it is"


def test_packages_are_named_by_the_code_of_their_version(store: DeletedStore, tmp_path: Path) -> None:
    folder = put(tmp_path, "1-hello", size=10)
    (folder / "0123.zip").write_bytes(bytes(5))
    (deleted,) = store.all(ACCOUNT, REGION)
    assert deleted.package_of("") == deleted.package_of(SHA256) == deleted.package == folder / "package.zip"
    assert deleted.package_of(base64.b64encode(b"\x01\x23").decode()) == folder / "0123.zip"
    assert (deleted.size_bytes, deleted.all_bytes) == (10, 15)
    deleted.package.unlink()
    assert (deleted.size_bytes, deleted.all_bytes) == (0, 5)


@pytest.mark.parametrize(
    ("allowed", "left"), [(60, ["3", "2", "1"]), (59, ["3", "2"]), (29, ["3"]), (0, ["3"])]
)
def test_the_oldest_make_room_and_the_newest_stays(tmp_path: Path, allowed: int, left: list[str]) -> None:
    for number in (1, 2, 3):
        put(tmp_path, f"{number}", size=10 * number)
    store = DeletedStore(tmp_path, FakeClock(), max_bytes=allowed)
    store._drop_oldest()
    assert names_of(store.all(ACCOUNT, REGION)) == left


@pytest.mark.parametrize("days", [None, 10])
def test_what_is_too_old_goes_but_not_while_it_is_restored(tmp_path: Path, days: int | None) -> None:
    clock = FakeClock()
    for name, days_ago in {
        "young": 9,
        "old": 11,
        "restored": 12,
        "restored-before": 13,
        "unreadable": 14,
    }.items():
        moment = clock.now() - timedelta(days=days_ago)
        (tmp_path / f"{moment:%Y%m%dT%H%M%S}-{name}").mkdir()
    (next(tmp_path.glob("*-restored")) / "1.jsonl").touch()
    (next(tmp_path.glob("*-restored-before")) / "restoring").touch()
    DeletedStore(tmp_path, clock, max_age_days=days).prune()
    left = {path.name.partition("-")[2] for path in tmp_path.iterdir()}
    gone = {"old", "unreadable"} if days else set()
    assert left == {"young", "old", "restored", "restored-before", "unreadable"} - gone


def test_interrupted_restores_are_found_oldest_first(store: DeletedStore, tmp_path: Path) -> None:
    for name in ("1-a", "2-b", "3-c"):
        put(tmp_path, name)
    for deleted in store.all(ACCOUNT, REGION)[:2]:
        with deleted.journal.begin_restore() as file:
            file.before("1")
    found = [journal.interrupted() for journal in store.journals()]
    assert [each.file.parent.name[-3:] for each in found if each] == ["2-b", "3-c"]


def test_a_restore_from_the_start_forgets_the_interrupted_one_but_not_one_that_runs(
    store: DeletedStore, tmp_path: Path
) -> None:
    put(tmp_path, "1-a")
    (deleted,) = store.all(ACCOUNT, REGION)
    with deleted.journal.begin_restore() as first:
        first.before("1")
        with pytest.raises(WorkbenchError, match="Another window is already restoring it") as caught:
            deleted.journal.begin_restore()
        assert caught.value.what == "1-a was not restored."
        assert deleted.journal.files() == [first.path]
    with deleted.journal.begin_restore() as second:
        second.before("1")
    assert deleted.journal.files() == [second.path]
    interrupted = deleted.journal.interrupted()
    assert interrupted is not None
    assert interrupted.file == second.path


def test_lines_that_an_earlier_version_left_are_read_as_far_as_they_go(
    store: DeletedStore, tmp_path: Path
) -> None:
    folder = put(tmp_path, "1-a")
    (folder / "restoring").write_text('["1", "4"]\n\n["2"]\n[2, 3]\n{"a": 1}\n["3", "5"]\n["6", ')
    (deleted,) = store.all(ACCOUNT, REGION)
    interrupted = deleted.journal.interrupted()
    assert interrupted is not None
    assert interrupted.done == {"1": {"version": "4"}, "3": {"version": "5"}}
    assert not (folder / "restoring").exists()
    with deleted.journal.reopen_restore(interrupted) as file:
        file.before("7")
        assert deleted.journal.interrupted() is None
    now = deleted.journal.interrupted()
    assert now is not None
    assert now.done == interrupted.done
