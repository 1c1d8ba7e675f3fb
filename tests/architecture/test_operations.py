"""Changes in several steps are recorded by workbench/core/operations.py: there is no other journal."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPENDS = {
    "workbench/core/operations.py": "the journals",
    "workbench/core/redaction.py": "the program's log",
    "workbench/profiles/write.py": "the audit log of what was changed in the files of ~/.aws",
    "workbench/sandbox/processes.py": "the log of the Sandbox",
    "workbench/app.py": "the moments of a start, for the benches",
}
"""The modules that append to a file."""


def journals(text: str) -> Iterator[str]:
    """The calls that make a journal, or open a file to append to it."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2].partition("[")[0]
        texts = [
            each.value
            for each in [*node.args, *(each.value for each in node.keywords)]
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        appends = name in ("open", "FileIO", "fdopen") and any(
            set(each) <= set("abt+") and "a" in each for each in texts
        )
        if appends or name in ("JournalFile", "ReopenedJournal"):
            yield ast.unparse(node)
    if "O_APPEND" in text:
        yield "O_APPEND"


def test_nothing_but_operations_makes_a_journal() -> None:
    found = {
        str(path.relative_to(ROOT)): list(journals(path.read_text("utf-8")))
        for path in sorted((ROOT / "workbench").rglob("*.py"))
    }
    assert {path for path, calls in found.items() if calls} == APPENDS.keys(), (
        "use OperationJournal of workbench/core/operations.py"
    )


@pytest.mark.parametrize(
    "call",
    [
        'open(path, "ab")',
        'path.open(mode="a")',
        'JournalFile(path, "x")',
        "operations.ReopenedJournal[int](path)",
    ],
)
def test_a_journal_is_found(call: str) -> None:
    assert list(journals(f"with {call} as file:\n    pass\n"))


@pytest.mark.parametrize("call", ['open(path, "wb")', 'open("a.txt")', "journal.begin(name, about, what)"])
def test_what_only_reads_or_replaces_a_file_is_no_journal(call: str) -> None:
    assert not list(journals(f"with {call} as file:\n    pass\n"))


EVENTS = {"before", "note", "after", "failed", "undoing", "undone"}
CONVERTERS = {"convert_old", "_convert_old", "_convert"}
"""The functions that write what an earlier version stored in another form as events."""


def events(tree: ast.AST) -> Iterator[str]:
    """The calls that write an event of a step to a journal, except in converters."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name in CONVERTERS:
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).rpartition(".")[2].removeprefix("_")
            if node.func.attr in EVENTS and owner in ("file", "journal"):
                yield ast.unparse(node)
        yield from events(node)


def test_only_the_engine_records_steps() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {call}"
        for path in sorted((ROOT / "workbench").rglob("*.py"))
        if path != ROOT / "workbench/core/operations.py"
        for call in events(ast.parse(path.read_text("utf-8")))
    ]
    assert not found, "make the step with Operation of workbench/core/operations.py"


def test_an_event_of_a_step_is_found() -> None:
    text = "def run():\n    self._file.before('1')\n\n\ndef convert_old():\n    file.after('1')\n"
    assert list(events(ast.parse(text))) == ["self._file.before('1')"]
