"""One run of a function's draft on this machine, in the execution environment of the Sandbox.

Run as `python -m workbench_sandbox.server.local_run`. It imports neither MiniStack nor anything of
Workbench outside the server; where the function is deployed does not matter to it.

Protocol with the parent:
    environment  TMPDIR, a folder of this run alone, which is removed at the end.
    stdin        a pipe. One line of JSON says what to run (see `Job`); when the pipe closes, everything is
                 killed, TMPDIR is removed, and the process exits.
    stdout       lines of JSON: {"log": text} for what the function and the platform log, as it comes, and
                 last {"answer": base64, "is_error": …, "error_type": …, "interpreter": note, "fence_refusal":
                 why, '' unless the system refused the fence and nothing of the function's has run}.
    stderr       why it could not run.
"""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench_sandbox.server.environment import INIT_LIMIT_S, ExecutionEnvironment, InvocationRequest
from workbench_sandbox.server.lifetime import Stopper, adopt_orphans, kill_descendants, remove_folder
from workbench_sandbox.server.log_lines import LogMessage, Transcript
from workbench_sandbox.server.spec import FunctionSpec, Interpreters, NoInterpreterError, build_runtime_dir
from workbench_sandbox.server.workers import Fencing, Spawner

_NO_LIMIT_S = 24 * 3600
"""In place of the function's limits while a user debugs it."""

Job = dict[str, Any]
"""`spec`: the fields of a FunctionSpec that are texts, numbers, pairs or paths; `request`: those of an
InvocationRequest without its payload, which is in `payload_file`; `has_limits`: whether time and memory are
limited; `is_fence_optional`: whether it runs without the fence if the system refuses it."""


class _Printed(Transcript):
    """Passes the log to the parent."""

    def _deliver(self, messages: Sequence[LogMessage]) -> None:
        _print(
            {"log": "".join(each.text if each.text.endswith("\n") else f"{each.text}\n" for each in messages)}
        )


def main() -> None:
    """Runs the job of the first line, then waits until the parent wants it to end."""
    temporary_dir = Path(os.environ["TMPDIR"])
    line = _read_line()
    running: list[ExecutionEnvironment] = []

    adopt_orphans()

    def kill() -> None:
        for each in running:
            each.kill()
        kill_descendants()

    stopper = Stopper([kill, lambda: remove_folder(temporary_dir)])
    if not line.endswith(b"\n"):
        stopper.stop()
    job: Job = json.loads(line)
    fencing = Fencing.of_this_system(is_optional=job["is_fence_optional"])  # forks: before there are threads
    stopper.watch()
    try:
        asyncio.run(_run(job, temporary_dir, running, fencing))
    except Exception as error:
        # The parent is gone, or the run was just killed: this process ends once everything is cleaned up.
        if not isinstance(error, BrokenPipeError) and not stopper.is_stopping:
            raise
    stopper.stop()


async def _run(job: Job, temporary_dir: Path, running: list[ExecutionEnvironment], fencing: Fencing) -> None:
    interpreters = Interpreters(build_runtime_dir(temporary_dir / "var/runtime"))
    spec = _spec(job["spec"], interpreters)
    has_limits: bool = job["has_limits"]
    given = spec if has_limits else replace(spec, timeout_s=_NO_LIMIT_S)
    spawner = Spawner(interpreters.runtime_dir, fencing, has_spare=False)
    environment = ExecutionEnvironment(
        given,
        spawner,
        _Printed(spec.version),
        INIT_LIMIT_S if has_limits else _NO_LIMIT_S,
        has_memory_limit=has_limits,
    )
    running.append(environment)
    payload = Path(job["payload_file"]).read_bytes()
    outcome = await environment.invoke(InvocationRequest(payload=payload, **job["request"]))
    answer = outcome.answer
    _print(
        {
            "answer": base64.b64encode(answer.payload).decode(),
            "is_error": answer.is_error,
            "error_type": answer.error_type,
            "interpreter": spec.interpreter.note,
            "fence_refusal": environment.fence_refusal,
        }
    )
    await environment.discard()


def _spec(about: dict[str, Any], interpreters: Interpreters) -> FunctionSpec:
    pairs = {name: tuple((key, value) for key, value in about[name]) for name in ("variables", "credentials")}
    debugger_dir = Path(about["debugger_dir"])
    paths = {
        "task_root": Path(about["task_root"]),
        "debugger_dir": debugger_dir if debugger_dir.is_dir() else None,
    }
    runtime = str(about["runtime"])
    try:
        found = interpreters.for_runtime(runtime)
    except NoInterpreterError as error:
        sys.exit(str(error))
    layers_root = Path(about["layers_root"]) if about["layers_root"] else None
    return FunctionSpec(
        **{**about, **pairs, **paths, "layers_root": layers_root},
        interpreter=found,
        runtime_dir=interpreters.runtime_dir,
    )


def _read_line() -> bytes:
    """Reads only the first line: the stopper watches for the end of the input."""
    line = b""
    while not line.endswith(b"\n"):
        block = os.read(0, 65536)
        if not block:
            break
        line += block
    return line


def _print(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
