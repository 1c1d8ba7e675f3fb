"""The stored list: true to what was listed, of one account and region, and never in the way."""

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.functions.index import FunctionIndex, StoredFunctions
from workbench.functions.model import FunctionSummary

ACCOUNT, REGION = "123456789012", "eu-central-1"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class StillClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def function(name: str, **changes: object) -> FunctionSummary:
    summary = FunctionSummary(
        function_name=name,
        function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        runtime="python3.13",
        handler="app.handler",
        memory_mb=128,
        timeout_s=3,
        code_size_bytes=1_000,
        code_sha256="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        last_modified=datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
        description="",
        architectures=("arm64",),
        package_type="Zip",
        region=REGION,
        account_id=ACCOUNT,
    )
    return replace(summary, **changes)  # type: ignore[arg-type]


FUNCTIONS = (
    function("plain"),
    function("unicode", description="Größe 東京 \u2028 “quoted” \\ \n"),
    function("image", runtime="", handler="", package_type="Image", last_modified=None),
    function("both", architectures=("x86_64", "arm64")),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "functions.sqlite"


@pytest.fixture
def index(path: Path) -> FunctionIndex:
    return FunctionIndex(path, StillClock())


def test_what_was_stored_comes_back_after_a_restart(index: FunctionIndex, path: Path) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    stored = FunctionIndex(path).load(ACCOUNT, REGION)
    assert stored == StoredFunctions(FUNCTIONS, NOW)
    assert {*stored.functions} == {*FUNCTIONS}  # whole values: they hash and compare


def test_nothing_stored_makes_no_file(index: FunctionIndex, path: Path) -> None:
    assert index.load(ACCOUNT, REGION) == StoredFunctions()
    assert not path.exists()


@pytest.mark.parametrize(
    ("account_id", "region"), [("999999999999", REGION), (ACCOUNT, "us-east-1"), ("", "")]
)
def test_another_account_or_region_is_never_shown(index: FunctionIndex, account_id: str, region: str) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(account_id, region) == StoredFunctions()


def test_a_new_listing_replaces_the_old_whole(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    index.store(ACCOUNT, "us-east-1", FUNCTIONS[:1])
    index.store(ACCOUNT, REGION, FUNCTIONS[2:])
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS[2:]
    assert index.load(ACCOUNT, "us-east-1").functions == FUNCTIONS[:1]


def test_an_empty_account_is_known_to_be_empty(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, ())
    assert index.load(ACCOUNT, REGION) == StoredFunctions((), NOW)


@pytest.mark.parametrize(
    "damage", [b"this is no database, but long enough to be taken for one" * 40, b"\0" * 5_000]
)
def test_a_damaged_file_begins_anew(index: FunctionIndex, path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    assert index.load(ACCOUNT, REGION) == StoredFunctions()
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


def test_a_damaged_file_does_not_stop_storing(index: FunctionIndex, path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, but long enough to be taken for one" * 40)
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


@pytest.mark.parametrize("rows", ["{", "[]", "{}", '{"function_name": ["a"]}', "null", '"text"'])
def test_damaged_rows_begin_anew(index: FunctionIndex, path: Path, rows: str) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE listing SET rows = ?", (rows,))
    database.close()
    assert index.load(ACCOUNT, REGION) == StoredFunctions()
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


def test_the_file_of_another_version_is_replaced(index: FunctionIndex, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.executescript("CREATE TABLE listing (other TEXT); PRAGMA user_version = 99")
    database.close()
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    index = FunctionIndex(tmp_path / "cache" / "functions.sqlite")
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION) == StoredFunctions()


def test_reading_does_not_wait_for_a_writer(index: FunctionIndex, path: Path) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM listing")
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS
    writer.execute("ROLLBACK")
    writer.close()


def test_many_threads_may_store_and_load(index: FunctionIndex) -> None:
    regions = [f"region-{number}" for number in range(8)]
    index.store(ACCOUNT, REGION, FUNCTIONS)

    def work(region: str) -> None:
        for _ in range(5):
            index.store(ACCOUNT, region, FUNCTIONS)
            index.load(ACCOUNT, region)

    threads = [threading.Thread(target=work, args=(region,)) for region in regions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(index.load(ACCOUNT, region).functions) == len(FUNCTIONS) for region in [REGION, *regions])


def test_many_places_are_read_at_once_and_each_has_an_answer(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    index.store("999999999999", REGION, FUNCTIONS[:1])
    places = [(ACCOUNT, REGION), ("999999999999", REGION), (ACCOUNT, "us-east-1")]
    assert index.load_all(places) == {
        places[0]: StoredFunctions(FUNCTIONS, NOW),
        places[1]: StoredFunctions(FUNCTIONS[:1], NOW),
        places[2]: StoredFunctions(),
    }


def test_tags_and_names_of_variables_come_back_and_outlive_a_new_listing(index: FunctionIndex) -> None:
    rich = function("rich", kinds=("Image", "Durable"), environment_names=("STAGE", "URL"))
    index.store(ACCOUNT, REGION, (rich, *FUNCTIONS))
    tags = (("team", "blue"), ("größe", "\x1f|, ="))
    index.store_tags(ACCOUNT, REGION, {"rich": tags, "gone": (("a", "b"),)})
    index.store(ACCOUNT, REGION, (rich, *FUNCTIONS))
    stored = index.load(ACCOUNT, REGION).functions
    assert stored[0] == replace(rich, tags=tags)
    assert stored[1:] == FUNCTIONS


def test_a_failure_is_kept_beside_what_was_listed_until_a_listing_succeeds(index: FunctionIndex) -> None:
    index.store(ACCOUNT, REGION, FUNCTIONS)
    error = WorkbenchError("Could not list.", "Not allowed.", "Ask.", aws_code="AccessDenied", action="x.y")
    index.store_failure(ACCOUNT, REGION, error)
    stored = index.load(ACCOUNT, REGION)
    assert stored.functions == FUNCTIONS
    assert stored.refreshed_at == NOW
    assert stored.failure is not None
    assert str(stored.failure) == str(error)
    assert stored.failure.action == "x.y"
    index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).failure is None


def test_threads_that_begin_the_file_together_lose_nothing(index: FunctionIndex) -> None:
    ready = threading.Barrier(8)

    def begin(number: int) -> None:
        ready.wait()
        index.store(ACCOUNT, f"region-{number}", FUNCTIONS)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(index.load(ACCOUNT, f"region-{number}").functions == FUNCTIONS for number in range(8))


def test_while_it_is_kept_open_all_is_stored_and_read_as_ever(index: FunctionIndex, path: Path) -> None:
    with index.kept_open():  # there is no file yet
        index.store(ACCOUNT, REGION, FUNCTIONS)
    with index.kept_open():
        index.store(ACCOUNT, "us-east-1", FUNCTIONS[:1])
        assert path.with_name(f"{path.name}-wal").exists()  # nothing was tidied up
        assert index.load(ACCOUNT, "us-east-1").functions == FUNCTIONS[:1]
    path.write_bytes(b"this is no database, but long enough to be taken for one" * 40)
    with index.kept_open():
        index.store(ACCOUNT, REGION, FUNCTIONS)
    assert index.load(ACCOUNT, REGION).functions == FUNCTIONS
