"""What a workspace knows of the deployed package it started from: base.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from workbench.code.contents import Contents
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic

LATEST = "$LATEST"
_FILE = "base.json"
_FORMAT = 1
_TEXTS = ("function_arn", "function_name", "version", "code_sha256", "revision_id", "when")


@dataclass(frozen=True, slots=True)
class Base:
    """The deployed package that a workspace started from.

    Attributes:
        function_arn: Whose code it is, with account and region.
        function_name: Its short name.
        version: "$LATEST" or a number.
        code_sha256: Of the zip in packages/ (base64): what AWS had when it was downloaded or deployed.
        revision_id: Of the function then. Empty when not known.
        when: ISO 8601, UTC: when it was downloaded or deployed.
        contents: What is in it.
    """

    function_arn: str
    function_name: str
    version: str
    code_sha256: str
    revision_id: str
    when: str
    contents: Contents


def read_base(folder: Path) -> Base:
    """Reads the base of a workspace.

    Raises:
        FileNotFoundError: There is none.
        WorkbenchError: It is damaged or not readable.
    """
    try:
        value = json.loads((folder / _FILE).read_bytes())
        if value["format"] != _FORMAT:
            raise ValueError(f"format {value['format']}")
        texts = {key: str(value[key]) for key in _TEXTS}
        return Base(**texts, contents=Contents.from_json(value["contents"]))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise explain_os_error(error, "The workspace could not be opened.", folder) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkbenchError(
            "The workspace could not be opened.", f"{folder} is damaged: {error!r}."
        ) from error


def write_base(folder: Path, base: Base) -> None:
    """Replaces the base of a workspace in one step: from here on it counts.

    Raises:
        WorkbenchError: The disk refuses. The old base still counts then.
    """
    value = {"format": _FORMAT, **{key: getattr(base, key) for key in _TEXTS}}
    write_atomic(folder / _FILE, json.dumps(value | {"contents": base.contents.to_json()}).encode())
