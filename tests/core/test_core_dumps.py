"""Whatever Workbench starts leaves no memory on the disk when it crashes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run_environment import ROOT
from tests.sandbox.server.server import Server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
_LIMITS = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))"
_HANDLER = """
import resource
def handler(event, context):
    return resource.getrlimit(resource.RLIMIT_CORE)
"""


def _limit(process: int) -> list[str]:
    lines = Path(f"/proc/{process}/limits").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith("Max core file size"))
    return found.split()[4:6]


@pytest.fixture
def generous() -> Iterator[None]:
    """A shell's `ulimit -c unlimited`, as far as this process may."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if not hard:
        pytest.skip("core dumps are off for this whole test run")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.mark.usefixtures("generous")
def test_the_program_and_what_it_starts_have_the_limit(tmp_path: Path) -> None:
    code = f"""
import subprocess, sys
from workbench import __main__
sys.argv = ["workbench", "--version"]
try:
    __main__.main()
except SystemExit:
    subprocess.run([sys.executable, "-c", {_LIMITS!r}])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True
    )
    assert "(0, 0)" in done.stdout.splitlines()


@pytest.mark.usefixtures("generous")
def test_the_sandbox_and_its_functions_have_the_limit(tmp_path: Path) -> None:
    with Server(tmp_path, WORKBENCH_FENCE_OPTIONAL="1") as server:
        assert _limit(server.process.pid) == ["0", "0"]
        server.create("dumps", _HANDLER)
        assert server.invoke("dumps").payload == [0, 0]
        assert {tuple(_limit(each)) for each in server.workers()} == {("0", "0")}
