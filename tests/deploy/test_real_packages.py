"""A hundred real packages in one function: packed, deployed, run, downloaded again."""

import hashlib
import json
import shutil
import site
from pathlib import Path

from tests.code.real_packages import python_packages
from tests.deploy.bench import CTX, Bench, deploy
from workbench.code.contents import never_packed
from workbench.code.workspace import open_workspace
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.run import code_source
from workbench.functions.detail import get_function

PACKAGES = 100
_LARGEST_BYTES = 1_500_000
HANDLER = """
import hashlib, os

def handler(event, context):
    root = os.environ["LAMBDA_TASK_ROOT"]
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            about = os.stat(path)
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            found[os.path.relpath(path, root)] = [digest, bool(about.st_mode & 0o111)]
    found = {path: value for path, value in found.items() if "__pycache__" not in path}
    import h11, iniconfig
    text = repr(sorted(found.items())).encode()
    return {"files": len(found), "digest": hashlib.sha256(text).hexdigest(), "module": h11.__file__}
"""


def _copy_packages(target: Path) -> set[str]:
    """Copies the smaller packages of this environment. Returns their names."""
    home = Path(next(path for path in site.getsitepackages() if (Path(path) / "h11").is_dir()))
    copied: set[str] = set()
    for name, files in sorted(python_packages().items()):
        inside = [file for file in files if file.is_relative_to(home)]
        inside = [file for file in inside if not never_packed(file.relative_to(home).as_posix())]
        wanted = name in ("pypi h11", "pypi iniconfig")
        size = sum(file.stat().st_size for file in inside)
        if not inside or (not wanted and (size > _LARGEST_BYTES or len(copied) >= PACKAGES)):
            continue
        copied.add(name)
        for file in inside:
            place = target / file.relative_to(home)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    return copied


def _digest(root: Path, paths: set[str]) -> str:
    found = []
    for path in sorted(paths):
        file = root / path
        executable = bool(file.stat().st_mode & 0o111)
        found.append((path, [hashlib.sha256(file.read_bytes()).hexdigest(), executable]))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def test_a_hundred_packages_arrive_as_they_are_and_run(bench: Bench) -> None:
    names = _copy_packages(bench.workspace.root)
    assert len(names) >= PACKAGES
    bench.workspace.save("app.py", HANDLER)
    (bench.workspace.root / "app.py").chmod(0o755)

    result = deploy(bench.connection, bench.workspace, bench.journal, CTX)

    assert result.outcome is DeployOutcome.DEPLOYED
    contents = bench.workspace.base.contents
    answer = bench.connection.call("lambda", "invoke", FunctionName=bench.function_name)
    said = json.loads(answer["Payload"].read())
    local = _digest(bench.workspace.root, set(contents.files))
    assert (said.get("files"), said.get("digest")) == (len(contents.files), local), said
    detail = get_function(bench.connection, bench.function_name, "", CTX)
    again = open_workspace(
        code_source(detail, bench.connection), bench.workspace.folder.parent / "elsewhere", CTX
    )
    assert again.base.contents == contents
    assert _digest(again.root, set(contents.files)) == local
    assert again.package(CTX).code_sha256 == detail.code_sha256
