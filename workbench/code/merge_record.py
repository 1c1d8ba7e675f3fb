"""What a merge is about to type over mine: merge.json in a workspace's folder, there while it is made.

A kill leaves it. When the merge is made again, what is merged already is not merged a second time: where
lines repeat, that could take in the same addition twice.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from workbench.core.files import explain_os_error, write_atomic

_FILE = "merge.json"
_FORMAT = 1


def hash_of_text(text: str) -> str:
    """Tells one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def write_record(folder: Path, theirs: str, texts: Mapping[str, str]) -> None:
    """Keeps what the files will hold, by path.

    Args:
        folder: Of the workspace.
        theirs: Hash of their package.
        texts: The merged texts.

    Raises:
        WorkbenchError: The disk refuses.
    """
    hashes = {path: hash_of_text(text) for path, text in texts.items()}
    value = {"format": _FORMAT, "theirs": theirs, "texts": hashes}
    write_atomic(folder / _FILE, json.dumps(value).encode())


def read_record(folder: Path, theirs: str) -> dict[str, str]:
    """The hashes of merged texts by path; empty without a merge with this package. Damaged is none too."""
    try:
        value = json.loads((folder / _FILE).read_bytes())
        if value["format"] == _FORMAT and value["theirs"] == theirs:
            return {str(path): str(found) for path, found in value["texts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return {}


def drop_record(folder: Path) -> None:
    """The merge is over. Raises WorkbenchError: the disk refuses."""
    try:
        (folder / _FILE).unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, "A file of the merge could not be deleted.", folder / _FILE) from error
