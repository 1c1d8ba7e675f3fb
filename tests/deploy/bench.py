"""A function of a test's own, its code here, and a look at what is deployed."""

import io
import threading
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.code.workspace import Workspace, open_workspace
from workbench.core.clock import Clock
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import InterruptedDeploy, Journal
from workbench.deploy.options import DeployOptions
from workbench.deploy.plan import Plan, StepKind
from workbench.deploy.run import code_source, propose
from workbench.deploy.steps import Invoke
from workbench.functions.detail import get_function, wait_until_updated

CTX = JobContext()
HANDLER = "def handler(event, context):\n    return 'old'\n"


def cancelled_at(text: str) -> JobContext:
    """A job that its person cancels as soon as its progress says something that begins like this."""
    stop = threading.Event()

    def look(progress: Progress) -> None:
        if progress.text.startswith(text):
            stop.set()

    return JobContext(look, stop=stop)


def deploy(
    connection: Connection,
    workspace: Workspace,
    journal: Journal,
    ctx: JobContext,
    *,
    overwrite_sha256: str = "",
    options: DeployOptions | None = None,
    clock: Clock | None = None,
    invoke: Invoke | None = None,
) -> DeployResult:
    """Packs the saved files and deploys them to the function."""
    plan = propose(connection, workspace, ctx, overwrite_sha256=overwrite_sha256, options=options)[1]
    return execute(connection, plan, workspace, journal, ctx, clock, invoke)


def zip_of(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@dataclass
class Bench:
    """One function of its own, its workspace and a journal."""

    connection: Connection
    function_name: str
    workspace: Workspace
    journal: Journal
    folder: Path

    def places(self) -> tuple[str, str, str, str, str]:
        """What another process must know: workspace, journal, endpoint, region and account."""
        access = self.connection.access
        where = access.endpoint_url, access.region, self.connection.account_id
        return str(self.workspace.folder), str(self.folder / "deploys"), *where

    def plan_amid_an_update(self, connection: Connection) -> Plan:
        """Plans while another update runs: made again where that was over too soon, on a busy machine."""
        for memory_mb in range(200, 230):
            self.connection.call(
                "lambda",
                "update_function_configuration",
                FunctionName=self.function_name,
                MemorySize=memory_mb,
            )
            plan = propose(connection, self.workspace, CTX)[1]
            if plan.steps[0].kind is StepKind.SETTLE:
                return plan
        raise AssertionError("No update was running while it was planned.")

    def unfinished(self) -> tuple[InterruptedDeploy, ...]:
        """The deploys that were interrupted."""
        return self.journal.unfinished(self.connection.account_id, self.connection.region)

    def remote_sha256(self) -> str:
        return get_function(self.connection, self.function_name, "", CTX).code_sha256

    def remote_file(self, name: str) -> str:
        """A file of the deployed package, downloaded anew."""
        detail = get_function(self.connection, self.function_name, "", CTX)
        with urllib.request.urlopen(detail.code_location) as answer:
            return zipfile.ZipFile(io.BytesIO(answer.read())).read(name).decode()

    def deploy_elsewhere(self, files: dict[str, str]) -> None:
        """Somebody else deploys."""
        self.connection.call(
            "lambda", "update_function_code", FunctionName=self.function_name, ZipFile=zip_of(files)
        )
        wait_until_updated(self.connection, self.function_name, CTX)

    def reopen(self) -> Workspace:
        detail = get_function(self.connection, self.function_name, "", CTX)
        return open_workspace(code_source(detail, self.connection), self.folder / "workspaces", CTX)
