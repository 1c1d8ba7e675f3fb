"""Installing with the real uv and npm, from folders of packages: no network is needed."""

import os
import select
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.code.dependencies.registry import serving
from tests.code.dependencies.wheels import lock_of_npm, make_wheel, sha256_of, use_only
from tests.code.package.trees import write
from workbench.code.dependencies.declared import find_declaration
from workbench.code.dependencies.store import DependencyStore, Installed, Target
from workbench.code.dependencies.tool_process import run_tool
from workbench.code.dependencies.use import install, resolved
from workbench.code.dependencies.uv import tidy, uv_error
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress

PYTHON, NODE = Target("python3.12"), Target("nodejs22.x")


class Project:
    """Code that declares dependencies, wheels to be had, and the store."""

    def __init__(self, folder: Path, name: str = "one") -> None:
        self.code, self.wheels = folder / name / "code", folder / "wheels"
        self.code.mkdir(parents=True)
        self.store = DependencyStore(folder / name / "store")

    def install(
        self,
        files: Mapping[str, str],
        target: Target = PYTHON,
        ctx: JobContext | None = None,
        anew: bool = False,
    ) -> Installed:
        write(self.code, files)
        declared = find_declaration(self.code, target.language)
        assert declared is not None
        declared = resolved(declared, self.store, JobContext(), anew=anew)
        return install(declared, target, self.store, ctx or JobContext(), anew=anew)

    def refusal(self, files: Mapping[str, str], target: Target = PYTHON) -> WorkbenchError:
        with pytest.raises(WorkbenchError) as caught:
            self.install(files, target)
        return caught.value


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    use_only(project.wheels, monkeypatch)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    return project


def files_of(installed: Installed) -> dict[str, bytes]:
    root = installed.root
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_wheels_for_the_functions_processor_are_installed(project: Project) -> None:
    make_wheel(project.wheels, "lib", requires=("base",), script="libtool")
    make_wheel(project.wheels, "base", "2.0", {"base/x.so": b"x86"}, tag="cp312-cp312-manylinux2014_x86_64")
    make_wheel(project.wheels, "base", "2.0", {"base/x.so": b"arm"}, tag="cp312-cp312-manylinux2014_aarch64")
    here = project.install({"requirements.txt": "lib\n"})
    arm = project.install({}, Target("python3.12", "arm64"))
    assert here.found.packages == arm.found.packages == (("base", "2.0"), ("lib", "1.0"))
    assert (here.root / "base/x.so").read_bytes() == b"x86"
    assert (arm.root / "base/x.so").read_bytes() == b"arm"
    assert here.root.relative_to(here.layer_root).as_posix() == "python"
    files = files_of(here)
    assert here.found.paths == tuple(sorted(files))
    assert here.found.size_bytes == sum(map(len, files.values()))


def test_a_package_for_a_later_release_of_the_runtimes_python_is_installed(project: Project) -> None:
    make_wheel(project.wheels, "lib")
    found = project.install({"requirements.txt": 'lib; python_full_version >= "3.12.4"\n'}).found
    assert found.packages == (("lib", "1.0"),)


def test_two_machines_install_the_same_bytes(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(project.wheels, "lib", script="libtool")
    make_wheel(project.wheels, "tool", files={"tool.py": "", "tool-1.0.data/scripts/run": b"\x7fELF"})
    other = Project(tmp_path, "another")
    declared = {"requirements.txt": "lib\ntool\n"}
    first = project.install(declared)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "another-cache"))
    monkeypatch.setenv("UV_COMPILE_BYTECODE", "1")
    assert files_of(first) == files_of(other.install(declared))
    assert "bin/libtool" not in first.found.paths  # it begins with the path of this Python
    assert "bin/run" in first.found.paths
    assert b"libtool" not in (first.root / "lib-1.0.dist-info/RECORD").read_bytes()


def test_what_is_installed_is_not_installed_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    make_wheel(project.wheels, "lib")
    first = project.install({"requirements.txt": "lib\n"})
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        patch.setattr("workbench.code.dependencies.uv.run_tool", None)
        assert project.install({}) == first
    make_wheel(project.wheels, "lib", "2.0")
    newer = project.install({}, anew=True)
    assert newer.found.packages == (("lib", "2.0"),)
    assert first.root.is_dir()  # a package may be in the making from it
    assert project.store.find(first.key) == newer


