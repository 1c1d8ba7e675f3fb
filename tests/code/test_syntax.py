"""What is said about code before it is deployed: what looks like a handler, and where one lies.

Names that source files define: what is recognised in a text, and which files are scanned first.
"""

import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.growth import LINEAR, growth
from workbench.code.syntax import (
    CREATE_HANDLER,
    Problem,
    Symbol,
    check_python,
    check_script,
    handler_at,
    handler_files,
    handlers_in,
    handlers_of,
    has_symbols,
    scan_symbols,
    symbols_in,
)
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext

CTX = JobContext()


def _check(
    root: Path,
    files: Mapping[str, str | bytes],
    handler: str = "app.handler",
    runtime: str = "python3.12",
    changed: tuple[str, ...] = (),
) -> tuple[Problem, ...]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return check_python(root, handler, runtime, changed, CTX)


GOOD = "def handler(event, context):\n    return 1\n"


@pytest.mark.parametrize(
    "source",
    [
        GOOD,
        "async def handler(e, c): ...\n",
        "class handler: ...\n",
        "handler = make()\n",
        "from other import f as handler\n",
        "from other import *\n",
        "if True:\n    def handler(e, c): ...\nelse:\n    handler = None\n",
        "try:\n    import fast as handler\nexcept ImportError:\n    raise\n",
        "for name in ['handler']:\n    globals()[name] = print\n",
        "(a, (handler, b)) = 1, (2, 3)\n",
        "def __getattr__(name): ...\n",
        "with x as handler: ...\n",
        "if (handler := make()): ...\n",
        b"# coding: latin-1\nname = '\xe9'\ndef handler(e, c): ...\n",
    ],
)
def test_a_handler_that_is_there_is_no_problem(tmp_path: Path, source: str | bytes) -> None:
    assert _check(tmp_path, {"app.py": source}) == ()


def test_a_syntax_error_is_found_with_its_place(tmp_path: Path) -> None:
    assert _check(tmp_path, {"app.py": "x = 1\ndef handler(event, context)\n    return 1\n"}) == (
        Problem("app.py", 2, 28, "Syntax error: expected ':'.", rule="invalid-syntax"),
    )


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("return 1\n" + GOOD, 1, "'return' outside function"),
        ("x = (\n", 1, "was never closed"),
        (b"x = '\xe9'\n", 1, "utf-8"),
        (b"x = 1\0\n", 0, "null bytes"),
        ("x = " + "(" * 300 + ")" * 300, 1, "too many nested"),
    ],
)
def test_code_that_python_would_refuse_is_found(
    tmp_path: Path, source: str | bytes, line: int, message: str
) -> None:
    (problem,) = _check(tmp_path, {"app.py": source})

    assert problem.path == "app.py"
    assert message in problem.message
    assert problem.line == line


def test_changed_files_are_checked_too(tmp_path: Path) -> None:
    files = {"app.py": GOOD, "lib/bad.py": "def", "lib/old_bad.py": "def", "data.json": "{"}

    problems = _check(tmp_path, files, changed=("lib/bad.py", "data.json", "deleted.py"))

    assert [problem.path for problem in problems] == ["lib/bad.py"]


def test_a_handler_that_is_missing_is_named(tmp_path: Path) -> None:
    (problem,) = _check(tmp_path, {"app.py": "def main(event, context):\n    def handler(): ...\n"})

    message = "The handler is app.handler, but app.py does not define handler."
    assert problem == Problem("app.py", 0, 0, message, fix=CREATE_HANDLER, handlers=("app.main",))


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"src/app/main.py": GOOD}, "src/app/main.handler"),
        ({"src/app/main.py": GOOD}, "src.app.main.handler"),
        ({"pkg/__init__.py": GOOD}, "pkg.handler"),
        ({"fast.cpython-312-x86_64-linux-gnu.so": "\0"}, "fast.handler"),
        ({"app.pyc": "\0"}, "app.handler"),
    ],
)
def test_the_handlers_file_is_found_where_lambda_finds_it(
    tmp_path: Path, files: Mapping[str, str | bytes], handler: str
) -> None:
    assert _check(tmp_path, files, handler) == ()


def test_a_handlers_file_that_is_missing_is_said_with_the_way_out(tmp_path: Path) -> None:
    (problem,) = _check(tmp_path, {"app.py": GOOD}, "datadog_lambda.handler.handler")

    assert "but datadog_lambda/handler.py does not exist" in problem.message
    assert "layer" in problem.message


