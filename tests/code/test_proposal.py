"""What a folder proposes for a new function: handlers in each language, and the runtime that it asks for."""

import os
import struct
import time
from pathlib import Path

import pytest

from tests.code.package.trees import write
from workbench.code.handlers import find_handlers, java_handler, java_version, script_exports
from workbench.code.proposal import CodeProposal, Hint, propose_for
from workbench.code.sources import MAX_BYTES, Sources
from workbench_sandbox.rules.runtimes import offered_runtimes

PY = "def {}(event, context):\n    return 1\n"
KNOWN = (
    *("python3.9", "python3.11", "python3.12", "python3.13", "python3.14"),
    *("nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"),
    *(
        "ruby3.3",
        "ruby3.4",
        "java8",
        "java17",
        "java21",
        "dotnet8",
        "dotnet10",
        "provided.al2",
        "provided.al2023",
    ),
)
OFFERED = offered_runtimes(KNOWN)
Files = dict[str, str | bytes]


def class_file(name: str, *interfaces: str, version: int = 21, access: int = 0x21) -> bytes:
    """A class as javac writes it, without members. Source: Java Virtual Machine Specification, chapter 4."""
    names = (name, "java/lang/Object", *interfaces)
    pool = b"".join(
        struct.pack(">BH", 1, len(each)) + each.encode() + struct.pack(">BH", 7, 2 * place + 1)
        for place, each in enumerate(names)
    )
    wide = struct.pack(">Bq", 5, 1)  # a long takes two entries
    count = 1 + 2 * len(names) + 2
    head = struct.pack(">IHHH", 0xCAFEBABE, 0, version + 44, count)
    places = [2 * place + 2 for place in range(len(names))]
    end = struct.pack(">4H", access, places[0], places[1], len(interfaces))
    return head + pool + wide + end + b"".join(struct.pack(">H", each) for each in places[2:]) + b"\0" * 6


HANDLES = "com/amazonaws/services/lambda/runtime/RequestHandler"


def sources_of(root: Path, files: Files) -> Sources:
    write(root, {path: text for path, text in files.items() if isinstance(text, str)})
    for path, data in files.items():
        if isinstance(data, bytes):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
    return Sources(root, files)


def proposed(root: Path, files: Files, runtime: str = "", hints: tuple[Hint, ...] = ()) -> CodeProposal:
    return propose_for(sources_of(root, files), OFFERED, runtime, "python3.13", hints)