@pytest.mark.parametrize(
    ("requirements", "why", "remedy"),
    [
        (
            "winonly==1.0\n",
            "winonly==1.0 has no wheel for python3.12 on x86_64",
            "Choose a version of winonly",
        ),
        ("lib==9\n", "This version of lib does not exist", "Choose an existing version"),
        ("lib==1.0\nlib==2.0\n", "No set of versions satisfies all requirements in", "Relax"),
        ("needs-old\nlib==2.0\n", "No set of versions satisfies all requirements in", "Relax"),
        ("nothing-of-that-name\n", "nothing-of-that-name", ""),
        (
            "this is no requirement\n",
            "requirements.txt is malformed",
            "Write the name and version of a package in an index, such as boto3==1.40.0",
        ),
        (
            "-e ./lib\n",
            "line 1: it takes a package from a folder that does not exist: ./lib",
            "Use a folder of the project",
        ),
        (
            "./source\n",
            "line 1: it takes a package from a folder that does not exist: ./source",
            "Use a folder of the project",
        ),
        ("-r gone.txt\n", "line 1: it refers to a file that does not exist: gone.txt", "Add that file"),
        (f"lib==1.0 --hash=sha256:{'0' * 64}\n", "does not match the hash", "Do not install it"),
    ],
)
def test_what_uv_cannot_do_is_said_in_words(
    project: Project, requirements: str, why: str, remedy: str
) -> None:
    make_wheel(project.wheels, "lib")
    make_wheel(project.wheels, "lib", "2.0")
    make_wheel(project.wheels, "needs_old", requires=("lib<2",))
    make_wheel(project.wheels, "winonly", tag="cp312-cp312-win_amd64")
    error = project.refusal({"requirements.txt": requirements})
    assert why in error.why
    assert ("\nuv: " in error.why) == ("line 1" not in error.why)
    assert remedy in error.remedy
    assert not list(project.code.parent.glob("store/*/installed.json"))
    assert not list(project.code.parent.glob("store/.installing-*"))


UNREACHABLE = """error: Request failed after 3 retries in 9.3s
  cause: Failed to fetch: http://127.0.0.1:9/simple/attrs/
  cause: tcp connect error
  cause: Connection refused (os error 111)"""
OTHER_PLATFORM = """error: No solution found when resolving dependencies
  cause: Because pywin32==306 has no wheels with a matching platform tag (e.g., `manylinux_2_17_x86_64`) and \
you require pywin32==306, we can conclude that your requirements are unsatisfiable.

hint: Wheels are available for `pywin32` (v306) on the following platforms: `win32`, `win_amd64`"""
NONE_AT_ALL = """error: No solution found when resolving dependencies
  cause: Because all versions of pysqlite3 have no usable wheels and you require pysqlite3, we can conclude \
that your requirements are unsatisfiable."""
SAID = [
    (UNREACHABLE, "cannot be reached"),
    ("error: failed to write\n  cause: No space left on device (os error 28)", "disk is full"),
    (
        "error: Failed to fetch: `https://x/simple/a/`\n  cause: HTTP status (401 Unauthorized)",
        "rejected the credentials",
    ),
    (
        "error: Hash-checking is required, but no trusted hash was provided for: `idna`",
        "idna has none",
    ),
    (OTHER_PLATFORM, "There are wheels (v306) on the following platforms: `win32`, `win_amd64`."),
    (NONE_AT_ALL, "pysqlite3 has no wheel"),
    ("error: Permission denied (os error 13) about /x", "do not have permission to write"),
    ("something new", "uv failed.\nuv: something new"),
]


@pytest.mark.parametrize(("text", "why"), SAID)
def test_words_for_what_uv_has_been_seen_to_write(text: str, why: str) -> None:
    assert why in uv_error(text, PYTHON, "requirements.txt").why


def test_a_wheel_with_the_right_hash_is_installed_from_other_lock_files(project: Project) -> None:
    wheel = make_wheel(project.wheels, "lib")
    lock = (
        f'[[package]]\nname = "lib"\nversion = "1.0"\ngroups = ["main"]\n'
        f'files = [{{file = "{wheel.name}", hash = "sha256:{sha256_of(wheel)}"}}]\n'
    )
    assert project.install({"poetry.lock": lock}).found.packages == (("lib", "1.0"),)
    error = project.refusal({"poetry.lock": lock.replace(sha256_of(wheel), "0" * 64)})
    assert "does not match the hash" in error.why


