"""From a click on a function to typing in it: what a person waits for, and what it weighs.

The program runs in a process of its own, used by real keys and clicks, and reaches a Sandbox that is not its
child by a profile, as it would reach AWS. Beside each figure, where there is one: what was measured of bare
parts before they were put together (facts/editor.md; a machine of the same kind). Times begin when the X
server got the click or key, and end with the frame that shows the outcome.

- warm_open_ms: a click on a function that was never opened, in a program that is in use, until its handler is
  painted and can be edited; without the download's own time, which is what a plain download of the same link
  takes (download_ms). reopen_ms: the same once its code is on disk.
- first_completion_ms: the first list after a "." in the first function of a run.
- tree_mb: the program and everything that it started, by their share (PSS), after that first completion.
- key_to_paint_p95_ms_LINES, key_to_paint_p50_ms_LINES: each key, in the middle of a file of so many lines.
  key_to_paint_vs_bare_LINES: the median as a ratio to that of bare Monaco with the same text, in turn, in a
  web view as large in the same process.
- open_250mb_tree_s: a package as large as Lambda allows, in 20,000 files: until all of them are in the tree
  and the handler is open. stall_max_ms: the longest that the main thread stayed away from its event loop
  meanwhile, and while the language servers began with that code.
"""

import hashlib
import io
import json
import os
import random
import secrets
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench._common import CTX, ROOT, Arguments, Figure, place, running_sandbox, show_stall
from tests.bench._editor_program import PROFILE, SIZES, source
from tests.e2e.desk import write_profile
from workbench.aws.connection import Connection
from workbench.aws.quotas import UNZIPPED_LIMIT_BYTES
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.roles import create_role

FACTS = "facts/editor.md: "
BARE = "bare Monaco"
_OTHERS = 6
_PATIENCE_S = 600
_HANDLER = "# marker_{name}\ndef handler(event, context):\n    return 1\n"


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 3)
    parser.count("large-files", 20_000, smoke=500, help="files in as large a package as Lambda takes")
    parser.add_argument("--only", choices=("open", "type", "large"), help="one kind of run")
    options = parser.parse()
    with place() as folder, running_sandbox(folder / "sandbox") as connection:
        parts: Mapping[str, Callable[[Bench, int], None]] = {
            "open": opening,
            "type": typing,
            "large": partial(large, files=options.large_files),
        }
        for what, measure in parts.items():
            if options.only in (None, what):
                measure(Bench(connection, folder), options.runs)


class Bench:
    """Makes functions, and runs the program each time in a home of its own."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.connection = connection
        self._folder = folder

    def run(self, what: str, names: Sequence[str]) -> dict[str, Any]:
        """What one run of the program found."""
        home = self._folder / f"home-{secrets.token_hex(4)}"
        home.mkdir()
        with _home(home):
            write_profile(self.connection.access, name=PROFILE)
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench._editor_program", what, *names],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=_PATIENCE_S,
                check=False,
            )
        sys.stderr.writelines(line for line in done.stderr.splitlines(True) if not _is_noise(line))
        if done.returncode:
            raise RuntimeError(f"the program ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def function(self, files: Mapping[str, str | bytes] | None = None) -> str:
        """A new function; its handler has a word of its own. Gives the name."""
        name = f"fn-{secrets.token_hex(4)}"
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("app.py", _HANDLER.format(name=name))
            for path, data in (files or {}).items():
                archive.writestr(path, data)
        # Through S3, as Lambda takes no package of more than 50 MB in a request.
        bucket = f"{name}-code"
        self.connection.call("s3", "create_bucket", Bucket=bucket)
        self.connection.call("s3", "put_object", Bucket=bucket, Key=name, Body=package.getvalue())
        self.connection.call(
            "lambda",
            "create_function",
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=create_role(self.connection, "lambda", name),
            Code={"S3Bucket": bucket, "S3Key": name},
        )
        wait_until_updated(self.connection, name, CTX)
        return name

    def download_s(self, name: str) -> float:
        """What a plain download of a function's code takes."""
        location = get_function(self.connection, name, "", CTX).code_location
        start = time.monotonic()
        with urllib.request.urlopen(location) as answer:
            while answer.read(1 << 17):
                pass
        return time.monotonic() - start