@pytest.mark.parametrize("handler", ["", "app", "app.", ".handler"])
def test_a_handler_of_no_form_is_said(tmp_path: Path, handler: str) -> None:
    (problem,) = _check(tmp_path, {"app.py": GOOD}, handler)
    assert "module.function" in problem.message


def test_syntax_newer_than_the_runtime_is_found(tmp_path: Path) -> None:
    source = GOOD + "match 1:\n    case 1: ...\n"

    assert _check(tmp_path, {"app.py": source}, runtime="python3.10") == ()
    (problem,) = _check(tmp_path, {"app.py": source}, runtime="python3.9")
    assert problem.line == 4
    assert "3.10" in problem.message


def test_what_this_python_cannot_judge_is_not_judged(tmp_path: Path) -> None:
    newer = f"python3.{sys.version_info.minor + 1}"

    assert _check(tmp_path, {"app.py": "some new syntax"}, runtime=newer) == ()
    assert _check(tmp_path, {"index.js": "export"}, "index.handler", "nodejs22.x") == ()


def test_nothing_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    _check(tmp_path, {"app.py": f"open({str(marker)!r}, 'w')\n" + GOOD})

    assert not marker.exists()


def test_a_handler_that_a_layer_brings_is_no_problem(tmp_path: Path) -> None:
    root, layer = tmp_path / "code", tmp_path / "layer"
    for folder in (root, layer / "wrapper"):
        folder.mkdir(parents=True)
    (layer / "wrapper" / "__init__.py").write_text("def handler(event, context): ...\n")

    def problems(*elsewhere: Path) -> int:
        return len(check_python(root, "wrapper.handler", "python3.13", (), CTX, elsewhere=elsewhere))

    assert problems() == 1
    assert problems(tmp_path / "nowhere") == 1
    assert problems(tmp_path / "nowhere", layer) == 0


@pytest.mark.parametrize(
    "case",
    [
        "nodejs22.x src/index.handler src/index.mjs",
        "nodejs22.x src/index.handler index.mjs src/index.js",
        "nodejs22.x index.handler index",
        "nodejs22.x /opt/nodejs/wrapper.handler index.mjs",
        "provided.al2023 anything main bootstrap",
        "provided.al2023 anything bootstrap",
        "ruby3.4 app.handler main.rb app.rb",
        "java21 example.Handler::run app.jar",
        "python3.13 app.handler main.py",  # check_python says it
    ],
)
def test_a_handlers_file_that_is_not_there_is_said_in_every_language(tmp_path: Path, case: str) -> None:
    runtime, handler, path, *missing = case.split()
    problems = check_script(tmp_path, handler, runtime, [path], has_layers=False)
    ends = [f"has no {each}. Every invocation will fail." for each in missing]
    assert [problem.message[-len(end) :] for problem, end in zip(problems, ends, strict=True)] == ends


def test_what_a_script_exports_can_be_the_handler_instead(tmp_path: Path) -> None:
    (tmp_path / "main.mjs").write_text("import x from 'y';\nexport const run = async (event) => 1;\n")
    (tmp_path / "other.cjs").write_text("exports.handler = async () => 2;\n")
    paths = ["main.mjs", "other.cjs"]
    (problem,) = check_script(tmp_path, "index.handler", "nodejs22.x", paths, has_layers=True)
    assert problem.message.endswith("This works only if a layer contains that file.")
    assert problem.handlers == ("other.handler", "main.run")


