"""Nothing walks live objects: other threads are building some of them.

`tuple(generator)` makes a tuple that grows. Whoever gets it from the garbage collector meanwhile holds it,
and Python then raises SystemError in the thread that builds it.
"""

import ast

import pytest

from tests.architecture.source_files import ROOT, source_files

WALKS = frozenset({"get_objects", "get_referrers", "get_referents"})


def walks(source: str) -> list[int]:
    """The lines that name a function which hands out live objects."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="gc"), attr=name) if name in WALKS:
                found.append(node.lineno)
            case ast.ImportFrom(module="gc", names=names) if WALKS & {each.name for each in names}:
                found.append(node.lineno)
    return found


def test_nothing_walks_live_objects() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in source_files()
        for line in walks(path.read_text("utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    "source", ["import gc\nlen(gc.get_objects(0))", "from gc import get_referrers", "f = gc.get_referents"]
)
def test_the_rule_bites(source: str) -> None:
    assert walks(source)
    assert not walks("gc.collect()\nfrom gc import freeze\nself.get_objects()")
