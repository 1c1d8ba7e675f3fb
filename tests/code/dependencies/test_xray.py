"""What the X-ray of a package finds, and what it leaves in peace."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.code.dependencies.elf import AARCH64, X86_64, make_elf
from tests.code.package.trees import write
from workbench.code.dependencies.inventory import OWN, Inventory, PackedFile, take_inventory
from workbench.code.dependencies.store import Target
from workbench.code.dependencies.xray import Binary, Finding, Level, XRay, examine, find_secrets, read_binary
from workbench.core.jobs import JobContext

PYTHON, NODE = Target("python3.12"), Target("nodejs22.x")
HANDLER = "def handler(event, context):\n    return 1\n"
LARGE = b"x" * 1_200_000


def inventory_of(root: Path, files: Mapping[str, bytes | str]) -> Inventory:
    write(root, files)
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return take_inventory(
        PackedFile(path.relative_to(root).as_posix(), path, path.stat().st_size) for path in paths
    )


def distribution(
    name: str, files: Mapping[str, bytes | str], version: str = "1.0", requires: str = ""
) -> dict[str, bytes | str]:
    about = f"{name}-{version}.dist-info"
    listed = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD", f"{about}/METADATA"])
    metadata = f"Metadata-Version: 2.1\nName: {name}\n" + (f"Requires-Dist: {requires}\n" if requires else "")
    return {**files, f"{about}/RECORD": listed, f"{about}/METADATA": metadata}


def seen(
    root: Path,
    files: Mapping[str, bytes | str],
    target: Target = PYTHON,
    handler: str = "app.handler",
    *,
    has_layers: bool = False,
    packed_bytes: int | None = None,
) -> XRay:
    return examine(inventory_of(root, files), target, handler, has_layers, packed_bytes, JobContext())


def by_rule(xray: XRay, rule: str) -> list[Finding]:
    return [finding for finding in xray.findings if finding.rule == rule]


def test_files_are_put_together_to_distributions_and_own_code(tmp_path: Path) -> None:
    files = {
        "app.py": HANDLER,
        "lib/mine.py": "x",
        **distribution("lib", {"lib/__init__.py": "y" * 50, "lib.libs/z.so": b"z" * 9}),
        "node_modules/a/index.js": "1",
        "node_modules/a/package.json": '{"version": "2.1.0"}',
        "node_modules/a/node_modules/b/index.js": "22",
        "node_modules/@s/c/index.js": "333",
    }
    inventory = inventory_of(tmp_path, files)
    names = {part.name: sorted(file.path for file in part.files) for part in inventory.parts}
    assert names[OWN] == ["app.py", "lib/mine.py"]
    assert "lib.libs/z.so" in names["lib"]
    assert names["a"] == [
        "node_modules/a/index.js",
        "node_modules/a/node_modules/b/index.js",
        "node_modules/a/package.json",
    ]
    assert names["@s/c"] == ["node_modules/@s/c/index.js"]
    assert {part.title for part in inventory.parts} == {"lib 1.0", "", "a 2.1.0", "@s/c"}
    assert inventory.size_bytes == sum(len(data) for data in files.values())


@pytest.mark.parametrize(
    ("data", "binary"),
    [
        (make_elf(X86_64, "GLIBC_2.2.5", "GLIBC_2.17"), Binary("linux", "x86_64", (2, 17))),
        (make_elf(AARCH64, "GLIBC_2.38", "GLIBC_2.4"), Binary("linux", "aarch64", (2, 38))),
        (make_elf(X86_64, "CXXABI_1.3"), Binary("linux", "x86_64")),
        (make_elf(X86_64, "GLIBC_2.17", damaged=True), Binary("linux", "x86_64")),
        (make_elf(X86_64, "GLIBC_2.17")[:70], Binary("linux", "x86_64")),
        (make_elf(X86_64)[:20], None),
        (make_elf(999), Binary("linux", "machine 999")),
        (b"\xcf\xfa\xed\xfe" + bytes(60), Binary("macos")),
        (b"MZ" + bytes(60), Binary("windows")),
        (b"#!/bin/sh\n", None),
        (b"", None),
    ],
)
def test_compiled_files_say_what_they_are_for(tmp_path: Path, data: bytes, binary: Binary | None) -> None:
    (tmp_path / "x.so").write_bytes(data)
    assert read_binary(tmp_path / "x.so") == binary


@pytest.mark.parametrize(
    ("name", "data", "target", "rule", "words"),
    [
        (
            "x.so",
            make_elf(AARCH64),
            PYTHON,
            "platform",
            "for aarch64; the function runs python3.12 on x86_64",
        ),
        ("x.so", make_elf(X86_64), Target("python3.12", "arm64"), "platform", "for x86_64"),
        ("x.so", b"\xcf\xfa\xed\xfe" + bytes(60), PYTHON, "platform", "for macos"),
        ("x.pyd", b"MZ" + bytes(60), PYTHON, "platform", "for windows"),
        (
            "x.so",
            make_elf(X86_64, "GLIBC_2.34"),
            Target("python3.11"),
            "glibc",
            "glibc 2.34, but the runtime has 2.26",
        ),
        ("x.so", make_elf(X86_64, "GLIBC_2.38"), PYTHON, "glibc", "glibc 2.38, but the runtime has 2.34"),
        ("x.cpython-313-x86_64-linux-gnu.so", make_elf(X86_64), PYTHON, "python", "for Python 3.13"),
        ("x.so.1.2", make_elf(AARCH64), PYTHON, "platform", "for aarch64"),
        ("x.node", make_elf(AARCH64), NODE, "platform", "for aarch64"),
    ],
)
def test_what_cannot_run_there_is_an_error(
    tmp_path: Path, name: str, data: bytes, target: Target, rule: str, words: str
) -> None:
    found = seen(tmp_path, distribution("lib", {f"lib/{name}": data, f"lib/2{name}": data}), target)
    (finding,) = by_rule(found, rule)
    assert finding.level is Level.ERROR
    assert finding.what.startswith("lib 1.0: lib/")
    assert " and 1 more file are " in finding.what
    assert words in finding.what
    assert finding.action == "dependencies.install"


@pytest.mark.parametrize(
    ("name", "data", "target"),
    [
        ("x.cpython-312-x86_64-linux-gnu.so", make_elf(X86_64, "GLIBC_2.34"), PYTHON),
        ("x.abi3.so", make_elf(X86_64, "GLIBC_2.17"), Target("python3.9")),
        ("x.so", make_elf(AARCH64, "GLIBC_2.34"), Target("python3.13", "arm64")),
        ("launcher.exe", b"MZ" + bytes(60), PYTHON),
        ("x.so", b"no library", PYTHON),
        ("notes.so.txt", b"MZ", PYTHON),
    ],
)
def test_what_runs_there_is_left_in_peace(tmp_path: Path, name: str, data: bytes, target: Target) -> None:
    found = seen(tmp_path, {"app.py": HANDLER, "lib/" + name: data}, target)
    assert not found.findings


@pytest.mark.parametrize(
    ("files", "handler", "target", "layers", "level"),
    [
        ({"app.py": ""}, "app.handler", PYTHON, False, None),
        ({"src/app/__init__.py": ""}, "src/app.handler", PYTHON, False, None),
        ({"app.cpython-312-x86_64-linux-gnu.so": ""}, "app.handler", PYTHON, False, None),
        ({"main.py": ""}, "app.handler", PYTHON, False, Level.ERROR),
        ({"main.py": ""}, "app.handler", PYTHON, True, Level.WARNING),
        ({"index.mjs": ""}, "index.handler", NODE, False, None),
        ({"main.js": ""}, "index.handler", NODE, False, Level.ERROR),
        ({"main.txt": ""}, "nonsense", PYTHON, False, None),
        ({"function": ""}, "x", Target("provided.al2023"), False, Level.ERROR),
        ({"app.jar": ""}, "x.Y::z", Target("java21"), False, None),
    ],
)
def test_a_handler_that_is_not_there(
    tmp_path: Path, files: dict[str, str], handler: str, target: Target, layers: bool, level: Level | None
) -> None:
    found = by_rule(seen(tmp_path, files, target, handler, has_layers=layers), "handler")
    assert [finding.level for finding in found] == ([level] if level else [])


AWS_KEY, AWS_SECRET = "AKIA" + "QWERTYUIOPASDFGH", "a1B2" * 10
KEY = "PRIVATE" + " KEY"
SECRETS = [
    f"key = '{AWS_KEY}'",
    f"aws_secret_access_key = {AWS_SECRET}",
    f'{{"SecretAccessKey": "{AWS_SECRET}"}}',
    f"-----BEGIN RSA {KEY}-----",
    f"-----BEGIN {KEY}-----",
    "token = 'ghp_" + "a" * 36 + "'",
    "xoxb-" + "1234567890-" * 3,
    "sk_live_" + "a" * 24,
    "AIza" + "b" * 35,
    "url = 'postgres://admin:hunter22@db.example/x'",
]
HARMLESS = [
    "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    f"sha1 = '{'0' * 40}'",
    "secret_key = os.environ['SECRET']",
    "url = f'postgres://{user}:{password}@db/x'",
    "https://example.com:8080/@scope",
    "sk_test_" + "a" * 24,
]


@pytest.mark.parametrize("line", SECRETS)
def test_secrets_are_found_and_never_repeated(tmp_path: Path, line: str) -> None:
    found = by_rule(seen(tmp_path, {"app.py": HANDLER, "conf.ini": f"x\n{line}\n"}), "secret")
    assert [(finding.path, finding.line) for finding in found] == [("conf.ini", 2)]
    for finding in found:
        for word in line.replace("'", " ").replace('"', " ").split():
            assert len(word) < 12 or word not in repr(finding)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_secret_is_left_in_peace(line: str) -> None:
    assert not list(find_secrets(line))


def test_secrets_of_others_are_their_own_affair(tmp_path: Path) -> None:
    files = {"app.py": HANDLER, **distribution("lib", {"lib/tests.py": SECRETS[0]}), ".env": "X=1\n"}
    assert [finding.path for finding in by_rule(seen(tmp_path, files), "secret")] == [".env"]


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("import os\n", ["big 1.0", "other 1.0"]),
        ("import big.deep\n", []),  # big requires other
        ("from other import x\n", ["big 1.0"]),
        ("def f():\n    from big import x\n", []),
        ("import importlib\nimportlib.import_module('big.deep')\n", []),
        ("engine('postgresql+big://x')\n", []),
        ("from . import big\n", ["big 1.0", "other 1.0"]),
        ("this is no python (\n", []),
    ],
)
def test_large_packages_that_nothing_imports(tmp_path: Path, source: str, unused: list[str]) -> None:
    files = {
        "app.py": source,
        **distribution("big", {"big/data.bin": LARGE}, requires='Other[x]>=1 ; extra == "y"'),
        **distribution("other", {"other/data.bin": LARGE}),
        **distribution("tiny", {"tiny.py": "x"}),
    }
    found = by_rule(seen(tmp_path, files), "unused")
    assert sorted(finding.what.partition(" (")[0] for finding in found) == unused
    assert all(finding.size_bytes > 1_000_000 for finding in found)


def test_node_modules_that_nothing_imports(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "index.mjs": "import a from 'a/deep.js'\n",
        "node_modules/a/package.json": '{"dependencies": {"b": "1"}}',
        "node_modules/b/data.bin": LARGE,
        "node_modules/@s/c/data.bin": LARGE,
    }
    found = by_rule(seen(tmp_path, files, NODE, "index.handler"), "unused")
    assert [finding.what.partition(" (")[0] for finding in found] == ["@s/c"]


def test_what_the_runtime_has_is_said(tmp_path: Path) -> None:
    files = {
        "app.py": HANDLER,
        **distribution("boto3", {"boto3/x.py": "x" * 100}),
        **distribution("botocore", {"botocore/x.py": "x" * 100}),
    }
    (finding,) = by_rule(seen(tmp_path, files), "runtime")
    assert finding.what.startswith("boto")
    assert finding.size_bytes > 200


def test_sizes_against_the_limits(tmp_path: Path) -> None:
    def of(size: int, packed: int | None = None, layer: int = 0) -> list[tuple[Level, str]]:
        files = [PackedFile("app.py", tmp_path / "none", 0), PackedFile("data.bin", tmp_path / "none", size)]
        found = take_inventory(files)
        xray = examine(found, PYTHON, "app.handler", False, packed, JobContext(), layer_bytes=layer)
        return [(finding.level, finding.rule) for finding in xray.findings]

    assert of(100_000_000, 40_000_000) == []
    assert of(230_000_000) == [(Level.WARNING, "size")]
    assert of(100_000_000, layer=170_000_000) == [(Level.ERROR, "size")]
    assert of(262_144_001) == [(Level.ERROR, "size")]
    assert of(100_000_000, 60_000_000) == [(Level.INFO, "size")]
