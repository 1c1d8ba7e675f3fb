"""Running a function's draft on this machine: the same question, answer and log, without a deploy.

Owns: the process that runs it, from its start to the certainty that nothing of it is left. Must not know: how
that process runs a function (it is told a command), where the code comes from.
"""

import base64
import shutil
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.clock import Clock, SystemClock
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.jobs import JobContext
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.functions.model import FunctionDetail
from workbench.invoke.failure import parse_failure
from workbench.invoke.local_process import WHAT, LocalProcess, Runner
from workbench.invoke.log_lines import LogLines
from workbench.invoke.payload import check_client_context, check_payload
from workbench.invoke.run import InvocationResult, find_report

DEBUGGER_FOLDER = "debugger"
"""In a run's folder: what a debugger puts beside the function."""

_LOOK_S = 0.05
_PROGRESS_S = 0.5
_REPORT_WITHIN = 40_000  # characters of the end of a log


@dataclass(frozen=True, slots=True)
class LocalCode:
    """What is run.

    Attributes:
        folder: Of this run alone; removed at its end.
        task_root: The code, laid out below `folder`.
        layers_root: What is /opt on AWS, below `folder`; None without layers.
    """

    folder: Path
    task_root: Path
    layers_root: Path | None = None


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """As whom the function acts.

    Attributes:
        credentials: The variables AWS_ACCESS_KEY_ID and so on; none for a function that has no keys.
        endpoint_url: Where its calls go; empty for AWS.
    """

    credentials: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    endpoint_url: str = ""


class FenceRefused(WorkbenchError):
    """The system has a fence for local code and refused it. The user may have the function run without it."""


def refusal_of(detail: FunctionDetail, policy: Policy = NO_POLICY) -> WorkbenchError | None:
    """Why a function cannot run on this computer, by the policy and by its description; None when it can."""
    if refused := policy.refusal(Rule.LOCAL_RUNS, WHAT):
        return refused
    if detail.package_type == "Image":
        return WorkbenchError(
            WHAT, "Workbench cannot run container images locally.", "Invoke it in AWS instead."
        )
    if not detail.runtime.startswith(("python", "nodejs")):
        return WorkbenchError(
            WHAT,
            f"Its runtime is {detail.runtime or 'not known'}. On this computer Python and Node.js run.",
            "Invoke it in AWS instead.",
        )
    if sys.platform == "win32":
        return WorkbenchError(WHAT, "Functions cannot run locally on Windows.", "Invoke it in AWS instead.")
    return None


def run_locally(
    runner: Runner,
    detail: FunctionDetail,
    code: LocalCode,
    identity: LocalIdentity,
    payload: bytes,
    ctx: JobContext,
    *,
    client_context: str = "",
    has_limits: bool = True,
    is_fence_optional: bool = False,
    variables: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    policy: Policy = NO_POLICY,
) -> InvocationResult:
    """Runs a function's code once, in a new execution environment, and waits for its end.

    Time and memory end it as on Lambda. Of memory the resident set of the function's own process is looked
    at, 50 times a second: a child process of it does not count, and a rise may go further for a moment.

    Args:
        runner: Starts it.
        detail: The function: handler, runtime, variables, limits.
        code: What is run.
        identity: As whom.
        payload: One JSON value; checked before anything is started.
        ctx: The job. `LogLines` are emitted while it runs; progress is in seconds of the timeout.
        client_context: A JSON object for the function's context; empty for none.
        has_limits: Whether time and memory end it.
        is_fence_optional: Whether it runs without the fence for local code where the system refuses that.
        variables: More than the function's own; these win.
        clock: Time.
        policy: May forbid it.

    Raises:
        WorkbenchError: It is forbidden, the payload is not valid, the runtime is another, the process could
            not do it.
        FenceRefused: The system refused the fence; nothing of the function has run.
        Cancelled: Everything that was started is dead by then, and the folder gone; so at any other end.
    """
    clock = clock or SystemClock()
    try:
        if refused := refusal_of(detail, policy):
            raise refused
        _write(code.folder / "event", check_payload(payload) or b"{}")
        request = {
            "request_id": str(uuid.uuid4()),
            "function_arn": detail.function_arn,
            "trace_id": f"Root=1-{int(clock.now().timestamp()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
            "client_context": _plain(client_context),
        }
        job = {
            "spec": _spec(detail, code, identity, variables or {}),
            "request": request,
            "payload_file": str(code.folder / "event"),
            "has_limits": has_limits,
            "is_fence_optional": is_fence_optional,
        }
        started_at, begun_s = clock.now(), clock.monotonic()
        process = LocalProcess(runner, code.folder, job)
        try:
            answer = _follow(process, detail.timeout_s if has_limits else 0, ctx, clock)
        finally:
            process.end()
    finally:
        shutil.rmtree(code.folder, ignore_errors=True)
    if refusal := answer["fence_refusal"]:
        raise FenceRefused(
            WHAT,
            f"This system could not isolate the function from your files: {refusal}.",
            "Run it without isolation if you trust its code, or invoke it in AWS instead.",
        )
    body, log = base64.b64decode(answer["answer"]), "".join(process.log)
    return InvocationResult(
        status_code=200,
        payload=body,
        failure=parse_failure("Unhandled", body) if answer["is_error"] else None,
        request_id=str(request["request_id"]),
        log_tail=log,
        report=find_report(log[-_REPORT_WITHIN:]),
        executed_version=detail.version,
        started_at=started_at,
        duration_ms=(clock.monotonic() - begun_s) * 1000,
    )


def _write(file: Path, data: bytes) -> None:
    """Six megabytes do not fit into a pipe at once."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise explain_os_error(error, WHAT, file) from error


def _plain(client_context: str) -> str:
    """The runtime wants JSON, where AWS's clients send base64."""
    if client_context:
        check_client_context(client_context)
    return " ".join(client_context.split("\n"))


def _spec(
    detail: FunctionDetail, code: LocalCode, identity: LocalIdentity, variables: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "account_id": detail.account_id,
        "region": detail.region,
        "function_name": detail.function_name,
        "version": detail.version,
        "runtime": detail.runtime,
        "handler": detail.handler,
        "memory_mb": detail.memory_mb,
        "timeout_s": detail.timeout_s,
        "ephemeral_storage_mb": detail.ephemeral_storage_mb,
        "role_arn": detail.role_arn,
        "code_sha256": "",
        "variables": sorted({**dict(detail.environment), **variables}.items()),
        "credentials": list(identity.credentials),
        "log_group": detail.log_group,
        "log_format": detail.log_format,
        "log_level": detail.application_log_level if detail.log_format == "JSON" else "",
        "task_root": str(code.task_root),
        "debugger_dir": str(code.folder / DEBUGGER_FOLDER),
        "layers_root": str(code.layers_root or ""),
        "endpoint_url": identity.endpoint_url,
    }


def _follow(process: LocalProcess, timeout_s: float, ctx: JobContext, clock: Clock) -> dict[str, Any]:
    """Hands over what is logged until there is an answer."""
    begun_s = told_s = clock.monotonic()
    while True:
        ctx.check()
        messages = process.read(_LOOK_S)
        if text := "".join(message["log"] for message in messages if "log" in message):
            process.keep(text)
            ctx.emit(LogLines(text))
        for message in messages:
            if "answer" in message:
                return message
        if process.is_over:
            raise process.fault()
        now_s = clock.monotonic()
        if now_s - told_s >= _PROGRESS_S:
            told_s = now_s
            ctx.progress(min(now_s - begun_s, timeout_s), timeout_s, "Running on this computer")
