"""When a module of Workbench is loaded, once imports are lazy."""

import subprocess
import sys

import pytest

NAME = "workbench.core.redaction"
USED = "from workbench.core import redaction; redaction.start_logging"


def said(*lines: str) -> str:
    """What a program prints that begins as Workbench does."""
    program = ["import sys; from workbench.core import lazy_imports as lazy; lazy.install()", *lines]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(program)], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("line", "unloaded"),
    [
        ("from workbench.core import redaction", (NAME,)),
        (USED, ()),
        ("from workbench.core.redaction import start_logging", ()),
        (f"lazy.load('{NAME}')", ()),
        ("import workbench.functions", ()),  # a package
        (f"from workbench.core import redaction\n{USED}", ()),
    ],
)
def test_how_a_module_is_imported_says_when_it_is_loaded(line: str, unloaded: tuple[str, ...]) -> None:
    assert said(line, "print(lazy.unloaded())") == str(unloaded)


def test_what_is_not_ours_is_loaded_at_once() -> None:
    assert said("from email import message", "print(type(message).__name__)") == "module"


def test_a_module_that_is_not_there_fails_when_it_is_imported() -> None:
    program = ("try: from workbench.core import nothing", "except ImportError as error: print(error.name)")
    assert said(*program) == "workbench.core"


def test_the_rest_is_loaded_with_what_it_imports() -> None:
    lines = (
        "from workbench.ui.features.templates import dialogs",
        "checks = []",
        "lazy.load_rest(lambda: checks.append(0))",
        "print(lazy.unloaded(), len(checks) >= 2, 'yaml' in sys.modules)",
    )
    assert said(*lines) == "() True True"


def test_loading_the_rest_can_be_stopped() -> None:
    lines = (
        "from workbench.core import redaction",
        "try: lazy.load_rest(lambda: 1 / 0)",
        "except ZeroDivisionError: print(lazy.unloaded())",
    )
    assert said(*lines) == str((NAME,))
