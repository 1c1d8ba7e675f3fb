"""The folders that the pack bench packs: real packages, and very many small files."""

import os
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import uv

from tests.bench._common import quietly

WHEELS = (
    "requests==2.34.2",
    "pydantic==2.14.3",
    "pillow==13.0.0",
    "numpy==2.5.5",
    "pandas==3.1.1",
    "scipy==1.18.1",
)
MANY_FILES = 50
_LINES = ("var x = 1;\n", "function foo(a, b) { return a + b }\n", "// a comment\n", "exports.y = {};\n")


def large_tree(cache: Path, target: Path, wheels: Sequence[str]) -> bool:
    """These wheels, together about 250 MB, and one file of a function. False when they cannot be had.

    They are kept in `cache`, outside the repository, from one run to the next.
    """
    kept = cache / "-".join(name.replace("==", "") for name in wheels)
    if not kept.exists():
        unfinished = cache / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            quietly(
                uv.find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable,
                "--link-mode", "copy", "--target", str(unfinished), *wheels,
            )  # fmt: skip
        except RuntimeError as error:
            print(f"the packages cannot be installed (no network?): {error}", file=sys.stderr)
            return False
        unfinished.replace(kept)
    copy_tree(kept, target)
    edit(target, 0)
    return True


def many_tree(target: Path, packages: int) -> None:
    """Packages of 50 small files each."""
    source = random.Random(1)
    for package in range(packages):
        folder = target / "node_modules" / f"package{package}"
        for number in range(MANY_FILES):
            path = folder / f"lib{number % 5}" / f"module{number}.js"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(source.choices(_LINES, k=110)) + f"// {source.random()}\n")
    edit(target, 0)


def copy_tree(source: Path, target: Path) -> None:
    """Copies a tree, as an installation of the same packages makes it, with times of now."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)


def link_tree(source: Path, target: Path) -> None:
    """The same files under other names; the own code is another."""
    shutil.copytree(source, target, copy_function=os.link)
    (target / "app.py").unlink()
    edit(target, 999_999)


def edit(root: Path, number: int) -> None:
    """Changes one line of the function's own code, always to the same length."""
    lines = [f"LINE_{place} = {place}\n" for place in range(100)]
    lines[50] = f"EDIT = {number:06d}\n"
    (root / "app.py").write_text("".join([*lines, "def handler(event, context):\n    return EDIT\n"]))


def edit_of(source: bytes) -> int:
    """The number that `edit` has put there."""
    return int(source.partition(b"EDIT = ")[2][:6])


def drop(path: Path) -> None:
    """Removes a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        os.unlink(path)