def test_a_lock_of_uv_is_exported_and_stays_as_it_is(project: Project) -> None:
    make_wheel(project.wheels, "lib")
    make_wheel(project.wheels, "only_for_tests")
    pyproject = (
        '[project]\nname = "fn"\nversion = "0"\nrequires-python = ">=3.12"\ndependencies = ["lib"]\n'
        '[dependency-groups]\ndev = ["only-for-tests"]\n'
    )
    write(project.code, {"pyproject.toml": pyproject})
    from workbench.code.dependencies.uv import find_uv

    locked = run_tool(
        [find_uv(), "lock", "--offline", "--python", sys.executable], project.code, JobContext()
    )
    assert locked.status == 0, locked.text
    before = (project.code / "uv.lock").read_bytes()
    assert project.install({}).found.packages == (("lib", "1.0"),)
    assert (project.code / "uv.lock").read_bytes() == before


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this computer")
def test_node_packages_are_installed_as_locked_without_their_scripts(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(project.wheels) as registry:
        monkeypatch.setenv("npm_config_registry", registry.url)
        dep = registry.publish("dep", "1.2.3", scripts={"install": "touch ran"})
        lock = lock_of_npm({"dep": "^1"}, {"node_modules/dep": {**dep, "hasInstallScript": True}})
        installed = project.install(lock, NODE)
    assert installed.found.packages == (("dep", "1.2.3"),)
    assert installed.root.relative_to(installed.layer_root).as_posix() == "nodejs"
    assert (installed.root / "node_modules/dep/index.js").read_text() == "exports.a = 'dep'\n"
    assert "node_modules/.package-lock.json" not in installed.found.paths
    assert "node_modules/dep/ran" not in installed.found.paths
    assert "dep would run an installation script. It was not run" in installed.found.notes[0]


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this computer")
def test_without_npm_or_with_a_stale_lock_it_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = project.refusal(lock_of_npm({"b": "1"}, {}), NODE)
    assert "does not match the current package.json" in stale.why
    monkeypatch.setenv("PATH", "/nowhere")
    error = project.refusal(lock_of_npm({"b": "1"}, {"node_modules/b": {"version": "1.0.0"}}), NODE)
    assert error.why == "npm is not installed on this computer."
    assert "Node.js" in error.remedy


def test_a_cancelled_tool_ends_with_all_that_it_started(tmp_path: Path) -> None:
    stop, held = threading.Event(), tmp_path / "held"
    os.mkfifo(held)
    inner = f"import time; file = open({str(held)!r}, 'w'); print('up', flush=True); time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    ends: list[int] = []

    def heard(_line: str) -> None:
        ends.append(os.open(held, os.O_RDONLY | os.O_NONBLOCK))
        stop.set()

    opened = os.open(held, os.O_RDONLY | os.O_NONBLOCK)  # else the other end would wait for it
    with pytest.raises(Cancelled):
        run_tool([sys.executable, "-c", outer], tmp_path, JobContext(stop=stop), heard)
    os.close(opened)
    assert select.select(ends, [], [], 10)[0] == ends
    assert os.read(ends[0], 1) == b""  # nobody holds the other end any more
    os.close(ends[0])


def test_a_cancelled_installation_leaves_nothing(project: Project) -> None:
    make_wheel(project.wheels, "lib")
    stop = threading.Event()
    ctx = JobContext(report=lambda _progress: stop.set(), stop=stop)
    with pytest.raises(Cancelled):
        project.install({"requirements.txt": "lib\nmissing\n"}, ctx=ctx)
    assert not list(project.code.parent.glob("store/*"))


def test_tools_get_no_other_projects_environment_and_tell_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/another")
    monkeypatch.setenv("PYTHONPATH", "/another")
    script = "import os; print(os.environ.get('VIRTUAL_ENV'), 'https://me:pass@index.example/simple')"
    ended = run_tool([sys.executable, "-c", script], tmp_path, JobContext())
    assert ended.text == "None https://index.example/simple"


def test_what_was_not_used_for_longest_leaves_the_store(project: Project) -> None:
    make_wheel(project.wheels, "lib", files={"lib.py": "x" * 1000})
    project.store = DependencyStore(project.code.parent / "store", limit_bytes=4000)
    first = project.install({"requirements.txt": "lib\n"})
    second = project.install({"requirements.txt": "lib # 2\n"})
    os.utime(first.folder)
    os.utime(second.folder, (1, 1))
    third = project.install({"requirements.txt": "lib # 3\n"})
    kept = [each for each in (first, second, third) if project.store.find(each.key)]
    assert kept == [first, third]


def test_progress_names_what_is_downloaded() -> None:
    from workbench.code.dependencies.uv import _Progress

    told: list[Progress] = []
    progress = _Progress(JobContext(report=told.append))
    for line in ("Resolved 2 packages in 1ms", "Downloading numpy (13.6MiB)", " Downloaded numpy"):
        progress.take(line)
    assert told == [
        Progress(0, 2, "2 packages"),
        Progress(0, 2, "Downloading numpy"),
        Progress(1, 2, "numpy"),
    ]


def test_a_list_of_files_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "x.dist-info"
    write(outside, {"direct_url.json": "{}"})
    rows = "../x.dist-info/direct_url.json,,2\nlib.py,,3\n/etc/passwd,,1\n"
    write(root, {"lib.py": "x=1", "lib-1.0.dist-info/RECORD": rows})
    found = tidy(root)
    assert found.paths == ("lib-1.0.dist-info/RECORD", "lib.py")
    assert (outside / "direct_url.json").exists()


def test_what_a_killed_process_left_is_swept_and_a_running_one_is_left(project: Project) -> None:
    make_wheel(project.wheels, "lib")
    store = project.code.parent / "store"
    write(store, {".installing-old/new/x": "", ".installing-now/new/x": ""})
    os.utime(store / ".installing-old", (1, 1))
    project.install({"requirements.txt": "lib\n"})
    assert [path.name for path in store.glob(".*")] == [".installing-now"]


def test_a_store_that_cannot_be_written_is_said(project: Project) -> None:
    make_wheel(project.wheels, "lib")
    (project.code.parent / "store").write_text("a file")
    error = project.refusal({"requirements.txt": "lib\n"})
    assert error.what == "The dependencies were not installed."
    assert "store" in error.why