@pytest.mark.parametrize(
    ("handler", "runtime", "files"),
    [
        ("app.handler", "python3.13", ("app/__init__.py", "app.py")),
        ("src/app.handler", "python3.9", ("src/app/__init__.py", "src/app.py")),
        ("src.app.handler", "python3.9", ("src/app/__init__.py", "src/app.py")),
        ("index.handler", "nodejs22.x", ("index.js", "index.mjs", "index.cjs")),
        # The runtime's client ends the module at the first dot: b is a member of what src/a exports.
        ("src/a.b.handler", "nodejs22.x", ("src/a.js", "src/a.mjs", "src/a.cjs")),
        ("src.d/a.B::C.run", "ruby3.4", ("src.d/a.rb",)),
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


@pytest.mark.parametrize(
    ("path", "line", "found"),
    [
        ("a.py", "def handler(event, context):", "function handler"),
        ("a.py", "    async def inner(self):", "function inner"),
        ("a.py", "class Order:", "class Order"),
        ("a.py", "TABLE: str = definition", "variable TABLE"),
        ("a.py", "x == definition", ""),
        ("a.py", "    x = definition", ""),
        ("a.mjs", "export const handler = async (event) => {", "const handler"),
        ("a.js", "exports.handler = async () => {", "const handler"),
        ("a.ts", "export default async function run(event: Event) {", "function run"),
        ("a.ts", "export interface Order {", "interface Order"),
        ("a.tsx", "class $View extends Base {", "class $View"),
        ("a.js", "  const local = 1;", ""),
        ("a.rb", "  def self.handler(event:, context:)", "function handler"),
        ("a.rb", "module Orders", "module Orders"),
        ("a.go", "func (s *Server) Handle(ctx context.Context) error {", "function Handle"),
        ("a.go", "type Order struct {", "type Order"),
        ("a.rs", "pub(crate) async fn handler(event: Event) -> Result<()> {", "function handler"),
        ("a.rs", "impl Order {", ""),
        ("A.java", "public class App implements RequestHandler<Map, String> {", "class App"),
        ("A.java", "    public String handleRequest(Map event, Context context) {", "method handleRequest"),
        ("A.cs", "    public async Task<string> Handle(Event input) {", "method Handle"),
        ("A.java", "    return new Order(1);", ""),
        ("notes.txt", "def handler():", ""),
        ("Makefile", "def:", ""),
    ],
)
def test_a_definition_is_found(path: str, line: str, found: str) -> None:
    assert " ".join(f"{each.kind} {each.name}" for each in symbols_in(path, line)) == found


def test_places_count_as_the_editor_does() -> None:
    text = "# 😀\n\n\nclass A:\n    x = '😀'; y = 1\n    def é(self): ...\n"
    assert sorted(symbols_in("lib/a.py", text), key=lambda each: each.line) == [
        Symbol("A", "class", "lib/a.py", 4, 7),
    ] + [each for each in symbols_in("lib/a.py", text) if each.line == 6]


@pytest.mark.parametrize("path", ["a.py", "a.js", "A.java", "a.rs", "a.go", "a.rb"])
@pytest.mark.parametrize(
    ("part", "count"), [("public ", 12_500), (" ", 75_000), ("(", 75_000), ("pub async ", 7_500)]
)
def test_a_hostile_text_takes_no_time(path: str, part: str, count: int) -> None:
    assert list(symbols_in(path, part * count)) == []
    assert growth(lambda size: list(symbols_in(path, part * size)), count) < LINEAR


def test_what_is_no_source_is_known_before_it_is_read() -> None:
    assert [has_symbols(path) for path in ("a.py", "b/c.MJS", "a.json", "Makefile", ".py")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def names(root: Path, typed: dict[str, str] | None = None, most: int = 100) -> list[str]:
    found = scan_symbols(root, typed or {}, JobContext(), most)
    return [f"{each.path}:{each.line} {each.name}" for each in found]


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def test_own_names_come_before_those_that_packages_bring(tmp_path: Path) -> None:
    files = {
        "zebra.py": "def own(): ...\n\n\nclass Mine: ...\n",
        "alib/core.py": "def brought(): ...\n",
        "six.py": "def six(): ...\n",
        "alib-1.0.dist-info/RECORD": "alib/core.py,sha256=x,10\nsix.py,,\n",
        "node_modules/a/index.js": "function npm() {}\n",
        "data.json": "{}",
    }
    write(tmp_path, files)
    assert names(tmp_path) == [
        "zebra.py:1 own",
        "zebra.py:4 Mine",
        "alib/core.py:1 brought",
        "node_modules/a/index.js:1 npm",
        "six.py:1 six",
    ]
    assert names(tmp_path, most=1) == ["zebra.py:1 own"]


def test_what_is_typed_counts(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": "def old(): ...\n"})
    typed = {"app.py": "\ndef new(): ...\n", "other.py": "x = 1\n", "notes.txt": "def no(): ..."}
    assert names(tmp_path, typed) == ["app.py:2 new", "other.py:1 x"]


def test_line_ends_marks_and_broken_text_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("\ufeffdef first(): ...\r\n# \xe9\r\nclass B: ...\r\n".encode("utf-8"))
    (tmp_path / "b.py").write_bytes(b"# \xff\xfe\ndef c(): ...\n")
    (tmp_path / "large.py").write_text("def d(): ...\n" * 30_000)
    assert names(tmp_path) == ["a.py:1 first", "a.py:3 B", "b.py:2 c"]


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": ""})
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        scan_symbols(tmp_path, {}, JobContext(stop=stop))
