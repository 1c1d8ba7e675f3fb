"""Short ways to run functions of the Sandbox on this computer."""

import secrets
from pathlib import Path

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.model import FunctionDetail
from workbench.invoke.local import LocalCode, LocalIdentity, Runner, run_locally
from workbench.invoke.run import InvocationResult, LogLines
from workbench.sandbox.processes import LOCAL_RUN_COMMAND, PACKAGE_FOLDER

RUNNER = Runner(LOCAL_RUN_COMMAND, PACKAGE_FOLDER)


def lay_out(folder: Path, source: str, **files: str) -> LocalCode:
    """Writes `app.py`, and others (`lib__x_py` is lib/x.py), as they are laid out for a run."""
    run = folder / f"run-{secrets.token_hex(4)}"
    task_root = run / "var/task"
    task_root.mkdir(parents=True)
    for name, text in {"app.py": source, **files}.items():
        path = task_root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return LocalCode(run, task_root)


def identity_of(connection: Connection) -> LocalIdentity:
    """What functions of this account act as in the Sandbox."""
    return LocalIdentity(connection.credentials(), connection.endpoint_url)


class Heard:
    """A job that keeps what was logged."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ctx = JobContext(item=self._take)

    def _take(self, item: object) -> None:
        assert isinstance(item, LogLines)
        self.texts.append(item.text)


def run(
    detail: FunctionDetail,
    code: LocalCode,
    payload: str = "{}",
    *,
    identity: LocalIdentity | None = None,
    ctx: JobContext | None = None,
) -> InvocationResult:
    """Runs it once; whatever comes of it, nothing is left."""
    return run_locally(
        RUNNER, detail, code, identity or LocalIdentity(), payload.encode(), ctx or JobContext()
    )
