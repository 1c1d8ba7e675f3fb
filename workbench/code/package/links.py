"""Links inside the code: what they lead to is packed in their place.

AWS takes links in a package as links, but other readers of packages (Windows, the Sandbox, Workbench when it
opens the function again) do not, and a copy works in nearly every case: scripts in node_modules/.bin,
versions of libraries (libx.so -> libx.so.1), workspaces of npm. Where it does not, which is in pnpm's store,
whose modules find each other through real paths only, the link is refused in words.
Source: reports of deployed links, such as github.com/pnpm/pnpm/issues/6259 and
github.com/terraform-aws-modules/terraform-aws-lambda/issues/596
"""

import os
from pathlib import Path

from workbench.code.package.model import refusal

_STORE = ".pnpm"


class Links:
    """Follows links within one tree. Its methods raise WorkbenchError for links that cannot be packed."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)

    def follow(self, path: str, source: str) -> str:
        """Where a link leads to, relative to the root.

        Args:
            path: Its name in the package, for the words.
            source: Where it lies, relative to the root.
        """
        real = os.path.realpath(os.path.join(self._root, source))
        if real != self._root and not real.startswith(self._root + os.sep):
            raise refusal(
                f"{path} is a link that leads out of the code folder.",
                "Replace it with its target, or exclude it.",
            )
        if not os.path.exists(real):
            raise refusal(f"{path} is a link to a file that does not exist.", "Remove or exclude it.")
        target = os.path.relpath(real, self._root).replace(os.sep, "/")
        if os.path.isdir(real) and _STORE in target.split("/"):
            raise refusal(
                f"{path} is a link into the pnpm store, where modules would not find each other "
                "in a package.",
                'Install them as plain folders: set "node-linker=hoisted" in .npmrc, then run pnpm install.',
            )
        return "" if target == "." else target

    def enter(self, path: str, source: str, target: str, behind: tuple[str, ...]) -> tuple[str, ...]:
        """Notes that a folder is read through a link. Raises when that would never end.

        Args:
            path: The folder's name in the package, for the words.
            source: Where the link, or the folder, lies.
            target: Where the link leads; the same as `source` for a folder.
            behind: The real folders that were entered on the way here.
        """
        real = os.path.realpath(os.path.join(self._root, target))
        holds_link = os.path.realpath(os.path.join(self._root, os.path.dirname(source)))
        if real in behind or f"{holds_link}{os.sep}".startswith(f"{real}{os.sep}"):
            raise refusal(f"{path} is a link to a folder that contains it.", "Remove or exclude it.")
        return (*behind, real)
