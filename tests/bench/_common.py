"""What every bench needs: interleaved runs, figures as JSON lines, a place of its own, a Sandbox, the CLI.

Runs are interleaved, so that a machine that slows down slows down both sides; ratios are medians of the
ratios within a round, which the machine's noise reaches least.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.sandbox_keys import publish
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.profiles.model import access_for
from workbench.sandbox.supervisor import Sandbox

ROOT = Path(__file__).parents[2]
AWS = Path(sys.executable).with_name("aws")
CTX = JobContext()

Samples = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: a line of output.

    Attributes:
        bench: The script's name.
        figure: What was measured.
        value: The median.
        unit: "ms", "s", "MB" or "x" (a ratio).
        runs: How many runs the median is of.
        goal: Value that must not be exceeded (with `at_least`: not be missed), or None.
        peer: What the same was measured of, or what it is a ratio to.
        peer_value: The peer's median, in `unit`; in ms when the figure is a ratio.
    """

    bench: str
    figure: str
    value: float
    unit: str
    runs: int
    goal: float | None = None
    peer: str | None = None
    peer_value: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def show(self) -> None:
        """Prints the line."""
        order = ("bench", "figure", "value", "unit", "goal", "ok", "peer", "peer_value", "runs")
        values = asdict(self) | {"ok": self.ok}
        print(json.dumps({key: _rounded(values[key]) for key in order}), flush=True)


class Arguments(argparse.ArgumentParser):
    """The command line of a bench: how much of each thing it does, and --smoke.

    With --smoke, as in CI, it does as little as shows that it still runs. Its figures then mean nothing.
    """

    def __init__(self, description: str | None) -> None:
        super().__init__(description=description, formatter_class=argparse.RawTextHelpFormatter)
        self.add_argument("--smoke", action="store_true", help="only show that it runs")
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, name: str, default: int, *, smoke: int = 1, help: str = "") -> None:
        """Adds `--name NUMBER`."""
        self.add_argument(f"--{name}", type=int, help=f"{help} ({default:,})".strip())
        self._counts[name.replace("-", "_")] = default, smoke

    def parse(self) -> argparse.Namespace:
        """Reads the command line."""
        options = self.parse_args()
        for name, (default, smoke) in self._counts.items():
            if getattr(options, name) is None:
                setattr(options, name, smoke if options.smoke else default)
        return options


def interleave(rounds: int, sides: Mapping[str, Callable[[], Mapping[str, float]]]) -> Samples:
    """Runs all sides in turn, `rounds` times; collects what each run returns by name."""
    samples: Samples = {}
    for _ in range(rounds):
        for side in sides.values():
            for name, value in side().items():
                samples.setdefault(name, []).append(value)
    return samples


def ratio(samples: Samples, ours: str, peer: str) -> float:
    """The median of the ratios within each round."""
    return median(a / b for a, b in zip(samples[ours], samples[peer], strict=True))


@contextmanager
def place() -> Iterator[Path]:
    """A folder of the bench's own, which this process and its children have as their home.

    Nothing of the developer's is measured: no AWS variables, no ~/.aws. And bytecode is kept, for the peers
    too: without it every Python program takes twice as long to start.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-bench-", ignore_cleanup_errors=True) as folder:
        for name in list(os.environ):
            if name.startswith(("AWS_", "WORKBENCH_", "PYTHON", "XDG_")):
                del os.environ[name]
        os.environ |= {"HOME": folder, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}
        quietly(sys.executable, "-m", "compileall", "-q", str(ROOT / "workbench"))
        yield Path(folder)


@contextmanager
def running_sandbox(data_dir: Path) -> Iterator[Connection]:
    """A Sandbox and a connection to it."""
    sandbox = Sandbox(data_dir)
    try:
        sandbox.start(CTX)
        publish(sandbox)
        yield Connection.open(access_for(sandbox.profile()))
    finally:
        sandbox.stop()


def cli_environment(access: Access) -> dict[str, str]:
    """The variables with which the AWS CLI (and boto3) reach what a connection reaches."""
    assert access.keys is not None
    return os.environ | {
        "AWS_ENDPOINT_URL": access.endpoint_url,
        "AWS_DEFAULT_REGION": access.region,
        "AWS_ACCESS_KEY_ID": access.keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.keys.secret_access_key,
    }


def quietly(*command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Runs a program to its end and returns what it printed. Raises when it fails."""
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def show_stall(bench: str, stalls_ms: Sequence[float], idle_ms: float) -> None:
    """Prints the longest stall of the main thread.

    Args:
        bench: The script's name.
        stalls_ms: The longest of each run.
        idle_ms: The longest of an idle window in the same run. Up to twice as long is the machine's doing.
    """
    goal = max(50.0, 2 * idle_ms)
    Figure(
        bench, "stall_max_ms", max(stalls_ms), "ms", len(stalls_ms), goal, "an idle window", idle_ms
    ).show()


def _rounded(value: object) -> object:
    return round(value, 3 if abs(value) < 10 else 1) if isinstance(value, float) else value
