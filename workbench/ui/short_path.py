"""How the path of a folder is written for people."""

from pathlib import Path


def short_path(path: Path) -> str:
    """The path, with "~" for the home folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):  # elsewhere, or there is no home
        return str(path)
