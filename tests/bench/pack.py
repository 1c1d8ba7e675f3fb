"""How long a deployment package takes: from nothing, after an edit, and for a second function.

Beside `zip -r`, `sam build --cached` with `sam package`, and `pip install -t` with `zip -r`, in the same
rounds. The trees: large is 250 MB of popular wheels, many is 20,001 small files; each has one file of own
code, and an edit is one line of it.

- cold_vs_zip: everything from nothing, in a process of its own. size_vs_zip: the package's size beside zip's.
- peak_mb: what that process took beyond what it has after its imports.
- repack_240mb_ms: large, from the saved edit to the finished package, in a program that watches the tree.
- repack_20k_ms: many, the same in a program that does not watch: it looks at every file.
- scan_20k_vs_bare: many, looking at every file when nothing has changed, beside os.scandir and stat alone.
  list_20k_vs_bare: the same for the list of files, which makes an entry of each.
- cold_ms, cold_vs_sam, cold_vs_pip: large, an edit packed by a new process that finds what an earlier one
  remembered. sam builds in a container of nothing; its dependencies are cached, and so are pip's wheels.
- second_function_vs_zip: another function with the same dependencies, as hard links (as uv installs), never
  packed before. copied_function_vs_zip: the same with copies.
- deps_ms, deps_vs_pip: installing what large consists of, all downloaded before, beside `pip install -t`.

Every package is checked to hold the edit, and the last ones to be what packing from nothing gives. sam-cli is
installed into an environment of the bench's own; what cannot be fetched is left out and said.
"""

import json
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from statistics import median

from tests.bench._common import CTX, ROOT, Arguments, Figure, interleave, place, quietly, ratio
from tests.bench._pack_dependencies import dependencies
from tests.bench._pack_peers import PIP, SAM, Peers
from tests.bench._pack_scan import scans
from tests.bench._pack_trees import WHEELS, copy_tree, drop, edit, edit_of, large_tree, link_tree, many_tree
from workbench.code.package import Packer, build_package

ZIP = "zip -r"
_PACK_ONCE = ROOT / "tests" / "bench" / "_pack_once.py"
# A file may not be believed to be unchanged before it is so old (workbench/code/package/zip_file.py).
_SETTLED_S = 3.0
_numbers = count(1)

Side = Callable[[], Mapping[str, float]]


def main() -> None:
    """Measures and prints."""
    parser = Arguments(__doc__)
    parser.count("runs", 5, help="rounds from nothing, beside zip")
    parser.count("edits", 15, help="edits in a running program")
    parser.count("peer-runs", 3, help="rounds of an edit beside sam and pip")
    parser.count("wheels", len(WHEELS), help="how many of the wheels of the large tree")
    parser.count("packages", 400, smoke=10, help="packages of the tree of small files")
    options = parser.parse()
    wheels = WHEELS[: options.wheels]
    cache = Path.home() / ".cache" / "workbench-bench"
    cache.mkdir(parents=True, exist_ok=True)
    with place() as folder:
        os.environ["PYTHONPATH"] = str(ROOT)
        many_tree(folder / "many", options.packages)
        if large_tree(cache, folder / "large", wheels):
            time.sleep(_SETTLED_S)
            from_nothing(folder, options.runs)
            repack(folder / "large", folder, options.edits, "repack_240mb_ms", 5.0, watched=True)
            after_an_edit(folder, options.peer_runs, wheels)
            dependencies(folder / "dependencies", options.peer_runs, wheels)
        else:
            print("no figures of the large tree", file=sys.stderr)
        time.sleep(_SETTLED_S)
        repack(folder / "many", folder, options.edits, "repack_20k_ms", None, watched=False)
        scans(folder / "many", options.edits)


