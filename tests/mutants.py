"""Measures how many small faults in the code that guards users' work the tests notice (mutation testing).

./dev mutants ROOM [--list] [--jobs N] changes one thing at a time in the modules of a room (`ROOMS`) and runs
the tests that reach it, by mutmut (https://mutmut.readthedocs.io), in a copy below build/mutants. It prints
what share of the faults was noticed, and with --list the others. It ends with 1 below the goal.
With --sample N it tries N of them, the same ones for the same --seed.

Faults in the wording of messages, log lines and progress are not counted: whether it is right, no test
can tell. Neither are those that have no effect (`WITHOUT_EFFECT`).
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
GOAL = 0.85
_COPIED = ("workbench", "tests", "resources", "packaging")
_LINKED = (".venv-sandbox",)
_NOTICED = ("killed", "timeout", "segfault")
_UNNOTICED = ("survived", "no tests", "suspicious")
_LITERAL = re.compile(r"""f?"[^"]*"|f?'[^']*'""")
# The values that go into a sentence, where all of it is replaced.
_VALUES_OF_SENTENCE = re.compile(r"_\(\s*\)\.format\((?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class Room:
    """Modules that guard users' work together, and the tests that guard them.

    Attributes:
        modules: Patterns of paths.
        tests: Files and folders. All of them run once; then, for each fault, those that reach its function.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def sources(self) -> list[str]:
        """The modules' paths from the root."""
        found = {path for pattern in self.modules for path in ROOT.glob(pattern)}
        return sorted(str(path.relative_to(ROOT)) for path in found)


def _tests(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


ROOMS = {
    "journals": Room(
        ("workbench/core/operations.py", "workbench/core/files.py"),
        _tests("core", "operations", "journal_file", "files", "power_cut", "write_ahead"),
    ),
    "codec": Room(("workbench/core/codec.py",), _tests("core", "codec", "settings")),
    "redaction": Room(("workbench/core/redaction.py",), _tests("core", "redaction")),
    "deploys": Room(
        tuple(f"workbench/deploy/{name}.py" for name in ("execute", "journal")),
        _tests("deploy", "kill", "amid", "undo", "resume", "journal", "journal_prune", "history", "release"),
    ),
    "deploy-steps": Room(
        ("workbench/deploy/steps/*.py",),
        _tests(
            "deploy",
            *(
                "amid",
                "configuration",
                "deploy",
                "every_call",
                "faults",
                "parts",
                "release",
                "resume",
                "steps_release",
                "steps_s3",
                "steps_update",
            ),
            *("roll_back", "source_key", "staging", "undo"),
        ),
    ),
    "conflicts": Room(
        ("workbench/ui/features/code/conflict.py", "workbench/deploy/plan.py"),
        (
            *_tests("deploy", "plan", "changes", "configuration", "deploy"),
            *_tests("ui/features/code", "conflict_flow", "merge_flow", "change_marks", "reverting", "code"),
        ),
    ),
    "triggers": Room(("workbench/triggers/execute.py",), _tests("triggers", "execute", "facts", "undo")),
    "trigger-steps": Room(
        ("workbench/triggers/steps/*.py",),
        (
            "tests/triggers/steps",
            *_tests("triggers", "step", "undo", "facts", "execute", "lost_answers"),
            *_tests("triggers/kinds", "rest_api", "rule", "s3", "s3_plan", "sns", "sns_hops"),
            *_tests("triggers/kinds", "rest_api_sandbox", "rule_sandbox", "s3_sandbox", "sns_sandbox"),
        ),
    ),
    "profiles": Room(
        tuple(f"workbench/profiles/{name}.py" for name in ("replace", "ini_editor", "config_files", "write")),
        _tests(
            "profiles",
            "write",
            "replace",
            "ini",
            "lines",
            "edit_journal",
            "guards",
            "power_cut",
            "option_changes",
        ),
    ),
    "keys": Room(
        ("workbench/profiles/migrate.py",),
        _tests("profiles", "migrate", "migrate_faults", "moved_key", "move_journal"),
    ),
    "merge": Room(
        ("workbench/code/merge*.py",),
        _tests("code", "merge", "merge_apply", "merge_kill", "merge_local", "take_deployed"),
    ),
    "unpacking": Room(("workbench/code/unpack.py",), _tests("code", "unpack", "unpacking_workspace")),
    "drafts": Room(
        ("workbench/code/workspace_store.py",),
        _tests("code", "kill", "stored_files", "local_folder", "workspace", "take_deployed"),
    ),
    "closing": Room(("workbench/ui/files/autosave.py",), _tests("ui", "autosave")),
    "restoring": Room(
        ("workbench/functions/restore.py",),
        _tests("functions", "restore", "restore_belongings", "restore_parts", "restore_kill"),
    ),
    "deleted": Room(
        ("workbench/functions/deleted.py",),
        _tests("functions", "deleted", "restore", "restore_belongings"),
    ),
}

_ANEW = "A file of a package is read once more, which takes longer."
_SLOWLY = "The standard library unpacks that entry then, as it does all that is not as usual."
_NOT_ON_POSIX = "The disk's own bit replaces it here; this is for Windows."
WITHOUT_EFFECT: tuple[tuple[str, str, str], ...] = (
    # ---- merge ----
    (r"base_bytes\(path\) if old is None", r"\(old is None\) or True", _ANEW),
    (r"theirs\.read\(path\) if new is None", r"\(new is None\) or True", _ANEW),
    (r"three_of\(workspace, theirs, path, old, new\)", r"path, (None|old, None|old, )\)?", _ANEW),
    (r"executable = known\.executable if known else False", r"", _NOT_ON_POSIX),
    # ---- unpacking ----
    (r'hasattr\(os, "pread"\)', r"", _SLOWLY),
    (r"\bname = raw\[", r"", _SLOWLY),
    (r"\bpacked = raw\[", r"", _SLOWLY),
    (r"or len\(packed\) != info\.compress_size", r"", _SLOWLY),
    (r"or info\.flag_bits & ~_HARMLESS_FLAGS", r"\| ~", _SLOWLY),
    (r'magic != b"PK', r"", _SLOWLY),
    (r"st_mode & 0o777 != mode", r"\| 0o777", "The file's mode is set once more."),
    (r"thread_name_prefix=", r"", "It is for those who look at threads."),
    # ---- profiles ----
    (r"for each in self\.sections\.values\(\)\]\[-1:\]", r"\[-2:\]", "Only the last one is looked at."),
    (r"old\.unlink\(missing_ok=True\)", r"", "Nobody else removes it: `edit_lock` is held."),
    (r"odd\[0\] < len\(at\)", r"<= len\(at\)", "A value has no more settings than lines."),
    (r"made % _MANY == 0", r"", "It is about how long Python's collector takes."),
    # ---- triggers ----
    (r'_file\.finish\(outcome="(un)?done"\)', r"", "The journal is deleted then: nobody reads how it ended."),
    (
        r"json_object\(attributes\.get\(REDRIVE, \"\"\)\)",
        r"XXXX",
        "A text that is no JSON is no object either.",
    ),
    (
        r'\{"version": version\} if version',
        r"or True",
        "No version is none, whether it is noted or not.",
    ),
    # ---- closing ----
    (
        r"text is not None and waiting is not None and",
        r"is not None or waiting",
        "Where no job waits for it, nothing reads it before it is another one.",
    ),
    # ---- deleted ----
    (r'read_text\("utf-8"', r"read_text\(None", "It is UTF-8 anyway."),
    (r"running_image_uri if is_image else", r"or True", "A function that is no image has none."),
    (r"folder\.name < oldest_allowed", r"<= oldest", "No folder has the moment alone for its name."),
    # ---- journals ----
    (r"os\.urandom\(8\)", r"os\.urandom\(9\)", "A name is as random with one byte more."),
    (
        r'getattr\(os, "O_CLOEXEC", 0\)',
        r'None, "O_CLOEXEC"|"XXO_CLOEXEC|"o_cloexec',
        "No program inherits what Python opens.",
    ),
    (r"secrets\.token_hex\(3\)", r"", "A name is as random with some bytes more."),
    (r"raise OSError\(errno\.\w+, os\.strerror", r"OSError\(os\.strerror", "What is told of it is the same."),
    (r'part in \("", "\.", "\.\."\)', r'"XX\.\.?XX"', "It is refused as a name that ends with a dot."),
    # ---- all ----
    (
        r'getattr\(os, "O_\w+", 0\)',
        r", (1|None)?\)",
        "Every system that the tests run on has it, or O_WRONLY is set anyway.",
    ),
    (r'\b(complete = False|unfinished = "")$', r"= None$", "It is only asked whether it is true."),
    (r"\bzip\(.*strict=True", r"strict=(None|False)|, \)", "What is zipped has one length."),
    (r"\bzip\(.*strict=False", r"strict=None|, \)", "None and nothing are the same as False."),
    (r'"(cp437|utf-8)"', r'"(CP437|UTF-8)"', "Names of encodings are the same in capitals."),
)
"""A pattern of the lines before, one of the lines after, and why no test can tell one from the other."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev mutants", description=__doc__.split("\n", 1)[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--list", action="store_true", help="print the faults that no test noticed")
    parser.add_argument("--sample", type=int, metavar="N", help="try N faults of the room only")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many faults are tried at once")
    options = parser.parse_args()
    room = ROOMS[options.room]
    folder = ROOT / "build" / "mutants" / options.room
    _lay_out(folder, room)
    chosen = _sample(folder, room, options.sample, options.seed) if options.sample else []
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(options.jobs), *chosen]
    log = folder / "mutmut.log"
    with log.open("w") as file:  # its progress is a line that is written over and over, for a terminal
        progress = None if sys.stdout.isatty() else file
        with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as scratch:
            environment = os.environ | {"PYTEST_DEBUG_TEMPROOT": scratch}
            done = subprocess.run(
                command, cwd=folder, env=environment, stdout=progress, stderr=progress, check=False
            )
    if done.returncode:
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
        "do_not_mutate_patterns": [r"\b_log\.", r"ctx\.progress\(", r"\b(msvcrt\.|os\.lseek)"],
        # What a fault leaves lying about must not be the next one's: no run removes the folders of another.
        "pytest_add_cli_args": ["-q", "-p", "no:xdist", "-o", "tmp_path_retention_count=1000000"],
        "pytest_add_cli_args_test_selection": list(room.tests),
        "also_copy": list(_COPIED),
        "timeout_multiplier": 8,
        "timeout_constant": 4,
        "use_git_change_detection": False,
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n{lines}", "utf-8")


def _sample(folder: Path, room: Room, count: int, seed: int) -> list[str]:
    """The names of `count` faults of a room, drawn at random."""
    os.chdir(folder)  # mutmut reads its configuration from there
    from mutmut.mutation.file_mutation import mutate_file_contents  # type: ignore[import-not-found]
    from mutmut.utils.format_utils import get_mutant_name  # type: ignore[import-not-found]

    names = [
        get_mutant_name(Path(path), name)
        for path in room.sources()
        for name in mutate_file_contents(path, Path(path).read_text("utf-8")).mutant_names
    ]
    return random.Random(seed).sample(sorted(names), min(count, len(names)))


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
            if not (is_wording(difference) or has_no_effect(difference)):
                left.append((f"{name} ({status})", "\n".join(difference)))
    return killed, left


def is_wording(difference: Sequence[str]) -> bool:
    """Whether only a sentence is another one, or is left out."""
    before, after = (
        _without_sentences("\n".join(line[1:] for line in difference if line[0] == sign)) for sign in "-+"
    )
    return _bare(after) in (_bare(before), _bare(_VALUES_OF_SENTENCE.sub("", before))) or before in (
        after,
        after.replace("None", ""),
    )


def _without_sentences(text: str) -> str:
    """A text without the literals that have a space in them: what a user or a log reader reads."""
    return _LITERAL.sub(lambda found: "" if " " in found[0] else found[0], text)


def _bare(text: str) -> str:
    """A text without what stands between a sentence that is left out and the others."""
    return re.sub(r"[\s,]|\bNone\b|\b_\(\)", "", text)


def has_no_effect(difference: Sequence[str]) -> bool:
    """Whether `WITHOUT_EFFECT` lists a fault."""
    before, after = ("\n".join(line[1:].strip() for line in difference if line[0] == sign) for sign in "-+")
    return any(re.search(old, before) and re.search(new, after) for old, new, _ in WITHOUT_EFFECT)


if __name__ == "__main__":
    sys.exit(main())
