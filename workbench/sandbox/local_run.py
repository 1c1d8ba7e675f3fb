"""How the program that runs a function's draft on this machine is started. Values only."""

import sys
from pathlib import Path

import workbench

COMMAND: tuple[str, ...] = (sys.executable, "-m", "workbench.sandbox.launcher.local_run")
"""See that module for the protocol."""
FOLDER = Path(workbench.__file__).parent.parent
"""Where it has to be started: `-m` finds the package from here, installed or not."""
