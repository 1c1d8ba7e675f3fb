"""How many bytes go over the wire for a one-line edit of a 40 MB package, through S3, against the package."""

import random
import time
from pathlib import Path
from typing import Any

from tests.bench._common import CTX
from tests.deploy.bench import deploy
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.code.workspace import open_workspace
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function

_FILES, _FILE_BYTES = 40, 1_000_000


class Wire:
    """Counts the bytes of the bodies that a connection's clients send."""

    def __init__(self, connection: Connection) -> None:
        self.sent = 0
        for service in ("lambda", "s3"):
            connection.client(service).meta.events.register("before-send", self._count)

    def _count(self, request: Any, **_: Any) -> None:
        self.sent += int(request.headers.get("Content-Length") or 0)


def measure(connection: Connection, folder: Path, runs: int) -> tuple[list[float], list[float]]:
    """The bytes that each of some edits sent, in percent of the package; and its seconds until deployed."""
    name = create_function(connection, "def handler(event, context):\n    return 0\n").function_name
    detail = get_function(connection, name, "", CTX)
    workspace = open_workspace(code_source(detail, connection), folder / "slow-link", CTX)
    dependency = workspace.root / "dependency"
    dependency.mkdir()
    for number in range(_FILES):  # noise, as compressed code nearly is
        data = random.Random(number).randbytes(_FILE_BYTES)
        (dependency / f"part_{number:02}.bin").write_bytes(data)
    (workspace.root / "dependency-1.0.dist-info").mkdir()
    record = "".join(f"dependency/part_{number:02}.bin,,\n" for number in range(_FILES))
    (workspace.root / "dependency-1.0.dist-info" / "RECORD").write_text(record)
    journal = Journal(folder / "slow-link-deploys")
    options = DeployOptions(upload=Upload.S3)
    deploy(connection, workspace, journal, CTX, options=options)
    wire = Wire(connection)
    shares, seconds = [], []
    for number in range(1, runs + 1):
        workspace.save("app.py", f"def handler(event, context):\n    return {number}\n")
        before, start = wire.sent, time.monotonic()
        result = deploy(connection, workspace, journal, CTX)
        if result.outcome is not DeployOutcome.DEPLOYED:
            raise RuntimeError(result.text)
        seconds.append(time.monotonic() - start)
        shares.append(100 * (wire.sent - before) / workspace.base_package.stat().st_size)
    return shares, seconds
