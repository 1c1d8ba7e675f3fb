"""The user's own settings of uv, and which index they choose. Nothing of a function's code is read.

uv is given one file, written anew from the user's configuration and the system's, with the settings that say
where packages come from and how that is reached. What would let uv build or replace packages is left out.
Source: https://docs.astral.sh/uv/concepts/configuration-files/ and .../reference/settings/.
"""

import json
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error

PYPI = "PyPI"
"""What uv takes packages from if the user says nothing."""
_WHAT = "The settings of uv could not be read."
_FILE = "uv.toml"
_KEYS = (
    "index", "index-url", "extra-index-url", "no-index", "find-links", "index-strategy", "keyring-provider",
    "allow-insecure-host", "trusted-host", "native-tls", "system-certs", "http-proxy", "https-proxy",
    "no-proxy", "offline", "no-cache", "cache-dir", "link-mode", "concurrent-downloads",
    "concurrent-installs", "exclude-newer", "prerelease", "resolution",
)  # fmt: skip
_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def read_settings() -> dict[str, Any]:
    """The user's settings, with those of the system where the user says nothing.

    Raises:
        WorkbenchError: A file cannot be read.
    """
    settings: dict[str, Any] = {}
    for path in _files():
        settings |= _read(path)
    return settings


def write_settings(settings: Mapping[str, Any], folder: Path) -> Path:
    """Writes them for uv into a folder. Raises OSError."""
    path = folder / _FILE
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in settings.items()), "utf-8")
    return path


def indexes(settings: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Where uv looks for packages, without user names and passwords.

    Args:
        settings: Of `read_settings`.
        environment: That uv runs with; variables go before settings.
    """
    tables = [
        each for each in settings.get("index", ()) if isinstance(each, dict) and not each.get("explicit")
    ]
    default = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    default = default or next((each.get("url") for each in tables if each.get("default")), None)
    found = environment.get("UV_INDEX", "").split() + environment.get("UV_EXTRA_INDEX_URL", "").split()
    found += [str(each.get("url")) for each in tables if not each.get("default")]
    found += map(str, settings.get("extra-index-url", ()))
    found += [str(default or settings.get("index-url") or PYPI)]
    if settings.get("no-index"):
        found = []
    found += environment.get("UV_FIND_LINKS", "").split(",") + list(map(str, settings.get("find-links", ())))
    # An index may have a name before its address: name=https://…
    bare = (_LOGIN.sub("", re.sub(r"^[\w.-]+=(?=\w+:)", "", each.strip())) for each in found)
    return tuple(dict.fromkeys(filter(None, bare)))


def _files() -> list[Path]:
    """The later go before the earlier."""
    if own := os.environ.get("UV_CONFIG_FILE"):
        return [Path(own)]
    if os.environ.get("UV_NO_CONFIG", "").lower() in ("1", "true", "yes", "on", "t", "y"):
        return []
    if sys.platform == "win32":
        folders = [os.environ.get("PROGRAMDATA", ""), os.environ.get("APPDATA", "")]
        return [path for each in folders if each and (path := Path(each, "uv", _FILE)).is_file()]
    system = [
        Path(each, "uv", _FILE) for each in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if each
    ]
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "uv", _FILE)
    first = next((path for path in [*system, Path("/etc/uv") / _FILE] if path.is_file()), None)
    return [path for path in (first, user) if path is not None and path.is_file()]


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise explain_os_error(error, _WHAT, path) from error
    except ValueError as error:
        raise WorkbenchError(
            _WHAT, f"{path} is malformed: {error}.", "Correct it, then try again."
        ) from error
    pip = values.get("pip")
    values |= pip if isinstance(pip, dict) else {}
    return {key: _placed(key, values[key], path.parent) for key in _KEYS if key in values}


def _placed(key: str, value: Any, folder: Path) -> Any:
    """A value in which paths are absolute: the file that uv gets lies elsewhere."""
    if isinstance(value, list):
        return [_placed(key, each, folder) for each in value]
    if isinstance(value, dict):
        return {name: _placed(name, each, folder) for name, each in value.items()}
    paths = ("url", "index-url", "extra-index-url", "find-links", "cache-dir")
    if key in paths and isinstance(value, str) and not (_ADDRESS.match(value) or os.path.isabs(value)):
        return str(folder / value)
    return value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    return str(value.isoformat())  # tomllib's other values are dates and times
