"""The functions of an account and region: listed, and stored on disk for the next start."""

import contextlib
import json
import logging
import operator
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.aws import names
from workbench.aws.names import Arn
from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import enable_wal, make_private_folder, touch_private
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.functions.model import FunctionSummary, summary_of

if TYPE_CHECKING:
    from workbench.aws.connection import Connection
    from workbench.aws.retry import RateBudget

Tags = tuple[tuple[str, str], ...]
_JOINED = {"architectures": " ", "environment_names": " ", "kinds": "|"}
_NAMES = tuple(field.name for field in fields(FunctionSummary) if field.name != "tags")


def columns_of(functions: Iterable[FunctionSummary]) -> dict[str, list[Any]]:
    """The stored form: a list of values for each field, with one value if all are equal.

    ARNs consist of a common prefix and the function's name, so only the prefix is stored.
    """
    functions = tuple(functions)
    columns: dict[str, list[Any]] = {name: list(map(operator.attrgetter(name), functions)) for name in _NAMES}
    columns["last_modified"] = [moment.isoformat() if moment else "" for moment in columns["last_modified"]]
    for name, separator in _JOINED.items():
        columns[name] = [separator.join(values) for values in columns[name]]
    columns["function_arn"] = [each.function_arn.removesuffix(each.function_name) for each in functions]
    return {name: values[:1] if len(set(values)) == 1 else values for name, values in columns.items()}


def stored_tags(tags: Mapping[str, Tags]) -> list[Any]:
    """The stored form of tags: each distinct set once, and by function name which of them it has."""
    numbers = {each: number for number, each in enumerate(dict.fromkeys(tags.values()))}
    return [list(numbers), {name: numbers[each] for name, each in tags.items()}]


def tags_of(stored: Any) -> dict[str, Tags]:
    """The tags by function name. Raises as `summaries_of` does."""
    sets = [tuple((str(name), str(value)) for name, value in pairs) for pairs in stored[0]]
    return {name: sets[number] for name, number in stored[1].items()}


def summaries_of(columns: dict[str, list[Any]], tags: Mapping[str, Tags]) -> tuple[FunctionSummary, ...]:
    """The summaries from their stored form, filled field by field: a third of the time of 2,000 calls.

    Args:
        columns: The result of `columns_of`.
        tags: By function name.

    Raises:
        ValueError, TypeError, LookupError, AttributeError: The columns are damaged.
    """
    count = max(map(len, columns.values()))
    _check_names(columns)
    moment = datetime.fromisoformat
    columns["last_modified"] = [moment(text) if text else None for text in columns["last_modified"]]
    for name, separator in _JOINED.items():
        parts = {text: tuple(text.split(separator)) if text else () for text in set(columns[name])}
        columns[name] = [parts[text] for text in columns[name]]
    # Values that all share were parsed once, and are repeated only here.
    columns = {name: values * count if len(values) == 1 else values for name, values in columns.items()}
    columns["function_arn"] = list(map(operator.add, columns["function_arn"], columns["function_name"]))
    columns["tags"] = [tags.get(name, ()) for name in columns["function_name"]] if tags else [()] * count
    rows = [object.__new__(FunctionSummary) for __ in range(count)]
    for name in (*_NAMES, "tags"):
        put = getattr(FunctionSummary, name).__set__
        if len(columns[name]) != count:
            raise ValueError(f"{name}: not as many as rows")
        deque(map(put, rows, columns[name]), maxlen=0)
    return tuple(rows)


def _check_names(columns: Mapping[str, list[Any]]) -> None:
    """Raises ValueError if the file contains a name, account or region that AWS cannot have sent."""
    try:
        for account_id in set(columns["account_id"]):
            names.account_id(account_id)
        for region in set(columns["region"]):
            names.region(region)
    except WorkbenchError as error:
        raise ValueError(str(error)) from error
    if not names.are_function_names(columns["function_name"]):
        raise ValueError("a function's name that is none")


_log = logging.getLogger(__name__)

