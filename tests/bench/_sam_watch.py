"""`sam sync --watch` with a function that brings its dependencies, and the same function in Workbench.

Its stack is of AWS's own kind of function and without a layer for the dependencies: MiniStack has no
transform of SAM's, and makes no nested stacks.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uv

from tests.bench._common import CTX, quietly
from tests.bench._sam import BUCKET, install_sam, sam_environment
from tests.deploy.bench import deploy
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.code.workspace import open_workspace
from workbench.core.errors import WorkbenchError
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.invoke.run import invoke

SAM_WATCH = "sam sync --watch"
SMALL = ("requests==2.34.2", "pydantic==2.14.3")
_NAME = "watched"
_LOOK_S = 0.02
_PATIENCE_S = 120.0
_TEMPLATE = f"""\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: {_NAME}
      Code: source/
      Handler: app.handler
      Runtime: python{sys.version_info.major}.{sys.version_info.minor}
      Role: arn:aws:iam::123456789012:role/lambda
"""

Side = Callable[[str], object]
"""Brings this source to the function and returns what the function then answers."""


@contextmanager
def watching(connection: Connection, folder: Path, first: str) -> Iterator[Side | None]:
    """sam, while it watches; None when it cannot be had."""
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "app.py").write_text(first)
    (source / "requirements.txt").write_text("\n".join(SMALL))
    (folder / "template.yaml").write_text(_TEMPLATE)
    try:
        programs = install_sam(folder / "environment")
    except RuntimeError as error:
        print(f"sam cannot be installed (no network?): {error}", file=sys.stderr)
        yield None
        return
    command = [str(programs / "sam"), "sync", "--watch", "--no-dependency-layer", "--stack-name", "bench"]
    command += ["--s3-bucket", BUCKET, "--region", connection.region]
    log = folder / "sam.log"
    with log.open("wb") as output:
        sam = subprocess.Popen(
            command,
            cwd=folder,
            env=sam_environment(connection, programs),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    assert sam.stdin is not None
    try:
        sam.stdin.write(b"Y\n")  # it asks whether this is a stack for development
        sam.stdin.flush()
        _wait_for(connection, answer_of(first), log)
        _wait_for_words(log, "Infra sync completed.")

        def run(text: str) -> object:
            (source / "app.py").write_text(text)
            return _wait_for(connection, answer_of(text), log)

        yield run
    finally:
        sam.terminate()
        sam.wait()


def workbench_small(connection: Connection, folder: Path, first: str) -> Side:
    """What the window does, with the same dependencies beside the code."""
    name = create_function(connection, first).function_name
    detail = get_function(connection, name, "", CTX)
    workspace = open_workspace(code_source(detail, connection), folder / "workspaces", CTX)
    quietly(
        uv.find_uv_bin(), "pip", "install", "--quiet", "--python", sys.executable,
        "--target", str(workspace.root), *SMALL,
    )  # fmt: skip
    journal = Journal(folder / "deploys")
    deploy(connection, workspace, journal, CTX)

    def run(source: str) -> object:
        workspace.save("app.py", source)
        deploy(connection, workspace, journal, CTX)
        return json.loads(invoke(connection, name, b"{}", "", detail.timeout_s, CTX).payload)

    return run


def answer_of(source: str) -> object:
    """What a source of the bench answers: the last word in it."""
    return json.loads(source.split()[-1])


def _wait_for(connection: Connection, wanted: object, log: Path) -> object:
    """Invokes until the answer is there. The first failures are those of a function that is not made yet."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        try:
            found: object = json.loads(invoke(connection, _NAME, b"{}", "", 3, CTX).payload)
        except (WorkbenchError, ValueError):
            found = None
        if found == wanted:
            return found
        time.sleep(_LOOK_S)
    raise RuntimeError(f"sam did not bring {wanted!r} to the function:\n{log.read_text(errors='replace')}")


def _wait_for_words(log: Path, words: str) -> None:
    end = time.monotonic() + _PATIENCE_S
    while words not in (text := log.read_text(errors="replace")):
        if time.monotonic() > end:
            raise RuntimeError(f"sam does not say “{words}”:\n{text}")
        time.sleep(_LOOK_S)
