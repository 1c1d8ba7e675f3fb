"""A run on this computer answers and logs as the deployed function does, on twenty handlers."""

import json
import re
from pathlib import Path

import pytest

from tests.invoke.local_desk import identity_of, lay_out, run
from tests.invoke.local_handlers import HANDLERS
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.invoke.run import InvocationResult, invoke

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_FIGURES = re.compile(r"\b[\d.]+ (ms|MB)\b")


def test_there_are_twenty() -> None:
    assert len(HANDLERS) == 20


@pytest.mark.parametrize("name", HANDLERS)
def test_a_local_run_is_the_deployed_run(connection: Connection, tmp_path: Path, name: str) -> None:
    source, payload = HANDLERS[name]
    timeout_s = 1 if name == "a time-out" else 10
    detail = create_function(
        connection, source, timeout_s=timeout_s, Environment={"Variables": {"MINE": "ö"}}
    )
    deployed = invoke(connection, detail.function_name, payload.encode(), "", timeout_s, JobContext())
    local = run(detail, lay_out(tmp_path, source), payload, identity=identity_of(connection))
    assert _said(local, local.payload) == _said(deployed, deployed.payload)
    assert local.function_error == deployed.function_error
    assert local.executed_version == deployed.executed_version
    if deployed.failure:
        assert local.failure
        assert local.failure.error_type == deployed.failure.error_type
        places = [
            [(each.file, each.line, each.is_own) for each in result.frames if each.is_own]
            for result in (local.failure, deployed.failure)
        ]
        assert places[0] == places[1]
    assert _lines(local) == _lines(deployed)
    assert local.report
    assert local.report.memory_mb == detail.memory_mb
    assert not list(tmp_path.iterdir())


def _said(result: InvocationResult, payload: bytes) -> object:
    return json.loads(_plain(result, payload.decode()))


def _lines(result: InvocationResult) -> list[str]:
    """The log from START on: what ran before depends on whether an environment was waiting."""
    lines = result.log_tail.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("START"))
    return [_FIGURES.sub("n", _plain(result, line)) for line in lines[begin:]]


def _plain(result: InvocationResult, text: str) -> str:
    text = text.replace(result.request_id, "ID")
    return _TIME.sub("TIME", text)