HANDLERS: dict[str, tuple[str, Files, list[str]]] = {
    "a usual name": ("python", {"app.py": PY.format("handler")}, ["app.handler"]),
    "any name": ("python", {"src/api.py": PY.format("run"), "README.md": ""}, ["src/api.run"]),
    "several": (
        "python",
        {
            "util.py": "def helper(a, b):\n    pass\n",
            "worker.py": PY.format("worker_handler"),
            "app.py": PY.format("lambda_handler"),
            "tests/test_app.py": PY.format("handler"),
        },
        ["app.lambda_handler", "worker.worker_handler"],
    ),
    "a package": ("python", {"app/__init__.py": PY.format("handler")}, ["app.handler"]),
    "a handler that a call makes": ("python", {"m.py": "handler = Mangum(app)\n"}, ["m.handler"]),
    "Chalice": ("python", {"app.py": "app = Chalice(app_name='x')\n"}, ["app.app"]),
    "logging": ("python", {"log.py": "handler = logging.StreamHandler()\n"}, []),
    "no Python": ("python", {"app.py": "def handler(event, context:\n"}, []),
    "installed packages": (
        "python",
        {
            "app.py": PY.format("handler"),
            "lib/__init__.py": PY.format("handler"),
            "lib-1.0.dist-info/RECORD": "lib/__init__.py,,\n",
        },
        ["app.handler"],
    ),
    "CommonJS": ("nodejs", {"index.js": "exports.handler = async (event) => ({})\n"}, ["index.handler"]),
    "an ES module": ("nodejs", {"index.mjs": "export const handler = middy(run)\n"}, ["index.handler"]),
    "a list": ("nodejs", {"src/a.cjs": "module.exports = { handler, other: 1 }\n"}, ["src/a.handler"]),
    "a renamed export": ("nodejs", {"index.js": "export { run as handler };\n"}, ["index.handler"]),
    "minified": ("nodejs", {"index.js": '"use strict";exports.handler=async t=>t;\n'}, ["index.handler"]),
    "any name in Node.js": (
        "nodejs",
        {"a.js": "export async function run(event) {}\nexport function f(a) {}\n"},
        ["a.run"],
    ),
    "the main module first": (
        "nodejs",
        {
            "index.js": "exports.handler = 1",
            "dist/worker.js": "exports.handler = 1",
            "package.json": '{"main": "./dist/worker.js"}',
        },
        ["dist/worker.handler", "index.handler"],
    ),
    "comments and texts": (
        "nodejs",
        {"i.js": "// exports.handler = 1\n/*\nexport const handler = 1\n*/ x = 'exports.handler = 1'\n"},
        [],
    ),
    "tests of Node.js": (
        "nodejs",
        {
            "jest.config.js": "exports.handler = 1\n",
            "a.test.js": "exports.handler = 1\n",
            "node_modules/left/index.js": "exports.handler = 1\n",
        },
        [],
    ),
    "Ruby": ("ruby", {"app.rb": "def handler(event:, context:)\nend\n"}, ["app.handler"]),
    "a method of a class": (
        "ruby",
        {
            "app.rb": "module Shop\n  class Orders\n    def self.process(event:, context:)\n    end\n"
            "    def other(event:, context:)\n    end\n  end\nend\n"
        },
        ["app.Shop::Orders.process"],
    ),
    "Java": (
        "java",
        {
            "com/example/App.class": class_file("com/example/App", HANDLES),
            "com/example/Base.class": class_file("com/example/Base", HANDLES, access=0x421),
            "com/example/Other.class": class_file("com/example/Other", "java/lang/Runnable"),
        },
        ["com.example.App::handleRequest"],
    ),
    ".NET": (
        "dotnet",
        {"App.dll": b"MZ\0", "aws-lambda-tools-defaults.json": '{"function-handler": "App::App.F::Run"}'},
        ["App::App.F::Run"],
    ),
    "a custom runtime": ("provided", {"bootstrap": "#!/bin/sh\n"}, ["bootstrap"]),
    "Go that is not built": ("provided", {"main.go": "package main\n"}, []),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_handlers_are_found_in_each_language(tmp_path: Path, name: str) -> None:
    family, files, handlers = HANDLERS[name]
    assert list(find_handlers(sources_of(tmp_path, files))[family]) == handlers


APP: Files = {"app.py": PY.format("handler")}
INDEX: Files = {"index.js": "exports.handler = 1"}
RUNTIMES: dict[str, tuple[Files, str]] = {
    "the usual one": (APP, "python3.13"),
    "the newest of its language": (INDEX, "nodejs24.x"),
    ".python-version": (APP | {".python-version": "# pyenv\n3.12.4\n"}, "python3.12"),
    "a version that is not offered": (APP | {".python-version": "3.8"}, "python3.13"),
    "runtime.txt": (APP | {"runtime.txt": "python-3.11.9"}, "python3.11"),
    "requires-python": (APP | {"pyproject.toml": '[project]\nrequires-python = "<3.13,>=3.9"'}, "python3.12"),
    "a release": (APP | {"pyproject.toml": '[project]\nrequires-python = ">=3.14.1"'}, "python3.14"),
    "the usual one among others": (
        APP | {"pyproject.toml": '[project]\nrequires-python = ">=3.9"'},
        "python3.13",
    ),
    "Poetry": (
        APP | {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.9,<3.12"'},
        "python3.11",
    ),
    "Pipfile": (APP | {"Pipfile": '[requires]\npython_version = "3.12"'}, "python3.12"),
    "damaged": (APP | {"pyproject.toml": "[project\n", "Pipfile": "[[["}, "python3.13"),
    "not a requirement": (APP | {"pyproject.toml": '[project]\nrequires-python = "new"'}, "python3.13"),
    ".nvmrc": (INDEX | {".nvmrc": "v22.3.0\n"}, "nodejs22.x"),
    "a name in .nvmrc": (INDEX | {".nvmrc": "lts/*\n"}, "nodejs24.x"),
    "engines": (INDEX | {"package.json": '{"engines": {"node": ">=18 <24"}}'}, "nodejs22.x"),
    "engines of two": (INDEX | {"package.json": '{"engines": {"node": "^22.1 || ^20"}}'}, "nodejs22.x"),
    "volta": (INDEX | {"package.json": '{"volta": {"node": "22.1.0"}}'}, "nodejs22.x"),
    "no object": (INDEX | {"package.json": '["engines"]'}, "nodejs24.x"),
    "Gemfile": (
        {"app.rb": "def handler(event:, context:)\nend\n", "Gemfile": 'source "x"\nruby "3.3.4"\n'},
        "ruby3.3",
    ),
    "a class of Java 17": ({"A.class": class_file("A", HANDLES, version=17)}, "java17"),
    "a class of Java 11, where 17 is the oldest": (
        {"A.class": class_file("A", HANDLES, version=11)},
        "java17",
    ),
    "the target of .NET": (
        {
            "App.dll": b"MZ\0",
            "App.runtimeconfig.json": '{"runtimeOptions": {"tfm": "net8.0"}}',
            "aws-lambda-tools-defaults.json": '{"function-handler": "App::App.F::Run"}',
        },
        "dotnet8",
    ),
    "bootstrap": ({"bootstrap": "", "main.go": ""}, "provided.al2023"),
    "Go": ({"main.go": "", "go.mod": ""}, "provided.al2023"),
    "TypeScript": ({"src/index.ts": "", "package.json": "{}"}, "nodejs24.x"),
    "a script beside Python": (APP | {"static/page.js": "exports.handler = 1"}, "python3.13"),
    "a Node.js project with a script of Python": (
        INDEX | {"package.json": "{}", "tools.py": PY.format("handler")},
        "nodejs24.x",
    ),
    "nothing": ({"README.md": ""}, ""),
}


@pytest.mark.parametrize("name", RUNTIMES)
def test_the_runtime_comes_from_the_files(tmp_path: Path, name: str) -> None:
    files, runtime = RUNTIMES[name]
    assert proposed(tmp_path, files).runtime == runtime


def test_a_chosen_runtime_stays_and_decides_whose_handlers_are_proposed(tmp_path: Path) -> None:
    found = proposed(tmp_path, APP | INDEX | {".nvmrc": "22"}, runtime="nodejs20.x")
    assert found == CodeProposal("nodejs20.x", ("index.handler",))
    assert proposed(tmp_path, APP, runtime="ruby3.4").handlers == ()


def test_a_template_is_a_hint_that_the_code_must_agree_with(tmp_path: Path) -> None:
    files = APP | {"worker.py": PY.format("run")}
    hints = (Hint("gone.handler", "python3.12"), Hint("worker.run", "python3.12"))
    assert proposed(tmp_path, files, hints=hints) == CodeProposal("python3.12", ("worker.run", "app.handler"))
    pinned = files | {".python-version": "3.14"}
    assert proposed(tmp_path, pinned, hints=hints).runtime == "python3.14"
    assert proposed(tmp_path, APP, hints=(Hint("index.handler", "nodejs22.x"),)).handler == "app.handler"


# Hostile files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 90_000,
        "/" * 200_000,
        "`${" * 60_000,
        "export {" * 24_000,
        "exports={" + "a" * 190_000,
        "exports={" + "a " * 95_000,
        "export {" + "a" * 190_000,
        "export const a" + ", b" * 60_000,
        "Object.assign(" * 14_000,
        "handler" * 28_000,
        "exports.handler " * 12_000,
        "".join(f"exports.a{number}=1;" for number in range(12_000)),
        "export const " * 15_000,
        " " * 199_000 + "x",
        "def self.a event " * 11_000,
        "def a(event:\n" * 15_000,
        "class A\n" * 25_000,
        "ruby " * 40_000,
        "net" * 60_000,
        ">=1 " * 50_000,
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_takes_no_longer_than_its_length(tmp_path: Path, text: str) -> None:
    """Compared with text of the same length that nothing is found in."""
    names = ("a.js", "d.rb", "e.csproj", "f.py", "Gemfile", ".nvmrc")
    text = text[: MAX_BYTES - 100]

    def measured(content: str, folder: str) -> float:
        files: Files = dict.fromkeys(names, content)
        sources = sources_of(
            tmp_path / folder, files | {"package.json": f'{{"engines": {{"node": "{"x" * 9}"}}}}'}
        )
        begun = time.process_time()
        propose_for(sources, OFFERED, usual="python3.13")
        script_exports(content)
        return time.process_time() - begun

    plain = measured(("let x = 1\n" * 26_000)[:MAX_BYTES], "plain")
    assert measured(text, "hostile") < 100 * max(plain, 0.01)


@pytest.mark.parametrize("cut", [0, 4, 9, 11, 20, 60, 90])
def test_a_damaged_class_is_none(cut: int) -> None:
    whole = class_file("A", HANDLES)
    assert java_handler(whole) == "A::handleRequest"
    assert java_version(whole) == 21
    assert java_handler(whole[:cut]) == ""
    assert java_handler(whole[:10] + b"\xff" + whole[11:]) == ""


def test_nothing_but_a_file_of_the_folder_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text(PY.format("handler"))
    root = tmp_path / "code"
    root.mkdir()
    os.mkfifo(root / "app.py")
    (root / "link.py").symlink_to(secret)
    (root / "big.py").write_text(PY.format("handler") + "#" * MAX_BYTES)
    (root / "binary.py").write_bytes(b"def handler(event, context): pass\n\0")
    sources = Sources(root, ["app.py", "big.py", "binary.py", "gone.py", "link.py"])
    assert {sources.text(path) for path in sources.own} == {""}
    assert sources.text("../secret.py") == ""
    assert find_handlers(sources)["python"] == ()
