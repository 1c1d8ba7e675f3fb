"""A home with a key in its files, a store that fails on demand, and a Workbench that hands keys out."""

import json
import threading
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from pathlib import Path

from tests.mortal import die_in_a_journal
from tests.profiles.fake_keyring import MemoryStore
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.profiles.credentials_helper import SessionCache, quoted
from workbench.profiles.ini_editor import FileEdits
from workbench.profiles.migrate import Migrator, MoveJournal
from workbench.profiles.secret_store import StoredKeys, StoreStatus
from workbench.profiles.write import ConfigWriter, JournalEntry

CTX = JobContext()
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NEW_ID, NEW_SECRET = "AKIAI44QH8DHBEXAMPLE", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
KEYS, NEW_KEYS = StoredKeys(KEY_ID, SECRET, "raw"), StoredKeys(NEW_ID, NEW_SECRET, "raw")
CONFIG = "# ours\n[profile dev]\nregion = eu-west-1\n"
CREDENTIALS = (
    f"# mine\n[dev]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n# since May\n\n[other]\n"
)


class Safe(MemoryStore):
    """Keeps keys. Each call may do something first, or fail.

    Attributes:
        before: By method, called with the name.
        kept: What is in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[str], object]] = {}
        self.kept = self._keys

    def describe(self, ctx: JobContext) -> StoreStatus:
        return StoreStatus("Safe", usable=True)

    def get(self, name: str, ctx: JobContext) -> StoredKeys | None:
        self.before.get("get", str)(name)
        return super().get(name, ctx)

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        self.before.get("set", str)(name)
        super().set(name, keys, ctx)

    def delete(self, name: str, ctx: JobContext) -> None:
        self.before.get("delete", str)(name)
        super().delete(name, ctx)


class FileStore(Safe):
    """Keeps keys in a file, which outlives the process."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        if path.exists():
            kept = json.loads(path.read_text("utf-8"))
            self.kept |= {name: StoredKeys(*values) for name, values in kept.items()}

    def set(self, name: str, keys: StoredKeys, ctx: JobContext) -> None:
        super().set(name, keys, ctx)
        self._write()

    def delete(self, name: str, ctx: JobContext) -> None:
        super().delete(name, ctx)
        self._write()

    def _write(self) -> None:
        self._path.write_text(json.dumps({name: astuple(keys) for name, keys in self.kept.items()}), "utf-8")


class Writer(ConfigWriter):
    """Fails from one write on, as on a full disk."""

    fails_from = 1_000
    writes = 0

    def write(
        self, changes: object, title: str, ctx: JobContext, *, puts_keys_back: bool = False
    ) -> JournalEntry:
        self.writes += 1
        if self.writes >= self.fails_from:
            raise WorkbenchError("config was not changed.", "The disk is full.", "Free some space.")
        assert isinstance(changes, list)
        edits = [each for each in changes if isinstance(each, FileEdits)]
        return super().write(edits, title, ctx, puts_keys_back=puts_keys_back)


@dataclass
class Desk:
    """What a test moves keys with."""

    folder: Path
    store: Safe = field(default_factory=Safe)

    def __post_init__(self) -> None:
        self.config, self.credentials = self.folder / "config", self.folder / "credentials"
        self.environ = {
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "PATH": "/usr/bin:/bin",
        }
        if not self.config.exists():
            self.write(CONFIG, CREDENTIALS)
        self.program = self.folder / "workbench"
        self.hands_out(KEYS)

    def write(self, config: str, credentials: str) -> None:
        self.config.write_text(config, "utf-8")
        self.credentials.write_text(credentials, "utf-8")

    def hands_out(self, keys: StoredKeys) -> None:
        """What the Workbench that the SDK runs answers."""
        answer = {
            "Version": 1,
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret_access_key,
        }
        self.program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
        self.program.chmod(0o700)

    def command(self, entry: str) -> str:
        return f"{quoted(str(self.program))} credentials {quoted(entry)}"

    def mover(self, fails_from: int = 1_000) -> Migrator:
        """A program's; `fails_from` counts its writes of the files."""
        state = self.folder / "state"
        writer = Writer(state)
        writer.fails_from = fails_from
        cache = SessionCache(self.folder / "cache")
        return Migrator(self.store, writer, cache, state, self.environ, self.command)

    @property
    def texts(self) -> tuple[str, str]:
        return self.config.read_text("utf-8"), self.credentials.read_text("utf-8")

    @property
    def unfinished(self) -> bool:
        return MoveJournal(self.folder / "state").has_any()

    def is_as_it_was(self) -> bool:
        """The files say the same, the store is empty, and nothing is left to do."""
        said = tuple(text.replace(" = ", "=") for text in self.texts)
        return (
            said == (CONFIG.replace(" = ", "="), CREDENTIALS) and not self.store.kept and not self.unfinished
        )


def move_until(moment: str, count: int, folder: str, back: str) -> None:
    """Moves a key, or moves it back, and dies at an event of the move's journal."""
    desk = Desk(Path(folder), FileStore(Path(folder) / "store"))
    if back:
        desk.mover().migrate("dev", "raw", CTX)
    die_in_a_journal(moment, count)
    if back:
        desk.mover().restore("dev", CTX)
    else:
        desk.mover().migrate("dev", "raw", CTX)


def at_step(step: int, call: Callable[[], object]) -> JobContext:
    """A job that does this once it has come so far."""
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.done == step:
            call()

    return JobContext(report, stop=stop)


def cancelled_at(step: int) -> JobContext:
    """A job that is cancelled when it has come so far."""
    stop = threading.Event()
    return JobContext(lambda progress: stop.set() if progress.done == step else None, stop=stop)


def fail(_: str) -> None:
    """As a keyring that its person did not unlock."""
    raise WorkbenchError("The keyring is locked.", aws_code="KeyringLocked")
