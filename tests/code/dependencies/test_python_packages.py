"""Python packages without a lock file, from folders of the project, and from indexes of other hosts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code.dependencies.wheels import make_wheel
from tests.code.package.trees import write
from tests.security.bait import Machine, machine
from workbench.code.dependencies.declared import InstallConsent, InstallNotConfirmed, find_declaration
from workbench.code.dependencies.local_folders import project_root
from workbench.code.dependencies.python_projects import poetry_lines, read_source_project
from workbench.code.dependencies.store import Installed, Target
from workbench.code.dependencies.use import preview_of
from workbench.code.dependencies.uv import default_index
from workbench.code.package_contents import folder_workspace
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings

CTX, PYTHON = JobContext(), Target("python3.12")
LIB, LIB2, BASE = ("lib", "1.0"), ("lib", "2.0"), ("base", "1.0")


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with machine(tmp_path, monkeypatch) as made:
        for name, version in (LIB, LIB2, BASE):
            make_wheel(tmp_path / "wheels", name, version)
        make_wheel(tmp_path / "evil-wheels", "only")
        yield made


DECLARED: dict[str, tuple[dict[str, str | bytes], tuple[tuple[str, str], ...]]] = {
    "Pipfile": (
        {
            "Pipfile": '[[source]]\nurl = "@DEFAULT@"\nverify_ssl = true\nname = "pypi"\n'
            '[packages]\nlib = "<2"\nbase = {version = "*", markers = "python_version > \'3\'"}\n'
            '[dev-packages]\npytest = "*"\n[requires]\npython_version = "3.12"\n'
        },
        (BASE, LIB),
    ),
    "Poetry": (
        {
            "pyproject.toml": '[tool.poetry]\nname = "fn"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
            'lib = "^1.0"\nbase = {version = "~1.0", python = ">=3.8"}\n'
            'other = {version = "*", optional = true}\n'
            '[tool.poetry.group.dev.dependencies]\npytest = "*"\n'
        },
        (BASE, LIB),
    ),
    "an empty Pipfile.lock beside a Pipfile": (
        {"Pipfile": '[packages]\nlib = "2.0"\n', "Pipfile.lock": '{"default": {}}'},
        (LIB2,),
    ),
    "the default index by its address": (
        {"requirements.txt": "-i @DEFAULT@\n--extra-index-url @DEFAULT@/\nlib\n"},
        (LIB2,),
    ),
    "nothing for this system": ({"requirements.txt": "lib ; sys_platform == 'win32'\n"}, ()),
}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declaration_without_a_lock_is_resolved(pc: Machine, name: str) -> None:
    files, packages = DECLARED[name]
    pc.write({path: str(text).replace("@DEFAULT@", default_index()) for path, text in files.items()})
    installed = pc.install("python3.12")
    assert isinstance(installed, Installed), installed
    assert installed.found.packages == packages


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("^1.2.3", "x>=1.2.3,<2"),
        ("^0.2.3", "x>=0.2.3,<0.3"),
        ("^0.0.3", "x>=0.0.3,<0.0.4"),
        ("^0", "x>=0,<1"),
        ("^2.0b1", "x>=2.0b1,<3"),
        ("~1.2.3", "x>=1.2.3,<1.3"),
        ("~1", "x>=1,<2"),
        ("~=1.2", "x~=1.2"),
        ("1.2.3", "x==1.2.3"),
        ("1.*", "x==1.*"),
        ("*", "x"),
        (">=1.0,<2.0", "x>=1.0,<2.0"),
        (">=1.0 <2.0", "x>=1.0,<2.0"),
        ("!= 1.5", "x!=1.5"),
    ],
)
def test_versions_of_poetry_are_those_of_pip(version: str, expected: str) -> None:
    assert list(poetry_lines({"x": version}, "pyproject.toml")) == [expected]


@pytest.mark.parametrize("version", ["^1 || ^2", "latest", ">", "^", "1.0 ; x"])
def test_a_version_that_is_not_understood_is_refused(version: str) -> None:
    with pytest.raises(WorkbenchError, match="x has"):
        list(poetry_lines({"x": version}, "pyproject.toml"))


PROJECTS: dict[str, dict[str, str]] = {
    "src layout": {
        "pyproject.toml": '[project]\nname = "shared-lib"\ndependencies = ["lib<2"]\n',
        "src/shared_lib/__init__.py": "",
    },
    "flat layout": {
        "pyproject.toml": '[project]\nname = "shared-lib"\ndependencies = ["lib<2"]\n',
        "shared_lib/__init__.py": "",
        "tests/test_x.py": "",
    },
    "setup.py": {
        "setup.py": "from setuptools import setup, find_packages\nneeds = ['lib<2']\n"
        "setup(name='shared', packages=find_packages(), install_requires=needs)\n",
        "shared_lib/__init__.py": "",
    },
    "setup.cfg": {
        "setup.cfg": "[metadata]\nname = x\n[options]\ninstall_requires =\n    lib<2\n",
        "shared_lib/__init__.py": "",
    },
    "Poetry": {
        "pyproject.toml": '[tool.poetry]\nname = "x"\npackages = [{include = "shared_lib", from = "lib"}]\n'
        '[tool.poetry.dependencies]\npython = "^3.9"\nlib = "^1.0"\n',
        "lib/shared_lib/__init__.py": "",
    },
    "hatch": {
        "pyproject.toml": '[project]\nname = "x"\ndependencies = ["lib<2"]\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["code/shared_lib"]\n',
        "code/shared_lib/__init__.py": "",
    },
    "a file of requirements": {
        "pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n'
        '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n',
        "needs.txt": "# all\nlib<2\n",
        "shared_lib/__init__.py": "",
    },
    "a base of its own": {
        "setup.py": "import setuptools\n"
        "setuptools.setup(package_dir={'': 'python'}, install_requires=['lib<2'])\n",
        "python/shared_lib/__init__.py": "",
    },
}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_folder_of_the_repository_goes_in_as_source(pc: Machine, name: str) -> None:
    repository = pc.folder / "repository"
    (repository / ".git").mkdir(parents=True)
    write(repository, {f"shared/{path}": text for path, text in PROJECTS[name].items()})
    write(repository, {"fn/requirements.txt": "../shared\n"})
    workspace = folder_workspace(repository / "fn", pc.folder / "scratch")
    consent = InstallConsent(Settings(pc.folder / "settings.json"))
    workspace.dependencies.attach(pc.store, PYTHON, consent)
    with pytest.raises(InstallNotConfirmed) as asked:
        workspace.package(CTX)
    preview = asked.value.preview
    lib, folder = preview.packages
    assert (lib.partition(",")[0], folder) == ("lib<2", "../shared (folder of the project)")
    consent.allow(preview)
    files = workspace.package(CTX).contents.files
    assert {"shared_lib/__init__.py", "lib/__init__.py"} <= files.keys()
    assert not [path for path in files if path.startswith(("tests/", "src/", "setup"))]
    (next((repository / "shared").rglob("shared_lib")) / "more.py").write_text("x = 1\n")
    assert "shared_lib/more.py" in workspace.package(CTX).contents.files  # without a question


def test_a_project_is_the_repository_and_never_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "home" / "repository" / "services" / "fn"
    code.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".git").mkdir()
    (tmp_path / ".git").mkdir()
    assert project_root(code) == code
    (tmp_path / "home" / "repository" / ".git").write_text("gitdir: elsewhere\n")
    assert project_root(code) == tmp_path / "home" / "repository"


def test_a_folder_without_a_description_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"has no pyproject\.toml, setup\.cfg or setup\.py"):
        read_source_project(tmp_path, "requirements.txt", 3)


def test_an_index_is_asked_for_once_by_its_host(pc: Machine) -> None:
    """The other server is one that the user agrees to here."""
    pc.write({"requirements.txt": "--extra-index-url @EVIL@/simple\nonly\nlib==1.0\n"})
    consent = InstallConsent(Settings(pc.folder / "settings.json"))
    host = pc.evil.url.removeprefix("http://")

    def workspace() -> Workspace:
        made = folder_workspace(pc.code, pc.folder / "scratch")
        made.dependencies.attach(pc.store, PYTHON, consent)
        return made

    with pytest.raises(InstallNotConfirmed) as asked:
        workspace().package(CTX)
    preview = asked.value.preview
    assert preview.new_hosts == (host,)
    assert preview.sources == (f"{pc.evil.url}/simple", pc.index.simple)
    assert pc.evil.requests == []
    consent.allow(preview)
    assert {"only/__init__.py", "lib/__init__.py"} <= workspace().package(CTX).contents.files.keys()
    assert any(each.startswith("/simple/only") for each in pc.evil.requests)

    pc.write({"requirements.txt": "--extra-index-url @EVIL@/simple\nonly\nlib==2.0\n"})
    with pytest.raises(InstallNotConfirmed) as asked:
        workspace().package(CTX)
    assert asked.value.preview.new_hosts == ()  # the host is known for this project

    other = pc.folder / "other"
    write(other, {"requirements.txt": (pc.code / "requirements.txt").read_text()})
    consent.allow(asked.value.preview)
    made = folder_workspace(other, pc.folder / "scratch-2")
    made.dependencies.attach(pc.store, Target("python3.13"), consent)
    with pytest.raises(InstallNotConfirmed) as asked:
        made.package(CTX)
    assert asked.value.preview.new_hosts == (host,)  # but for no other


def test_an_index_of_the_users_own_settings_needs_no_question(pc: Machine) -> None:
    pc.write({"requirements.txt": "--index-url @INDEX@/simple\nlib==1.0\n"})
    installed = pc.install("python3.12")
    assert isinstance(installed, Installed), installed
    assert installed.found.packages == (LIB,)


def test_without_settings_of_uv_those_of_pip_name_the_index(
    pc: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pc.folder / "home" / ".config" / "uv" / "uv.toml").unlink()
    write(pc.folder / "home" / ".config", {"pip/pip.conf": f"[global]\nindex-url = {pc.index.simple}\n"})
    pc.write({"requirements.txt": "lib==1.0\n", "pip.conf": pc.fill("[global]\nindex-url = @EVIL@/simple\n")})
    declared = find_declaration(pc.code, "python")
    assert declared is not None
    assert preview_of(declared, PYTHON, CTX).sources == (pc.index.simple,)
    assert isinstance(pc.install("python3.12"), Installed)
    assert pc.harm() == []
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example/simple")
    assert preview_of(declared, PYTHON, CTX).sources == ("https://pip.example/simple",)
    monkeypatch.setenv("UV_INDEX_URL", pc.index.simple)
    assert preview_of(declared, PYTHON, CTX).sources == (pc.index.simple,)
