"""Reads the files of a declaration: bytes of a limited size, JSON and TOML, with errors in words."""

import json
import tomllib
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.messages import _

WHAT = _("The dependencies could not be read.")
_LARGEST_BYTES = 32 << 20


def read_file(path: Path) -> bytes:
    """The content of a declaration. Raises WorkbenchError if it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise explain_os_error(error, WHAT, path) from error
    if len(data) > _LARGEST_BYTES:
        raise WorkbenchError(
            WHAT,
            _("{path} is larger than {largest_bytes} MiB.").format(
                path=path.name, largest_bytes=_LARGEST_BYTES >> 20
            ),
        )
    return data


def parse_json(data: bytes, path: str) -> dict[str, Any]:
    """A JSON object. Raises WorkbenchError if it is not one."""
    try:
        value = json.loads(text_of(data, path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error
    if not isinstance(value, dict):
        raise malformed(path, _("it does not contain an object"))
    return value


def parse_toml(data: bytes, path: str) -> dict[str, Any]:
    """A TOML file. Raises WorkbenchError if it is not one."""
    try:
        return tomllib.loads(text_of(data, path))
    except (ValueError, RecursionError) as error:
        raise malformed(path, str(error)) from error


def text_of(data: bytes, path: str) -> str:
    """A text in UTF-8. Raises WorkbenchError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            WHAT,
            _("{path} is not UTF-8: {reason} at byte {start:,}.").format(
                path=path, reason=error.reason, start=error.start
            ),
            _("Save it as UTF-8."),
        ) from error


def malformed(path: str, why: str) -> WorkbenchError:
    """The error for a file that is not what its name says."""
    return WorkbenchError(
        WHAT, _("{path} is malformed: {why}.").format(path=path, why=why), _("Correct it, then try again.")
    )


def tables(path: str, value: object) -> list[dict[str, Any]]:
    """The packages of a lock file. Raises WorkbenchError if they are not a list of tables."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise malformed(path, _("“package” is not a list of tables"))
    return value
