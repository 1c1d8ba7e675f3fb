"""The command line of our own credential process, as it is written into a profile."""

import shutil
import sys
from pathlib import Path


def helper_command(profile_name: str) -> str:
    """The credential process of a profile: this very program, by its absolute path, whatever PATH says."""
    program = Path(sys.argv[0]).absolute()
    if program.stem != "workbench":
        program = Path(sys.executable).with_name("workbench.exe" if sys.platform == "win32" else "workbench")
    if not program.exists():
        found = shutil.which("workbench")
        program = Path(found) if found else program
    return f"{quoted(str(program))} credentials {quoted(profile_name)}"


def quoted(word: str) -> str:
    """A word of a command line as botocore takes it apart, on every system.

    Source: compat_shell_split in botocore/compat.py: shlex, and Windows' own rules, agree on double quotes.
    """
    if word and not any(letter.isspace() or letter in "\"'\\" for letter in word):
        return word
    if sys.platform == "win32":
        return f'"{word}"'
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
