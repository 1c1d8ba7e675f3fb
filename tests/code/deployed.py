"""What AWS has, for workspaces to open: a zip behind a link on a local server."""

import base64
import hashlib
from collections.abc import Collection
from pathlib import Path

from tests.code.zips import make_zip
from workbench.code.tree import FileChange
from workbench.code.workspace import CodeSource, Workspace, open_workspace, take_deployed
from workbench.core.jobs import JobContext

CTX = JobContext()
HANDLER = "def handler(event, context):\n    return 1\n"


class Deployed:
    """What AWS has: a zip behind a link that counts how often it was followed."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.followed = 0
        self.zip = folder / "deployed.zip"
        self.deploy({"app.py": HANDLER, "lib/util.py": "x = 1\r\n", "bin/run.sh": "#!/bin/sh\n"})

    def deploy(self, files: dict[str, bytes | str], executable: Collection[str] = ("bin/run.sh",)) -> None:
        make_zip(self.zip, files, dict.fromkeys(executable, 0o100755))

    def source(self) -> CodeSource:
        return CodeSource(
            function_arn="arn:aws:lambda:us-east-1:123456789012:function:hello",
            function_name="hello",
            region="us-east-1",
            account_id="123456789012",
            code_location=f"{self.address}/code",
            code_sha256=base64.b64encode(hashlib.sha256(self.zip.read_bytes()).digest()).decode(),
            revision_id="r1",
        )

    def open(self) -> Workspace:
        return open_workspace(self.source(), self.folder / "workspaces", CTX)


def take(deployed: Deployed, ctx: JobContext = CTX) -> Workspace:
    """Starts again from what is deployed."""
    return take_deployed(deployed.source(), deployed.folder / "workspaces", ctx)


def marks(workspace: Workspace) -> dict[str, FileChange]:
    """What differs from the deployed code, by path."""
    return {entry.path: entry.change for entry in workspace.changes(CTX)}