def opening(bench: Bench, runs: int) -> None:
    """Small functions."""
    downloads: list[float] = []
    found = []
    for _ in range(runs):
        names = [bench.function() for _ in range(_OTHERS + 1)]
        found.append(bench.run("open", names))
        downloads.extend(bench.download_s(name) * 1000 for name in names)
    download_ms = median(downloads)
    opened = [ms for each in found for ms in each["warm_open_ms"]]
    again = [ms for each in found for ms in each["reopen_ms"]]
    Figure("editor", "download_ms", download_ms, "ms", len(downloads)).show()
    _show("warm_open_ms", median(opened) - download_ms, "ms", len(opened), 300, "a pre-warmed editor", 260)
    _show("reopen_ms", median(again), "ms", len(again), 300, "a pre-warmed editor", 260)
    completions = [each["first_completion_ms"] for each in found]
    _show("first_completion_ms", median(completions), "ms", runs, 250, "first json. of ty alone", 113)
    trees = [sum(each["mb"].values()) for each in found]
    _show("tree_mb", median(trees), "MB", runs, 450, "program and web view, no servers", 280)
    for program in sorted(found[0]["mb"]):
        weights = [each["mb"].get(program, 0.0) for each in found]
        Figure("editor", f"tree_mb_{program}", median(weights), "MB", runs).show()


def typing(bench: Bench, runs: int) -> None:
    """Files of three sizes."""
    name = bench.function({f"lines_{size}.py": source(size) for size in SIZES})
    found = [bench.run("type", [name]) for _ in range(runs)]
    for size in SIZES:
        ours, bare = ([keys for each in found for keys in each[side]] for side in (f"{size}", f"{size} bare"))
        count = sum(map(len, ours))
        p95, p50 = (median(_percentile(keys, share) for keys in ours) for share in (0.95, 0.5))
        Figure("editor", f"key_to_paint_p95_ms_{size}", p95, "ms", count).show()
        Figure("editor", f"key_to_paint_p50_ms_{size}", p50, "ms", count).show()
        vs_bare = median(median(a) / median(b) for a, b in zip(ours, bare, strict=True))
        bare_ms = median(map(median, bare))
        Figure("editor", f"key_to_paint_vs_bare_{size}", vs_bare, "x", count, 1.5, BARE, bare_ms).show()


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def large(bench: Bench, runs: int, files: int) -> None:
    """A package as large as Lambda allows."""
    small, name = bench.function(), bench.function(_large_files(files))
    found = [bench.run("large", [small, name]) for _ in range(runs)]
    download_s = median(bench.download_s(name) for _ in range(3))
    Figure("editor", "download_250mb_s", download_s, "s", 3).show()
    first = median(each["first_s"] for each in found) - download_s
    Figure("editor", "open_250mb_tree_s", first, "s", runs, 2.0).show()
    Figure("editor", "reopen_250mb_tree_s", median(each["again_s"] for each in found), "s", runs, 2.0).show()
    stalls = [each[f"{run}_stall_ms"] for each in found for run in ("first", "again")]
    show_stall("editor", stalls, max(each["idle_stall_ms"] for each in found))


def _show(name: str, value: float, unit: str, runs: int, goal: float, peer: str, peer_value: float) -> None:
    Figure("editor", name, value, unit, runs, goal, FACTS + peer, peer_value).show()


def _large_files(count: int) -> dict[str, bytes]:
    """Files of real text and of what cannot be packed, nearly as much as Lambda allows."""
    pool = b"".join(path.read_bytes() for path in sorted(Path(json.__file__).parents[1].glob("*.py")))
    chance = random.Random(0)
    each = (UNZIPPED_LIMIT_BYTES - 10_000) // count - 32
    files = {}
    for number in range(count):
        head = hashlib.sha256(b"%d" % number).digest()[:16].hex().encode()
        at = chance.randrange(len(pool) - each)
        body = chance.randbytes(each) if number % 10 == 0 else pool[at : at + each]
        kind = "so" if number % 10 == 0 else "py"
        files[f"package_{number % 200}/part_{number // 200 % 10}/file_{number}.{kind}"] = head + body
    return files


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= {"HOME": str(folder), "WORKBENCH_HOME": str(folder)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _is_noise(line: str) -> bool:
    """What Qt and Chromium say where there is no graphics card."""
    return any(words in line for words in ("QRhi", "GBM", "DRI3", "GPUInfo", "Sandboxing", "Vulkan", "RHI"))


if __name__ == "__main__":
    main()
