"""The package indexes of the user's own settings of pip, for users who have not set up uv.

Sources: https://pip.pypa.io/en/stable/topics/configuration/. A project's files are not read.
"""

import configparser
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.messages import _

_WHAT = _("The settings of pip could not be read.")
_SECTIONS = ("global", "install")


def read_pip_settings() -> dict[str, object]:
    """The indexes as settings of uv: "index-url" and "extra-index-url"; empty if there are none.

    A variable overrides a file, and a file of the user one of the system. Raises WorkbenchError.
    """
    url, extra = os.environ.get("PIP_INDEX_URL", ""), os.environ.get("PIP_EXTRA_INDEX_URL", "")
    for path in _files():
        found = _read(path)
        url, extra = url or found.get("index-url", ""), extra or found.get("extra-index-url", "")
    settings: dict[str, object] = {"index-url": url} if url else {}
    return settings | ({"extra-index-url": extra.split()} if extra.split() else {})


def _read(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise explain_os_error(error, _WHAT, path) from error
    except (configparser.Error, ValueError) as error:
        raise WorkbenchError(
            _WHAT,
            _("{path} is malformed: {error}.").format(path=path, error=" ".join(str(error).split())),
            _("Correct it, then try again."),
        ) from error
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            found |= {name.replace("_", "-"): value.strip() for name, value in parser.items(section)}
    return found


def _files() -> Iterator[Path]:
    """The files, those that override others first."""
    own = os.environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return
    if own:
        yield Path(own)
    home = Path.home()
    if sys.platform == "win32":
        yield from (
            Path(os.environ[name], "pip", "pip.ini")
            for name in ("APPDATA", "PROGRAMDATA")
            if name in os.environ
        )
        yield home / "pip" / "pip.ini"
        return
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / "pip.conf"
    yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    yield home / ".pip" / "pip.conf"
    for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
