"""Definitions in source files of all languages that Lambda runs."""

import pytest

from tests.growth import LINEAR, growth
from workbench.code.symbols import Symbol, has_symbols, symbols_in


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
