"""The Python that runs the Sandbox and local runs.

MiniStack asks for one version of botocore, so it has an environment of its own: the program uses the newest
one, and functions find the packages of AWS's Python runtimes without the program's.
"""

import sys
from functools import cache
from pathlib import Path

import workbench

FOLDER = ".venv-sandbox"


@cache
def sandbox_python() -> str:
    """The path of the interpreter: that of the environment beside the package, where set-up makes it.

    Without such an environment it is the program's own interpreter: whoever installs Workbench in another way
    has MiniStack's packages beside it (the dependency group "sandbox" of pyproject.toml).
    """
    folder = Path(workbench.__file__).parents[1] / FOLDER
    for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
        if path.exists():
            return str(path)
    return sys.executable
