"""From "edit saved" to the new code's answer, on the Sandbox, through the rooms that the window uses.

Beside the AWS CLI (`update-function-code`, `wait function-updated`, `invoke`) and a warm boto3 script that
asks every 20 ms whether the update is done. Each side has a function of its own; every answer is checked to
be the new code's. And how much of a 40 MB package a one-line edit sends, through S3.

vs_sam_watch: with dependencies beside the code, beside `sam sync --watch`, which sees the edit by itself; its
function is asked every 20 ms. sam is installed into an environment of the bench's own.
"""

import io
import itertools
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench._common import (
    AWS,
    CTX,
    Arguments,
    Figure,
    cli_environment,
    interleave,
    place,
    quietly,
    ratio,
    running_sandbox,
)
from tests.bench._sam_watch import SAM_WATCH, watching, workbench_small
from tests.bench._slow_link import measure as slow_link
from tests.deploy.bench import deploy
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.code.workspace import open_workspace
from workbench.deploy.journal import Journal
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function
from workbench.invoke.run import invoke

CLI = "aws lambda update-function-code + wait + invoke"
BOTO3 = "boto3 script, 20 ms poll"
_POLL_S = 0.02
_SLOW_LINK_RUNS = 3
_numbers = itertools.count(1)

Side = Callable[[str], object]
"""Brings this source to the function and returns what the function then answers."""


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 9)
    runs = parser.parse().runs
    with place() as folder, running_sandbox(folder / "sandbox") as connection:
        sides: dict[str, Side] = {
            "workbench": workbench_side(connection, folder),
            BOTO3: boto3_side(connection),
            CLI: cli_side(connection, folder),
        }
        timed = {name: _timed(name, side) for name, side in sides.items()}
        interleave(1, timed)
        samples = interleave(runs, timed)
        shares, seconds = slow_link(connection, folder, min(runs, _SLOW_LINK_RUNS))
        beside_sam(connection, folder, runs)
    cli_ms, boto3_ms = median(samples[CLI]), median(samples[BOTO3])
    Figure(
        "roundtrip", "saved_to_answer_ms", median(samples["workbench"]), "ms", runs, None, CLI, cli_ms
    ).show()
    Figure("roundtrip", "vs_cli", ratio(samples, "workbench", CLI), "x", runs, 0.15, CLI, cli_ms).show()
    Figure(
        "roundtrip", "vs_boto3", ratio(samples, "workbench", BOTO3), "x", runs, 1.3, BOTO3, boto3_ms
    ).show()
    Figure(
        "roundtrip",
        "slow_link_bytes",
        median(shares),
        "%",
        len(shares),
        1.0,
        "the whole package of 40 MB; peer_value is ms from saved to deployed",
        median(seconds) * 1000,
    ).show()


def beside_sam(connection: Connection, folder: Path, runs: int) -> None:
    """With dependencies, beside `sam sync --watch`."""
    with watching(connection, folder / "sam", _source(0)) as sam:
        if sam is None:
            return
        small = workbench_small(connection, folder / "small", _source(0))
        timed = {name: _timed(name, side) for name, side in (("small", small), (SAM_WATCH, sam))}
        interleave(1, timed)
        samples = interleave(runs, timed)
    value, sam_ms = ratio(samples, "small", SAM_WATCH), median(samples[SAM_WATCH])
    Figure("roundtrip", "vs_sam_watch", value, "x", runs, 0.45, SAM_WATCH, sam_ms).show()


def workbench_side(connection: Connection, folder: Path) -> Side:
    """What the window does: Save, Deploy, Invoke."""
    name = _new_function(connection)
    detail = get_function(connection, name, "", CTX)
    workspace = open_workspace(code_source(detail, connection), folder / "workspaces", CTX)
    journal = Journal(folder / "deploys")

    def run(source: str) -> object:
        workspace.save("app.py", source)
        deploy(connection, workspace, journal, CTX)
        return json.loads(invoke(connection, name, b"{}", "", detail.timeout_s, CTX).payload)

    return run


def boto3_side(connection: Connection) -> Side:
    """The shortest script that is correct, with a client that has been used before."""
    name = _new_function(connection)
    client = _boto3_client(connection)

    def run(source: str) -> object:
        client.update_function_code(FunctionName=name, ZipFile=_zip(source))
        while client.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "InProgress":
            time.sleep(_POLL_S)
        return json.loads(client.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())

    return run


def cli_side(connection: Connection, folder: Path) -> Side:
    """Three commands, as one types them or has them in a Makefile."""
    name = _new_function(connection)
    environment = cli_environment(connection.access)
    package, answer = folder / "package.zip", folder / "answer.json"

    def aws(*arguments: str) -> None:
        quietly(str(AWS), "lambda", *arguments, "--function-name", name, env=environment)

    def run(source: str) -> object:
        package.write_bytes(_zip(source))
        aws("update-function-code", "--zip-file", f"fileb://{package}")
        # Asks every 5 s: a round takes 5 s longer when the first question comes before the update is done.
        aws("wait", "function-updated")
        quietly(str(AWS), "lambda", "invoke", "--function-name", name, str(answer), env=environment)
        return json.loads(answer.read_bytes())

    return run


def _timed(name: str, side: Side) -> Callable[[], dict[str, float]]:
    def run() -> dict[str, float]:
        wanted = next(_numbers)
        source = _source(wanted)
        start = time.monotonic()
        answer = side(source)
        duration_ms = (time.monotonic() - start) * 1000
        if answer != wanted:
            raise RuntimeError(f"{name}: the old code answered: {answer}, not {wanted}")
        return {name: duration_ms}

    return run


def _source(answer: int) -> str:
    return f"def handler(event, context):\n    return {answer}\n"


def _new_function(connection: Connection) -> str:
    return create_function(connection, _source(0)).function_name


def _zip(source: str) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("app.py", source)
    return package.getvalue()


def _boto3_client(connection: Connection) -> Any:
    import boto3

    access = connection.access
    assert access.keys is not None
    return boto3.client(
        "lambda",
        region_name=access.region,
        endpoint_url=access.endpoint_url,
        aws_access_key_id=access.keys.access_key_id,
        aws_secret_access_key=access.keys.secret_access_key,
    )


if __name__ == "__main__":
    main()
