"""The sources of the program and of the Sandbox."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKBENCH = ROOT / "workbench"
SANDBOX = ROOT / "sandbox" / "workbench_sandbox"


def source_files() -> list[Path]:
    """The modules of both packages."""
    return sorted([*WORKBENCH.rglob("*.py"), *SANDBOX.rglob("*.py")])
