"""Takes files out of a workspace and puts them back, drafts with them.

What is taken out lies in the scratch folder until the workspace is opened anew. Must not know: why.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workbench.code.drafts import Draft, Drafts
from workbench.code.files import WorkingFiles
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, move


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out: `kept` is where it lies, None when there were only drafts."""

    path: str
    kept: Path | None
    drafts: tuple[Draft, ...]


class Aside:
    """Of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._scratch = workspace.folder / "scratch"
        self._files = WorkingFiles(workspace.root, self._scratch)
        self._drafts = Drafts(workspace.drafts_folder)

    def take_out(self, path: str) -> Removed:
        """Takes a file or a folder out, drafts with it. Raises WorkbenchError when the disk refuses."""
        file = self._files.locate(path)
        kept: Path | None = None
        drafts = tuple(each for each in self._drafts if f"{each.path}/".startswith(f"{path}/"))
        try:
            if os.path.lexists(file):  # else it was never saved
                kept = Path(tempfile.mkdtemp(dir=self._scratch)) / file.name
                move(file, kept)
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be deleted.", file) from error
        for draft in drafts:
            self._drafts.drop(draft.path)
        return Removed(path, kept, drafts)

    def put_back(self, removed: Removed) -> None:
        """Puts back what was taken out. Raises WorkbenchError as `place`."""
        if removed.kept is not None:
            self.place(removed.kept, removed.path)
        for draft in removed.drafts:
            self._drafts.put(draft)

    def place(self, source: Path, path: str) -> None:
        """Moves something to a path. Raises WorkbenchError: it is taken, or the disk refuses."""
        file = self._files.locate(path)
        self.refuse_if_taken(path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            move(source, file)
            source.parent.rmdir()
        except OSError as error:
            raise explain_os_error(error, f"{path} could not be created.", file) from error

    def refuse_if_taken(self, path: str) -> None:
        """Raises WorkbenchError when there is something."""
        if os.path.lexists(self._files.locate(path)):
            raise WorkbenchError(f"{path} already exists.", "", "Rename or delete it first.")

    def refuse_if_read_only(self) -> None:
        """Raises WorkbenchError for a published version."""
        if self._workspace.read_only:
            raise WorkbenchError(
                "Nothing was changed.",
                f"Version {self._workspace.base.version} is published and cannot be changed.",
                "Open $LATEST to edit the code.",
            )
