"""Packs a folder in a process of its own, as a first start of Workbench does; says what that took of memory.

Arguments: the folder, where the package goes, where it is remembered, the store ("" for none).
"""

import gc
import json
import resource
import sys
from pathlib import Path

from workbench.code.package import Packer, StreamStore
from workbench.core.jobs import JobContext


def main() -> None:
    """Packs and prints."""
    root, target, state, store = sys.argv[1:]
    gc.disable()  # these two as the program does (workbench/__main__.py, workbench/app.py)
    sys.setswitchinterval(0.0005)
    idle_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    packer = Packer(Path(root), Path(target), Path(state), store=StreamStore(Path(store)) if store else None)
    package = packer.pack(JobContext())
    packer.close()
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = {"path": str(package.path), "size": package.size_bytes, "peak_mb": (peak_kb - idle_kb) / 1000}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
