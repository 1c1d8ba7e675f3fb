"""Test events: the samples that come with Workbench, and a person's own, one JSON file each.

Owns: where events are kept and which one was used last. Must not know: whether an event is valid JSON (a half
written one is kept too; see payload.py), invoking.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, path_below, write_atomic

_LAST_USED = ".last-used"
_SUFFIX = ".json"
_LONGEST_FILE_NAME = 200


@dataclass(frozen=True, slots=True)
class TestEvent:
    """A named payload.

    Attributes:
        name: What a person calls it; a sample's name is its file's ("s3-put").
        text: The JSON as written, line breaks and all.
        is_sample: It came with Workbench and cannot be changed or removed.
        is_shared: It is in the registry of shareable test events; see shareable.py.
    """

    __test__ = False  # not a test case, whatever pytest thinks of the name

    name: str
    text: str
    is_sample: bool = False
    is_shared: bool = False


def load_samples(folder: Path) -> tuple[TestEvent, ...]:
    """The samples in a folder (resources/events), the empty event first, then by name."""
    files = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda file: (file.stem != "empty", file.stem))
    return tuple(TestEvent(file.stem, file.read_text(encoding="utf-8"), is_sample=True) for file in files)


class EventStore:
    """The events of one function, in a folder of its own that may be kept in git.

    Args:
        events_dir: The folder of all events (data_dir/events).
        account_id: Account of the function.
        region: Its region.
        function_name: Its name.
        kept_in: Another folder for the events, such as one in the function's repository; None for none.
    """

    def __init__(
        self,
        events_dir: Path,
        account_id: str,
        region: str,
        function_name: str,
        kept_in: Path | None = None,
    ) -> None:
        own = path_below(events_dir, *map(_file_name, (account_id, region, function_name)))
        self.folder = kept_in or own
        self.memory = own / _LAST_USED
        """Which was used last; never among files that are kept in git."""

    def list(self) -> tuple[TestEvent, ...]:
        """All events, by name; files that are not readable text are left out.

        Raises:
            WorkbenchError: The folder may not be read.
        """
        try:
            files = sorted(self.folder.glob(f"[!.]*{_SUFFIX}"), key=lambda file: file.name.lower())
        except OSError as error:
            raise explain_os_error(error, "The test events could not be listed.", self.folder) from error
        events = []
        for file in files:
            try:
                events.append(TestEvent(unquote(file.stem), file.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError):
                continue
        return tuple(events)

    def save(self, name: str, text: str) -> TestEvent:
        """Stores an event; one of the same name is replaced.

        Raises:
            WorkbenchError: The name is empty or too long, or the disk did not take it.
        """
        name = name.strip()
        write_atomic(self._path(name), text.encode())
        return TestEvent(name, text)

    def delete(self, name: str) -> None:
        """Removes an event; that it is gone already is fine.

        Raises:
            WorkbenchError: The file may not be removed.
        """
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, f"The test event “{name}” could not be removed.", path) from error

    def last_used(self) -> TestEvent | None:
        """The event that was used last, with its text then; None at first or when it is gone."""
        try:
            kept = json.loads(self.memory.read_bytes())
            if kept["is_sample"] is True:
                return TestEvent(str(kept["name"]), str(kept["text"]), is_sample=True)
            name = str(kept["name"])
            saved = self._path(name).read_text(encoding="utf-8")
            return TestEvent(name, str(kept["text"]) if kept.get("changed") is True else saved)
        except (OSError, ValueError, LookupError, TypeError, WorkbenchError):
            return None  # a convenience: damage to it is no message

    def remember_used(self, event: TestEvent) -> None:
        """Keeps which event was used, and its text where that was typed over and not saved.

        Raises:
            WorkbenchError: The disk did not take it.
        """
        # A saved text is not repeated: who edits the file, or pulls another version of it, gets that one.
        changed = not event.is_sample and event not in self.list()
        kept = {
            "name": event.name,
            "is_sample": event.is_sample,
            "changed": changed,
            "text": event.text if event.is_sample or changed else "",
        }
        write_atomic(self.memory, json.dumps(kept).encode())

    def _path(self, name: str) -> Path:
        file_name = _file_name(name)
        if not name or len(file_name) > _LONGEST_FILE_NAME:
            raise WorkbenchError(
                "The test event was not saved.",
                "Its name is too long." if name else "It has no name.",
                "Choose a name of up to 60 characters.",
            )
        return self.folder / f"{file_name}{_SUFFIX}"


def _file_name(name: str) -> str:
    """A name as one harmless path component; `unquote` gives the name back."""
    return quote(name, safe=" ()[]{}+=@,").replace(".", "%2E").replace("~", "%7E")
