"""The command line of our own credential process: written into a profile, and recognised there again."""

import re
import shlex
import shutil
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

_PROGRAM, _VERB = "workbench", "credentials"
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_PLAIN_IN_QUOTES = re.compile(r"[A-Za-z0-9_@%+=:,./ -]+")
_PLAIN_ON_WINDOWS = re.compile(r"[A-Za-z0-9_@+=:,./\\-]*[A-Za-z0-9_@+=:,./-]")


def helper_command(entry: str) -> str:
    """The credential process that hands out a stored key: this program, by its absolute path.

    Args:
        entry: The name that the key is stored under: the profile's, when it was moved.
    """
    return f"{quoted(str(_program()))} {_VERB} {quoted(entry)}"


def entry_of(command: str, platform: str = sys.platform) -> str | None:
    """The name under which the key is stored that a command hands out; None when the command is not ours.

    Ours is every Workbench's, wherever it is installed: it may have moved since, and the user may have
    written it by hand. A profile that was renamed or copied keeps its command, so the name need not be the
    profile's.
    """
    try:
        program, verb, entry = _split(command, platform)
    except ValueError:  # the quotes do not match, or there are more words, or fewer
        return None
    path = PureWindowsPath(program) if platform == "win32" else PurePosixPath(program)
    return entry if (path.name.removesuffix(".exe"), verb) == (_PROGRAM, _VERB) else None


def quoted(word: str, platform: str = sys.platform) -> str:
    """A word of a command line that botocore and every shell take for just that.

    Python's SDKs split the line themselves; those of other languages hand it to a shell, which would replace
    a $ in double quotes. AWS's documentation asks for double quotes around blanks.

    Source: compat_shell_split in botocore/compat.py; AWS SDKs and Tools Reference Guide, "Process credential
    provider"; on Windows the rules of CommandLineToArgvW.
    """
    if platform == "win32":
        if _PLAIN_ON_WINDOWS.fullmatch(word):
            return word
        inside = re.sub(r'(\\*)"', r'\1\1\\"', word)
        return '"' + re.sub(r"(\\+)$", r"\1\1", inside) + '"'
    if _PLAIN.fullmatch(word):
        return word
    return f'"{word}"' if _PLAIN_IN_QUOTES.fullmatch(word) else shlex.quote(word)


def _split(command: str, platform: str) -> list[str]:
    """As botocore splits a command, which is not loaded for it where Python's own way is the same."""
    if _VERB not in command:
        return []
    if platform != "win32":
        return shlex.split(command)
    from botocore.compat import compat_shell_split

    words: list[str] = compat_shell_split(command, platform)
    return words


def _program() -> Path:
    """This program's own file, whatever PATH says."""
    suffix = ".exe" if sys.platform == "win32" else ""
    started = Path(sys.argv[0]).absolute()
    # Windows' starters take ".exe" off argv[0].
    ours: list[Path] = [started.with_suffix(suffix or started.suffix)] if started.stem == _PROGRAM else []
    sibling = Path(sys.executable).with_name(_PROGRAM + suffix)
    for file in [*ours, sibling]:
        if file.is_file():  # not the package's folder
            return file
    found = shutil.which(_PROGRAM)
    return Path(found).absolute() if found else sibling
