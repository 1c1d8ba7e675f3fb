"""Retries and waits for AWS go through workbench/aws/retry.py: no other loop pauses without a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_files import SANDBOX, WORKBENCH, source_files

NOT_MOVED_YET = "not moved yet"

EXCEPTIONS = {
    "core/files.py: enable_wal": "waits for another connection to a local SQLite file",
    "core/operations.py: _lock": "waits for another window's look at the lock of a journal",
    "deploy/steps/release.py: _watch_alarms": "watches alarms for the time that the user chose",
    "logs/tail.py: tail": "reads for as long as the user watches; each read goes through retry",
    "profiles/replace.py: _wait": "waits for the lock of a local file",
    "profiles/process_provider.py: _wait": "waits for a child process",
    "profiles/replace.py: read_quiet": "waits until another program has finished writing a local file",
    "profiles/replace.py: _late_write": "waits until another program has finished writing a local file",
    "profiles/sso_sign_in.py: with_device": "the pause is what AWS answers (RFC 8628)",
    "profiles/write.py: write": "waits until another program has finished writing a local file",
    "workbench_sandbox/server/environment.py: _end_when_too_large": "watches the memory of a child process",
    "workbench_sandbox/server/state_files.py: _copy": "copies what other threads of this process change",
    "workbench_sandbox/server/broker.py: serve": "watches the memory of child processes",
    "workbench_sandbox/server/broker_client.py: end": "waits for a child process",
    "workbench_sandbox/server/lifetime.py: remove_folder": "waits for child processes to let a folder go",
    "workbench_sandbox/server/lifetime.py: kill_descendants": "waits for child processes",
    "sandbox/processes.py: stop": "waits for a child process",
    "sandbox/samples.py: create_samples": "invokes the samples with pauses between them",
    "sandbox/samples.py: exercise_samples": "invokes the samples with pauses between them",
    "sandbox/supervisor.py: _wait_until_ready": "waits for a child process",
    "sandbox/supervisor.py: _running": "waits for a child process",
    "sandbox/supervisor.py: acquire": "waits for the lock of a local file",
}
"""Loops that pause and stay: file and function -> why it is no retry, or why aws/retry does not fit."""


def pausing_loops(tree: ast.AST) -> Iterator[str]:
    """The functions in which a loop calls `sleep` of a job, of `time` or of `asyncio`."""
    functions = {
        inner: function.name
        for function in ast.walk(tree)  # outer functions first, so that the innermost name is the last
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(function)
    }
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For | ast.AsyncFor | ast.While):
            for call in ast.walk(loop):
                if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".sleep"):
                    yield functions.get(call, "<module>")


def name_of(path: Path) -> str:
    """Relative to the package; of the Sandbox with its name."""
    return path.relative_to(WORKBENCH if path.is_relative_to(WORKBENCH) else SANDBOX.parent).as_posix()


def below_ui() -> Iterator[Path]:
    above = (WORKBENCH / "ui", WORKBENCH / "aws" / "retry.py", WORKBENCH / "app.py")
    return (path for path in source_files() if not any(path.is_relative_to(each) for each in above))


def test_only_aws_retry_repeats_what_it_waits_for() -> None:
    found = {
        f"{name_of(path)}: {function}"
        for path in below_ui()
        for function in pausing_loops(ast.parse(path.read_text("utf-8")))
    }
    assert not found - EXCEPTIONS.keys(), "use retry or poll of workbench/aws/retry.py"
    settled = {loop for loop, reason in EXCEPTIONS.items() if reason != NOT_MOVED_YET}
    assert not settled - found, "these are no more: remove their rows"


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n        ctx.sleep(1)",
        "for _ in range(3):\n        if call():\n            running.ctx.sleep(1)",
        "while not is_done():\n        time.sleep(0.1)",
        "async for each in items:\n        await asyncio.sleep(1)",
    ],
)
def test_a_loop_that_pauses_is_found(loop: str) -> None:
    assert list(pausing_loops(ast.parse(f"async def wait():\n    {loop}\n"))) == ["wait"]


def test_a_single_pause_is_no_loop() -> None:
    assert not list(pausing_loops(ast.parse("def wait(ctx):\n    ctx.sleep(1)\n")))
