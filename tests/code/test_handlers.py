"""What looks like a handler, and where one lies."""

import pytest

from workbench.code.syntax import handler_at, handler_files, handlers_in, handlers_of


@pytest.mark.parametrize(
    ("handler", "runtime", "files"),
    [
        ("app.handler", "python3.13", ("app/__init__.py", "app.py")),
        ("src/app.handler", "python3.9", ("src/app/__init__.py", "src/app.py")),
        ("src.app.handler", "python3.9", ("src/app/__init__.py", "src/app.py")),
        ("index.handler", "nodejs22.x", ("index.js", "index.mjs", "index.cjs")),
        ("src/a.b.handler", "nodejs22.x", ("src/a.b.js", "src/a.b.mjs", "src/a.b.cjs")),
        ("app.handler", "ruby3.4", ("app.rb",)),
        ("anything", "provided.al2023", ("bootstrap",)),
        ("example.Hello::handle", "java21", ()),
        ("handler", "python3.13", ()),
        (".handler", "python3.13", ()),
        ("app.", "python3.13", ()),
        ("", "", ()),
    ],
)
def test_the_configuration_says_where_the_handler_lies(
    handler: str, runtime: str, files: tuple[str, ...]
) -> None:
    assert handler_files(handler, runtime) == files


@pytest.mark.parametrize(
    ("path", "line", "handler"),
    [
        ("app.py", "def main(event, context):", "app.main"),
        ("src/app.py", "def main(event: dict, context: object = None) -> dict:", "src/app.main"),
        ("pkg/__init__.py", "def main(event, _):", "pkg.main"),
        ("app.py", "def handler(a, b): return 1", "app.handler"),
        ("app.py", "def main(event, *rest):  # what comes", "app.main"),
        ("app.py", "def add(a, b):", ""),
        ("app.py", "def main(event):", ""),
        ("app.py", "def main(event, context, more):", ""),
        ("app.py", "def main(event, context, *, more):", ""),
        ("app.py", "async def main(event, context):", ""),  # Lambda does not await it
        ("app.py", "    def main(self, event, context):", ""),
        ("app.py", "def main(event,", ""),
        ("app.py", "x = 1", ""),
        ("app.py", "", ""),
        ("index.mjs", "export const main = async (event) => {", "index.main"),
        ("index.js", "exports.handler = async function (event, context) {", "index.handler"),
        ("index.cjs", "module.exports.run = event => 1;", "index.run"),
        ("lib/a.mjs", "export async function run(event) {", "lib/a.run"),
        ("index.mjs", "export const limit = 10;", ""),
        ("index.mjs", "const handler = async (event) => {", ""),
        ("app.rb", "def handler(event:, context:)", "app.handler"),
        ("notes.txt", "def main(event, context):", ""),
    ],
)
def test_a_line_that_begins_a_handler_is_known(path: str, line: str, handler: str) -> None:
    assert handler_at(path, line) == handler


def test_the_likeliest_comes_first() -> None:
    source = "def run(event, context): ...\ndef the_handler(event, context): ...\ndef add(a, b): ...\n"
    assert handlers_in(source) == ("the_handler", "run")
    assert handlers_of([("a.py", source), ("b/c.py", source)], 3) == [
        "a.the_handler",
        "b/c.the_handler",
        "a.run",
    ]


@pytest.mark.parametrize("source", ["def f(:", "\0", "(" * 5_000, ""])
def test_what_is_no_python_has_none(source: str) -> None:
    assert handlers_in(source) == ()