_VERSION = 4
_BUSY_S = 5.0
# A listing is stored whole, as one JSON text: one row of SQLite per function is read three times slower. Tags
# come from another service, and an error comes without a listing, so each is written separately.
_SCHEMA = f"""
DROP TABLE IF EXISTS listing;
CREATE TABLE listing (
    account_id TEXT NOT NULL, region TEXT NOT NULL, refreshed_at TEXT NOT NULL, rows TEXT NOT NULL,
    PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
DROP TABLE IF EXISTS tags;
CREATE TABLE tags (
    account_id TEXT NOT NULL, region TEXT NOT NULL, rows TEXT NOT NULL, PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
DROP TABLE IF EXISTS failure;
CREATE TABLE failure (
    account_id TEXT NOT NULL, region TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY (account_id, region)
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_LOAD = """
SELECT listing.account_id, listing.region, refreshed_at, listing.rows, tags.rows FROM listing
LEFT JOIN tags ON (tags.account_id, tags.region) = (listing.account_id, listing.region)
WHERE (listing.account_id, listing.region) IN (VALUES {places})
"""
_LOAD_FAILURES = (
    "SELECT account_id, region, error FROM failure WHERE (account_id, region) IN (VALUES {places})"
)

Place = tuple[str, str]
"""Account and region."""


@dataclass(frozen=True, slots=True)
class StoredFunctions:
    """What is stored for an account and region.

    Attributes:
        functions: As last listed, with tags if they were ever read.
        refreshed_at: Time of the last listing; None if nothing was stored.
        failure: Why the last listing failed; None if it did not.
    """

    functions: tuple[FunctionSummary, ...] = ()
    refreshed_at: datetime | None = None
    failure: WorkbenchError | None = None


class FunctionIndex:
    """Stores listings. Thread-safe: every call opens the file itself, and readers never wait."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()

    @contextlib.contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keeps the file open for many writes: otherwise SQLite cleans up after each, which takes longer."""
        opened: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error):
            if self._path.exists():
                opened = sqlite3.connect(self._path)
                _version(opened)  # a connection takes part only once it has read
        try:
            yield
        finally:
            if opened is not None:
                opened.close()

    def load(self, account_id: str, region: str) -> StoredFunctions:
        """The functions of an account and region as last listed; 2,000 take 3 ms."""
        return self.load_all([(account_id, region)])[account_id, region]

    def load_all(self, places: Iterable[Place]) -> dict[Place, StoredFunctions]:
        """What is stored for several accounts and regions, by account and region."""
        found = dict.fromkeys(places, StoredFunctions())
        if not found or not self._path.exists():
            return found
        try:
            with self._open() as database:
                question = ", ".join(["(?, ?)"] * len(found))
                values = [value for place in found for value in place]
                failures = {
                    (account_id, region): _error_of(text)
                    for account_id, region, text in database.execute(
                        _LOAD_FAILURES.format(places=question), values
                    )
                }
                for account_id, region, moment, rows, tags in database.execute(
                    _LOAD.format(places=question), values
                ):
                    found[account_id, region] = StoredFunctions(
                        summaries_of(json.loads(rows), tags_of(json.loads(tags)) if tags else {}),
                        datetime.fromisoformat(moment),
                    )
            for place, failure in failures.items():
                known = found[place]
                found[place] = StoredFunctions(known.functions, known.refreshed_at, failure)
        except sqlite3.OperationalError as error:
            _log.info("the function index could not be read: %s", error)
        except (sqlite3.DatabaseError, ValueError, TypeError, LookupError, AttributeError) as error:
            self._throw_away(error)
            return dict.fromkeys(found, StoredFunctions())
        return found

    def store(self, account_id: str, region: str, functions: Iterable[FunctionSummary]) -> None:
        """Replaces what is stored for an account and region, except tags. Clears an earlier failure."""
        rows = json.dumps(columns_of(functions), ensure_ascii=False, separators=(",", ":"))
        self._write(
            (
                "INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?)",
                (account_id, region, self._clock.now().isoformat(), rows),
            ),
            ("DELETE FROM failure WHERE account_id = ? AND region = ?", (account_id, region)),
        )

    def store_tags(self, account_id: str, region: str, tags: Mapping[str, Tags]) -> None:
        """Replaces the tags of all functions of an account and region, by function name."""
        rows = json.dumps(stored_tags(tags), ensure_ascii=False, separators=(",", ":"))
        self._write(("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", (account_id, region, rows)))

    def load_tags(self, account_id: str, region: str) -> dict[str, Tags]:
        """The stored tags of an account and region, by function name."""
        if not self._path.exists():
            return {}
        question = "SELECT rows FROM tags WHERE account_id = ? AND region = ?"
        try:
            with self._open() as database:
                found = database.execute(question, (account_id, region)).fetchone()
            return tags_of(json.loads(found[0])) if found else {}
        except (sqlite3.Error, ValueError, TypeError, LookupError, AttributeError) as error:
            _log.info("the tags in the function index could not be read: %s", error)
        return {}

    def store_failure(self, account_id: str, region: str, error: WorkbenchError) -> None:
        """Stores why a listing failed. The earlier listing is kept."""
        text = json.dumps([error.what, error.why, error.remedy, error.aws_code, error.action])
        self._write(("INSERT OR REPLACE INTO failure VALUES (?, ?, ?)", (account_id, region, text)))

    def _write(self, *statements: tuple[str, tuple[str, ...]]) -> None:
        for __ in range(2):
            try:
                make_private_folder(self._path.parent)
                touch_private(self._path)
                with self._open() as database:
                    for statement, values in statements:
                        database.execute(statement, values)
                return
            except (sqlite3.OperationalError, OSError) as error:
                _log.info("the function index could not be written: %s", error)
                return
            except sqlite3.DatabaseError as error:
                self._throw_away(error)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=_BUSY_S)
        try:
            database.execute("PRAGMA synchronous = NORMAL")  # a cache: no need to wait for the disk
            if _version(database) != _VERSION:
                enable_wal(database, _BUSY_S)
                database.execute("BEGIN IMMEDIATE")
                if _version(database) != _VERSION:  # or another thread has just created and filled the tables
                    for statement in _SCHEMA.split(";"):
                        database.execute(statement)
                database.commit()
            with database:
                yield database
        finally:
            database.close()

    def _throw_away(self, error: Exception) -> None:
        _log.info("the function index was damaged and begins anew: %s", error)
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _error_of(text: str) -> WorkbenchError:
    what, why, remedy, aws_code, action = map(str, json.loads(text))
    return WorkbenchError(what, why, remedy, aws_code=aws_code, action=action)


_TAG_PAGE = 100
"""Maximum page size of GetResources.
Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""


