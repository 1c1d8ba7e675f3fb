"""Where the patterns of one function are kept: a text beside its other files, never among its code."""

from pathlib import Path

from workbench.code.package.patterns import NO_PATTERNS, Patterns
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, write_atomic

_FILE = "package-patterns"


def read_patterns(workspace_folder: Path) -> Patterns:
    """The patterns of a workspace; none when nobody gave any.

    Raises:
        WorkbenchError: They cannot be read. What would be packed is not what was asked for then.
    """
    path = workspace_folder / _FILE
    try:
        return Patterns.of(path.read_text("utf-8"))
    except FileNotFoundError:
        return NO_PATTERNS
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            "The patterns could not be read.", f"{path} is not a text file: {error}."
        ) from error
    except OSError as error:
        raise explain_os_error(error, "The patterns could not be read.", path) from error


def write_patterns(workspace_folder: Path, text: str) -> Patterns:
    """Keeps patterns, one a line, for the next package.

    Raises:
        WorkbenchError: A line is no pattern, or the disk refuses. The old ones still count then.
    """
    patterns = Patterns.of(text)
    write_atomic(workspace_folder / _FILE, text.encode())
    return patterns
