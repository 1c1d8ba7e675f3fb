"""Two people who work on one function: one here, one who was quicker with deploying."""

from collections.abc import Mapping, Sequence

from tests.code.deployed import CTX, Deployed
from workbench.code.compare import ComparedPackage, fetch_side
from workbench.code.merge import Choice, FileState, Merge, MergeFile, MergePlan, plan_merge
from workbench.code.workspace import Workspace

type Files = Mapping[str, bytes | str]


def side_of(deployed: Deployed, workspace: Workspace) -> ComparedPackage:
    """What is deployed now."""
    return fetch_side(deployed.source(), workspace, deployed.folder / "kept", "Theirs", CTX)


def plan_beside(deployed: Deployed, workspace: Workspace) -> MergePlan:
    """What became of a working copy and what is deployed now."""
    return plan_merge(workspace, side_of(deployed, workspace), CTX)


class Two:
    """A working copy of some files, and what the other one deployed since."""

    def __init__(
        self, deployed: Deployed, base: Files, mine: Mapping[str, bytes | None], theirs: Files
    ) -> None:
        self.deployed = deployed
        deployed.deploy(dict(base))
        self.workspace: Workspace = deployed.open()
        for path, data in mine.items():
            file = self.workspace.root / path
            if data is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        deployed.deploy(dict(theirs))
        self.workspace.deployed_sha256 = deployed.source().code_sha256

    def theirs(self) -> ComparedPackage:
        return side_of(self.deployed, self.workspace)

    def plan(self) -> MergePlan:
        return plan_beside(self.deployed, self.workspace)

    def file(self, path: str = "f") -> MergeFile:
        (found,) = [file for file in self.plan().files if file.path == path]
        return found

    def states(self) -> dict[str, FileState]:
        return {file.path: file.state for file in self.plan().files}

    def merge(self, choices: Mapping[str, Sequence[Choice]] | None = None) -> Merge:
        merge = Merge(self.workspace, self.plan(), choices or {}, "r2", "2026-11-24T22:00:00+00:00")
        merge.apply(CTX)
        return merge

    def saved(self, path: str = "f") -> bytes | None:
        file = self.workspace.root / path
        return file.read_bytes() if file.is_file() else None

    def typed(self, path: str = "f") -> str | None:
        draft = self.workspace.draft(path)
        return draft.text if draft is not None else None

    def all(self) -> dict[str, tuple[bytes | None, str | None]]:
        """Every file with its saved bytes and what is not saved."""
        root = self.workspace.root
        paths = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        paths |= {draft.path for draft in self.workspace.drafts()}
        return {path: (self.saved(path), self.typed(path)) for path in paths}
