"""What the plan says of a package that will lack something when it runs."""

from pathlib import Path

import pytest

from tests.code.package.trees import write
from workbench.code.dependencies.store import Target
from workbench.code.package_remarks import cannot_run, failures, layers_not_in_sandbox, remarks

PYTHON, NODE = Target("python3.13"), Target("nodejs22.x")
Files = dict[str, str]


def said(folder: Path, files: Files, handler: str, target: Target, **more: tuple[str, ...] | None) -> str:
    write(folder, files)
    paths = sorted(files)
    problems = cannot_run(paths, handler, target) or failures(folder, paths, handler, target, **more)
    return " ".join((*(each.message for each in problems), *remarks(folder, paths, target)))


MISSING: dict[str, tuple[Files, str, Target, str]] = {
    "a module of Python": ({"app.py": "import idna\n"}, "app.handler", PYTHON, "app.py imports idna,"),
    "a module of a package": (
        {"src/app.py": "from src.own import x\n", "src/own.py": "import yaml.loader, json\n"},
        "src/app.handler",
        PYTHON,
        "src/own.py imports yaml,",
    ),
    "a module beside, by a relative name": (
        {"src/app.py": "from . import own\nfrom .deep.x import y\n", "src/deep/x.py": "import idna"},
        "src.app.handler",
        PYTHON,
        "imports idna,",
    ),
    "several": ({"app.py": "import a, b\nimport c\n"}, "app.handler", PYTHON, "The code imports a, b, c,"),
    "a module of the folder that is not on the path": (
        {"src/app.py": "import helper\n", "src/helper.py": ""},
        "src/app.handler",
        PYTHON,
        "src/app.py imports helper,",
    ),
    "a package of Node.js": (
        {"index.mjs": "import x from 'uuid/v4';\nimport 'fs/promises'; import '@aws-sdk/client-s3'\n"},
        "index.handler",
        NODE,
        "index.mjs imports uuid,",
    ),
    "a package behind a file": (
        {"src/index.js": "const x = require('../lib/y')", "lib/y.js": "require('@middy/core')"},
        "src/index.handler",
        NODE,
        "lib/y.js imports @middy/core,",
    ),
    "version 2 of the SDK, which Node.js 18 and later lack": (
        {"index.js": "const AWS = require('aws-sdk');\nexports.handler = 1\n"},
        "index.handler",
        NODE,
        "index.js imports aws-sdk,",
    ),
    "a function that is not exported": (
        {"index.js": "const handler = () => 1;\nexports.run = handler;\n"},
        "index.handler",
        NODE,
        "index.js does not export handler.",
    ),
    "another language": (
        {"index.js": "exports.handler = 1", "package.json": "{}"},
        "lambda_function.lambda_handler",
        PYTHON,
        "python3.13, which does not run Node.js. Choose a runtime of Node.js.",
    ),
    "Python on a custom runtime": (
        {"app.py": ""},
        "app.handler",
        Target("provided.al2023"),
        "does not run Python",
    ),
    "a bootstrap that cannot be started": (
        {"bootstrap": "#!/bin/sh\n"},
        "bootstrap",
        Target("provided.al2023"),
        "bootstrap is not executable",
    ),
    "TypeScript": ({"app.ts": "export const handler = 1"}, "app.handler", NODE, "app.ts is TypeScript"),
    "Java": ({"src/main/java/App.java": "", "pom.xml": ""}, "x.App::f", Target("java21"), "Java source"),
    ".NET": ({"Function.cs": "", "fn.csproj": ""}, "fn::Fn::F", Target("dotnet8"), ".NET source"),
    "Go": ({"main.go": "", "go.mod": ""}, "bootstrap", Target("provided.al2023"), "Go source"),
    "Rust": ({"src/main.rs": "", "Cargo.toml": ""}, "bootstrap", Target("provided.al2023"), "Rust source"),
    "Ruby": ({"app.rb": "", "Gemfile": ""}, "app.handler", Target("ruby3.4"), "The gems of the Gemfile"),
    "a Makefile of SAM": (
        {"app.py": "", "Makefile": "build-HelloFunction:\n\tcp x $(ARTIFACTS_DIR)\n"},
        "app.handler",
        PYTHON,
        "what build-HelloFunction would build",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_what_will_be_missing_is_said(tmp_path: Path, name: str) -> None:
    files, handler, target, words = MISSING[name]
    assert words in said(tmp_path, files, handler, target)


FINE: dict[str, tuple[Files, str, Target]] = {
    "what the runtime has": (
        {"app.py": "import json, boto3, botocore.config, urllib3, asyncio, dateutil.parser, six, imp\n"},
        "app.handler",
        PYTHON,
    ),
    "what is installed": (
        {"app.py": "import lib\nfrom x.y import z\n", "lib/__init__.py": "", "x/y.cpython-313-x86_64.so": ""},
        "app.handler",
        PYTHON,
    ),
    "what is tried": (
        {"app.py": "try:\n    import orjson\nexcept ImportError:\n    import json\n"},
        "app.handler",
        PYTHON,
    ),
    "types only": (
        {"app.py": "import typing\nif typing.TYPE_CHECKING:\n    from aws_lambda_typing import X\n"},
        "app.handler",
        PYTHON,
    ),
    "a path of its own": ({"app.py": "import sys\nsys.path.append('v')\nimport x\n"}, "app.handler", PYTHON),
    "tests": ({"app.py": "", "test_app.py": "import pytest\n"}, "app.handler", PYTHON),
    "no Python": ({"app.py": "import (\n"}, "app.handler", PYTHON),
    "builtins and own files": (
        {"i.js": "require('fs'); require('node:test'); require('./x'); require('./y/'); // from 'z'\n"
                 "exports.handler = 1\n",
         "x.js": "require('@aws-sdk/client-s3'); exports.y = 1",
         "y/index.js": "require('./data.json')", "y/data.json": "{}"},
        "i.handler",
        NODE,
    ),
    "modules that are there": (
        {"i.js": "require('a'); require('@b/c/d'); exports.handler = 1;",
         "node_modules/a/i.js": "", "node_modules/@b/c/d.js": ""},
        "i.handler",
        NODE,
    ),
    "what is tried in Node.js": (
        {"i.js": "try { require('fast') } catch { }\nexports.handler = 1"},
        "i.handler",
        NODE,
    ),
    "what is imported on a condition, late, or by a name that is computed": (
        {
            "app.py": "import sys, importlib\nif sys.version_info < (3, 11):\n    import tomli\n"
            "def handler(event, context):\n    import late\nfor name in ():\n    import looped\n"
            "with open('x') as f:\n    import opened\nx = importlib.import_module('plugin')\n"
        },
        "app.handler",
        PYTHON,
    ),
    "a path that another file changes": (
        {"app.py": "import setup_path\nimport own\n", "setup_path.py": "import sys\nsys.path[:0] = ['v']\n",
         "own.py": "import requests\n", "v/requests/__init__.py": ""},
        "app.handler",
        PYTHON,
    ),
    "namespace packages": (
        {"app.py": "import google.cloud.storage\nfrom google.auth import x\n",
         "google/cloud/storage/a.py": ""},
        "app.handler",
        PYTHON,
    ),
    "a compiled module, and an egg-link of one": (
        {"app.py": "import fast, _x\n", "fast.abi3.so": "", "_x.so": ""},
        "app.handler",
        PYTHON,
    ),
    "late requires, bundles, texts and comments": (
        {
            "i.js": "exports.handler = async () => { const x = require('late'); };\n"
            "const text = \"require('text')\"; /* require('comment') */ const t = `import x from 'y'`;\n"
            "var p = (m) => { require('bundled') };\nif (process.env.X) { require('on-condition') }\n"
            "obj.require('member'); const r = /require('regex')/;\n"
        },
        "i.handler",
        NODE,
    ),
    "a package that imports itself, and aliases": (
        {"i.mjs": "import a from 'mine/x'; import b from '#b'; import 'node:sqlite';import d from 'fs';"
         "export const handler = 1", "package.json": '{"name": "mine"}'},
        "i.handler",
        NODE,
    ),
    "forms of exports": (
        {"i.js": "Object.defineProperty(exports, 'handler', { get: () => 1 });"},
        "i.handler",
        NODE,
    ),
    "exports of a call": ({"i.js": "module.exports = make();"}, "i.handler", NODE),
    "exports that are spread": ({"i.js": "module.exports = { ...rest, a: 1 };"}, "i.handler", NODE),
    "several exports in one statement": ({"i.mjs": "export const a = 1, handler = 2;"}, "i.handler", NODE),
    "exports taken apart": ({"i.mjs": "export const { handler } = make();"}, "i.handler", NODE),
    "exports of another file": ({"i.mjs": "export * from './j.mjs';", "j.mjs": ""}, "i.handler", NODE),
    "a renamed export": ({"i.mjs": "const f = 1;\nexport { f as handler };"}, "i.handler", NODE),
    "a member of an export": ({"i.js": "exports.api = { run };"}, "i.api.run", NODE),
    "an archive with the class": ({"lib/app.jar": ""}, "x.App::f", Target("java21")),
    "an assembly": ({"app.dll": "", "app.runtimeconfig.json": ""}, "app::App.F::Run", Target("dotnet8")),
    "a handler in a layer": ({"i.js": "exports.x = 1"}, "/opt/nodejs/i.handler", NODE),
    "classes": ({"App.java": "", "App.class": ""}, "x.App::f", Target("java21")),
    "a Makefile of something else": ({"app.py": "", "Makefile": "build:\n\tx\n"}, "app.handler", PYTHON),
    "compiled TypeScript": ({"app.ts": "", "app.js": "exports.handler = 1"}, "app.handler", NODE),
    "vendored gems": ({"app.rb": "", "Gemfile": "", "vendor/bundle/x": ""}, "app.handler", Target("ruby3.4")),
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_nothing_is_said_of_what_will_run(tmp_path: Path, name: str) -> None:
    files, handler, target = FINE[name]
    assert said(tmp_path, files, handler, target) == ""


def test_what_layers_bring_is_not_missing(tmp_path: Path) -> None:
    files = {"app.py": "import requests\n"}
    assert said(tmp_path, files, "app.handler", PYTHON, elsewhere=("requests",)) == ""
    assert said(tmp_path, files, "app.handler", PYTHON, elsewhere=None) == ""  # unknown


def test_layers_of_other_accounts_are_not_in_the_sandbox() -> None:
    own = "arn:aws:lambda:us-east-1:111122223333:layer:mine:1"
    public = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:1"
    assert layers_not_in_sandbox((own,), "111122223333") == ()
    (words,) = layers_not_in_sandbox((own, public), "111122223333")
    assert "The layer AWSLambdaPowertoolsPythonV3:1 belongs to another account" in words
