"""Processes that wait for the next function."""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

import pytest

from workbench.sandbox.launcher import workers
from workbench.sandbox.launcher.spec import FunctionSpec, Interpreters, build_runtime_dir
from workbench.sandbox.launcher.workers import Fencing, Spawner


def spec(interpreters: Interpreters, task_root: Path) -> FunctionSpec:
    return FunctionSpec(
        account_id="000000000000",
        region="us-east-1",
        function_name="f",
        version="$LATEST",
        runtime="python3.13",
        handler="index.handler",
        memory_mb=128,
        timeout_s=3,
        role_arn="",
        code_sha256="",
        variables=(),
        credentials=(),
        log_group="/aws/lambda/f",
        log_format="Text",
        log_level="",
        interpreter=interpreters.own(),
        runtime_dir=interpreters.runtime_dir,
        task_root=task_root,
        layers_root=None,
        endpoint_url="",
    )


def pythons(runtime_dir: Path) -> set[int]:
    """The processes that were started with this runtime."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(runtime_dir).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.add(int(entry.name))
    return found - {os.getpid()}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_an_update_has_the_next_process_wait_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the update settles: its function's next start then costs the import of the handler only."""
    monkeypatch.setattr(workers, "_NEXT_SPARE_S", 3600.0)

    async def run() -> None:
        interpreters = Interpreters(build_runtime_dir(tmp_path / "runtime"))
        of = spec(interpreters, tmp_path)
        spawner = Spawner(interpreters.runtime_dir, Fencing(is_on=False))
        home = Path(tempfile.mkdtemp(dir=tmp_path))
        first = await spawner.start(of, {}, home, lambda _: None)
        others = pythons(interpreters.runtime_dir) - {first.pid}
        assert not others  # the next one is to come later
        spawner.prepare_for(of)
        async with asyncio.timeout(30):
            while not (others := pythons(interpreters.runtime_dir) - {first.pid}):
                await asyncio.sleep(0.01)
        second = await spawner.start(of, {}, home, lambda _: None)
        assert second.pid in others
        spawner.kill()
        for worker in (first, second):
            await worker.end()

    asyncio.run(run())
