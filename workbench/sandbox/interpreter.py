"""The Python that runs the Sandbox and local runs.

MiniStack asks for one version of botocore, so it has an environment of its own: the program uses the newest
one, and functions find the packages of AWS's Python runtimes without the program's.
"""

import importlib.util
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


@cache
def service_models() -> str:
    """The folder of the service models of the program's botocore, by which the Sandbox checks requests.

    They are newer than those of the Sandbox's own botocore: what AWS takes since then is not refused.
    """
    spec = importlib.util.find_spec("botocore")  # not imported, which takes a quarter of a second
    folders = spec.submodule_search_locations if spec is not None else None
    return str(Path(folders[0], "data")) if folders else ""