def from_nothing(folder: Path, runs: int) -> None:
    """Packs the large tree, and a second one with the same dependencies."""
    root, second, copied = folder / "large", folder / "second", folder / "copied"
    copy_tree(root, copied)
    link_tree(root, second)
    time.sleep(_SETTLED_S)  # making links has touched every file
    pack_once(root, folder, "store", "state-shared")  # fills the store
    sizes: dict[str, int] = {}

    def ours() -> dict[str, float]:
        took, answer = pack_once(root, folder)
        sizes["ours"] = int(answer["size"])
        return {"ours": took, "peak": float(answer["peak_mb"])}

    def other(tree: Path) -> Side:
        return lambda: {tree.name: pack_once(tree, folder, "store")[0]}

    def zipped() -> dict[str, float]:
        target = folder / "zip.zip"
        drop(target)
        took = timed(lambda: quietly("sh", "-c", f"cd '{root}' && exec zip -qr '{target}' ."))
        sizes["zip"] = target.stat().st_size
        return {ZIP: took}

    sides: dict[str, Side] = {"ours": ours, "second": other(second), "copied": other(copied), ZIP: zipped}
    interleave(1, sides)  # the page cache, and bytecode
    samples = interleave(runs, sides)
    zip_ms = median(samples[ZIP])
    Figure("pack", "cold_vs_zip", ratio(samples, "ours", ZIP), "x", runs, 0.2, ZIP, zip_ms).show()
    size = sizes["ours"] / sizes["zip"]
    Figure("pack", "size_vs_zip", size, "x", runs, 1.0, ZIP).show()
    for name, goal in (("second", 1 / 40), ("copied", None)):
        value = ratio(samples, name, ZIP)
        Figure("pack", f"{name}_function_vs_zip", value, "x", runs, goal, ZIP, zip_ms).show()
        drop(folder / name)  # files with a second name cannot be watched
    Figure("pack", "peak_mb", max(samples["peak"]), "MB", runs, 150.0).show()


def repack(root: Path, folder: Path, edits: int, name: str, goal_ms: float | None, *, watched: bool) -> None:
    """Edits again and again in one program."""
    packer = Packer(root, folder / "resident" / "packages", folder / "resident" / "state")
    if watched and not packer.watch():
        print("this system cannot watch the tree: it is looked at", file=sys.stderr)
    package = packer.pack(CTX)
    for _ in range(2):
        packer.pack(CTX)
    samples = []
    for _ in range(edits):
        packer.get_ready(CTX)
        number = next(_numbers)
        edit(root, number)
        start = time.perf_counter()
        package = packer.pack(CTX)
        samples.append((time.perf_counter() - start) * 1000)
        check(package.path, number)
    fresh = build_package(root, folder / "fresh", CTX)
    if fresh.path.read_bytes() != package.path.read_bytes():
        raise RuntimeError(f"{name}: the last package is not what packing from nothing gives")
    packer.close()
    drop(folder / "resident")
    drop(folder / "fresh")
    Figure("pack", name, median(samples), "ms", edits, goal_ms).show()


def after_an_edit(folder: Path, runs: int, wheels: Sequence[str]) -> None:
    """An edit, packed by a new process."""
    root, peers = folder / "large", Peers(folder, wheels)
    pack_once(root, folder, "", "state")
    time.sleep(_SETTLED_S)
    pack_once(root, folder, "", "state")

    def ours() -> dict[str, float]:
        number = next(_numbers)
        edit(root, number)
        took, answer = pack_once(root, folder, "", "state")
        check(Path(str(answer["path"])), number)
        return {"ours": took}

    with peers.ready() as available:
        sides: dict[str, Side] = {"ours": ours}
        for peer, side in available.items():
            sides[peer] = lambda peer=peer, side=side: {peer: side(next(_numbers))}  # type: ignore[misc]
        interleave(1, sides)
        samples = interleave(runs, sides)
    Figure("pack", "cold_ms", median(samples["ours"]), "ms", runs).show()
    for peer, figure, goal in ((SAM, "cold_vs_sam", 0.01), (PIP, "cold_vs_pip", None)):
        if peer in samples:
            value = ratio(samples, "ours", peer)
            Figure("pack", figure, value, "x", runs, goal, peer, median(samples[peer])).show()


def pack_once(
    root: Path, folder: Path, store: str = "", state: str = ""
) -> tuple[float, dict[str, str | int | float]]:
    """Packs in a process of its own. Returns how long that took, in ms, and what it said."""
    for left in ("cold", "state-new"):
        drop(folder / left)
    remembered = folder / (state or "state-new")
    answers: list[str] = []
    command = [sys.executable, str(_PACK_ONCE), str(root), str(folder / "cold"), str(remembered)]
    took = timed(lambda: answers.append(quietly(*command, str(folder / store) if store else "")))
    return took, json.loads(answers[0])


def check(package: Path, number: int) -> None:
    """Raises when the package does not hold this edit."""
    with zipfile.ZipFile(package) as archive:
        found = edit_of(archive.read("app.py"))
    if found != number:
        raise RuntimeError(f"{package} holds the edit {found}, not {number}")


def timed(run: Callable[[], object]) -> float:
    """How long something takes, in ms."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    if not shutil.which("zip"):
        sys.exit("zip is needed: the figures are ratios to it")
    main()