def list_functions(
    connection: "Connection",
    ctx: JobContext,
    budget: "RateBudget | None" = None,
    tags: Mapping[str, Tags] | None = None,
) -> tuple[FunctionSummary, ...]:
    """Lists all functions. Each page (a tuple of at most 50 summaries) is emitted as it arrives.

    Args:
        budget: Request budget if many regions are listed at once.
        tags: Known tags by function name.

    Raises:
        WorkbenchError: AWS refused, or was not reached. Pages that were emitted stay valid.
    """
    found: list[FunctionSummary] = []
    known = tags or {}
    if budget is not None:
        budget.spend(connection, "lambda", "ListFunctions", ctx)
    for page in connection.paginate(
        "lambda", "list_functions", ctx=ctx, failure=_("Could not list the functions.")
    ):
        rows = tuple(
            summary_of(each, known.get(each["FunctionName"], ())) for each in page.get("Functions", ())
        )
        found += rows
        ctx.emit(rows)
        if budget is not None and page.get("NextMarker"):
            budget.spend(connection, "lambda", "ListFunctions", ctx)
    return tuple(found)


def list_tags(connection: "Connection", ctx: JobContext, budget: "RateBudget") -> dict[str, Tags]:
    """The sorted tags of all functions that have any, by function name.

    They come from the Resource Groups Tagging API: 100 functions per request, instead of one with ListTags.

    Raises:
        WorkbenchError: AWS refused (tag:GetResources is required), or was not reached.
    """
    service = "resourcegroupstaggingapi"
    found: dict[str, Tags] = {}
    budget.spend(connection, service, "GetResources", ctx)
    for page in connection.paginate(
        service,
        "get_resources",
        ctx=ctx,
        failure=_("Could not read the functions' tags."),
        ResourceTypeFilters=["lambda:function"],
        ResourcesPerPage=_TAG_PAGE,
    ):
        for resource in page.get("ResourceTagMappingList", ()):
            tags = tuple(sorted((str(tag["Key"]), str(tag["Value"])) for tag in resource.get("Tags", ())))
            if tags:
                found[Arn.parse(str(resource["ResourceARN"])).resource.removeprefix("function:")] = tags
        if page.get("PaginationToken"):
            budget.spend(connection, service, "GetResources", ctx)
    return found
