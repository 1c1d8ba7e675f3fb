"""Names that source files define: what is recognised in a text, and which files are scanned first."""

import threading
from pathlib import Path

import pytest

from tests.growth import LINEAR, growth
from workbench.code.syntax import Symbol, has_symbols, scan_symbols, symbols_in
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext


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
