"""Processes and what they weigh, as Linux tells it."""

from collections.abc import Iterator
from pathlib import Path


def tree(pid: int) -> Iterator[int]:
    """All processes below one."""
    parents = {int(path.name): parent for path in Path("/proc").glob("[0-9]*") if (parent := _parent(path))}

    def below(parent: int) -> Iterator[int]:
        for child in [each for each, its_parent in parents.items() if its_parent == parent]:
            yield child
            yield from below(child)

    return below(pid)


def _parent(process: Path) -> int:
    """A process's parent; 0 if it has ended by now."""
    try:
        # The name in brackets, which may contain anything, comes before the state and the parent.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def command(pid: int) -> str:
    """A process's program and arguments."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def memory_mb(pid: int, name: str) -> float:
    """A sum of the kernel's over all of a process's memory: "Rss", or "Pss" (shared pages are divided)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no {name}")


def pss_by_program_mb(pid: int) -> dict[str, float]:
    """The share of a process (as "program") and of all below it, by the name of what runs."""
    found = {"program": memory_mb(pid, "Pss")}
    for child in tree(pid):
        name = Path(command(child).split(" ", 1)[0]).name
        found[name] = found.get(name, 0.0) + memory_mb(child, "Pss")
    return found
