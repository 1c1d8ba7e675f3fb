"""Measures how many small faults in the code that guards users' work the tests notice (mutation testing).

./dev mutants ROOM [--list] [--jobs N] changes one thing at a time in the modules of a room (`ROOMS`) and runs
the tests that reach it, by mutmut (https://mutmut.readthedocs.io), in a copy below build/mutants. It prints
what share of the faults was noticed, and with --list the others. It ends with 1 below the goal.

Faults in the wording of messages and of log lines are not counted: whether those are right, no test can tell.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
GOAL = 0.85
_COPIED = ("workbench", "tests", "resources", "packaging")
_LINKED = (".venv-sandbox",)
_NOTICED = ("killed", "timeout", "segfault")
_UNNOTICED = ("survived", "no tests", "suspicious")
# A literal with a space in it is a sentence: what a user or a log reader reads.
_SENTENCE = re.compile(r"""(f?"[^"]* [^"]*"|f?'[^']* [^']*')""")


@dataclass(frozen=True, slots=True)
class Room:
    """Modules that guard users' work together, and the tests that guard them.

    Attributes:
        modules: Patterns of paths.
        tests: Files and folders.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def sources(self) -> list[str]:
        """The modules' paths from the root."""
        found = {path for pattern in self.modules for path in ROOT.glob(pattern)}
        return sorted(str(path.relative_to(ROOT)) for path in found)


ROOMS = {
    "journals": Room(
        ("workbench/core/journal*.py", "workbench/core/files.py"),
        ("tests/core",),
    ),
    "codec": Room(("workbench/core/codec.py",), ("tests/core/test_codec.py", "tests/core/test_settings.py")),
    "redaction": Room(("workbench/core/redaction.py",), ("tests/core/test_redaction.py",)),
    "deploys": Room(
        tuple(f"workbench/deploy/{name}.py" for name in ("execute", "recover", "journal")),
        ("tests/deploy",),
    ),
    "triggers": Room(("workbench/triggers/execute.py",), ("tests/triggers",)),
    "profiles": Room(
        (
            "workbench/profiles/replace.py",
            "workbench/profiles/ini_editor.py",
            "workbench/profiles/config_files.py",
            "workbench/profiles/write.py",
        ),
        ("tests/profiles",),
    ),
    "keys": Room(("workbench/profiles/migrate.py",), ("tests/profiles",)),
    "merge": Room(("workbench/code/merge*.py",), ("tests/code",)),
    "unpacking": Room(("workbench/code/unpack.py",), ("tests/code",)),
    "drafts": Room(
        ("workbench/code/workspace_store.py", "workbench/ui/typing_keeper.py"), ("tests/code", "tests/ui")
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev mutants", description=__doc__.split("\n", 1)[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--list", action="store_true", help="print the faults that no test noticed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many faults are tried at once")
    options = parser.parse_args()
    room = ROOMS[options.room]
    folder = ROOT / "build" / "mutants" / options.room
    _lay_out(folder, room)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(options.jobs)]
    log = folder / "mutmut.log"
    with log.open("w") as file:  # its progress is a line that is written over and over, for a terminal
        progress = None if sys.stdout.isatty() else file
        if subprocess.run(command, cwd=folder, stdout=progress, stderr=progress, check=False).returncode:
            print(f"mutmut failed: see {log}", file=sys.stderr)
            return 2
    killed, left = _outcome(folder)
    total = killed + len(left)
    share = killed / total if total else 0.0
    if options.list:
        for name, difference in left:
            print(f"\n{name}\n{difference}")
    print(f"{options.room}: {killed} of {total} faults were noticed: {share:.1%} (goal: {GOAL:.0%})")
    return share < GOAL


def _lay_out(folder: Path, room: Room) -> None:
    """Copies the tree into an empty folder, with mutmut's configuration."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in _COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    (folder / "mutants").mkdir()
    for name in _LINKED:
        (folder / "mutants" / name).symlink_to(ROOT / name)
    values = {
        "source_paths": ["workbench"],
        "only_mutate": room.sources(),
        "do_not_mutate_patterns": [r"\b_log\."],
        "pytest_add_cli_args": ["-q", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": list(room.tests),
        "also_copy": list(_COPIED),
        "use_git_change_detection": False,
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n{lines}", "utf-8")


def _outcome(folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """How many faults were noticed, and the names and differences of the others that count."""
    os.chdir(folder)  # mutmut reads its configuration and its results from there
    from mutmut.__main__ import find_mutant, get_diff_for_mutant  # type: ignore[import-not-found]

    killed, left = 0, []
    results = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
    for line in subprocess.run(results, capture_output=True, text=True, check=True).stdout.splitlines():
        name, _, status = line.strip().rpartition(": ")
        if status in _NOTICED:
            killed += 1
        elif status in _UNNOTICED:
            shown: str = get_diff_for_mutant(name, path=find_mutant(name).path)
            difference = [line for line in shown.splitlines() if re.match(r"[-+](?![-+])", line)]
            if not is_wording(difference):
                left.append((f"{name} ({status})", "\n".join(difference)))
    return killed, left


def is_wording(difference: Sequence[str]) -> bool:
    """Whether only a sentence is another one, or is left out."""
    before, after = (
        _SENTENCE.sub("", "\n".join(line[1:] for line in difference if line[0] == sign)) for sign in "-+"
    )
    return before in (after, after.replace("None", ""))


if __name__ == "__main__":
    sys.exit(main())
