"""How long installing a function's dependencies takes, all of them downloaded before, beside pip."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import uv

from tests.bench._common import CTX, Figure, interleave, quietly, ratio
from tests.bench._pack_trees import drop
from workbench.code.dependencies.declared import find_declaration
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.dependencies.use import install

_PIP = "pip install -t"


def dependencies(folder: Path, runs: int, wheels: Sequence[str]) -> None:
    """Installs wheels for this machine's Python, again and again."""
    code, pip, target = folder / "code", folder / "pip" / "bin" / "python", folder / "target"
    code.mkdir(parents=True)
    (code / "requirements.txt").write_text("\n".join(wheels))
    try:
        quietly(
            uv.find_uv_bin(), "venv", "--quiet", "--seed", "--python", sys.executable, str(folder / "pip")
        )
    except RuntimeError as error:
        print(f"pip cannot be installed (no network?): {error}", file=sys.stderr)
        return
    quietly(str(pip), "-m", "compileall", "-q", str(folder / "pip"))
    declaration = find_declaration(code, "python")
    assert declaration is not None
    wanted = Target(f"python{sys.version_info.major}.{sys.version_info.minor}")
    installed: set[str] = set()

    def ours() -> dict[str, float]:
        drop(folder / "store")
        start = time.perf_counter()
        found = install(declaration, wanted, DependencyStore(folder / "store"), CTX).found
        took = (time.perf_counter() - start) * 1000
        installed.update(name for name, _ in found.packages)
        return {"ours": took}

    def theirs() -> dict[str, float]:
        drop(target)
        start = time.perf_counter()
        quietly(
            str(pip), "-m", "pip", "install", "--quiet", "--target", str(target),
            "-r", str(code / "requirements.txt"),
        )  # fmt: skip
        return {_PIP: (time.perf_counter() - start) * 1000}

    sides = {"ours": ours, _PIP: theirs}
    interleave(1, sides)  # what is to be downloaded is downloaded now
    samples = interleave(runs, sides)
    there = {path.name.partition("-")[0].replace("_", "-").lower() for path in target.glob("*.dist-info")}
    if there != installed:
        raise RuntimeError(f"pip installed other packages: {there ^ installed}")
    Figure("pack", "deps_ms", median(samples["ours"]), "ms", runs).show()
    value = ratio(samples, "ours", _PIP)
    Figure("pack", "deps_vs_pip", value, "x", runs, 0.01, _PIP, median(samples[_PIP])).show()
