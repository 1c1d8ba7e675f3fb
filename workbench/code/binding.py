"""Which local folder holds a function's code, if a person chose one: binding.json in a workspace's folder."""

import contextlib
import hashlib
import json
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic

_FILE = "binding.json"
_FORMAT = 1


def read_binding(workspace_folder: Path) -> Path | None:
    """The local folder of a workspace; None when it has its files itself, or there is no workspace.

    Raises:
        WorkbenchError: It is damaged or not readable.
    """
    try:
        value = json.loads((workspace_folder / _FILE).read_bytes())
        if value["format"] != _FORMAT:
            raise ValueError(f"format {value['format']}")
        return Path(str(value["folder"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", workspace_folder) from error
    except (ValueError, KeyError, TypeError) as error:
        raise WorkbenchError(
            "The local folder of the function could not be determined.",
            f"{workspace_folder / _FILE} is damaged.",
            "Choose the folder again, or use the deployed code.",
            action="code.use_folder",
        ) from error


def write_binding(workspace_folder: Path, folder: Path) -> None:
    """From here on the workspace's files are those of a local folder. Raises WorkbenchError: disk refuses."""
    value = {"format": _FORMAT, "folder": str(folder)}
    write_atomic(workspace_folder / _FILE, json.dumps(value).encode())


def drop_binding(workspace_folder: Path) -> None:
    """The local folder is not used any more; none is fine too. Raises WorkbenchError: the disk refuses."""
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (workspace_folder / _FILE).unlink()
    except OSError as error:
        raise explain_os_error(error, "The folder is still in use.", workspace_folder) from error


def drafts_folder(workspace_folder: Path, folder: Path) -> Path:
    """Where drafts for a local folder are kept: in one place, whichever of its functions is open."""
    name = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return workspace_folder.parents[2] / "local" / name / "drafts"
