"""How the program that runs a function's draft on this machine is started. Values only."""

from pathlib import Path

import workbench
from workbench.sandbox.interpreter import sandbox_python

COMMAND: tuple[str, ...] = (sandbox_python(), "-m", "workbench.sandbox.launcher.local_run")
"""See that module for the protocol."""
FOLDER = Path(workbench.__file__).parent.parent
"""Where it has to be started: `-m` finds the package from here, installed or not."""
