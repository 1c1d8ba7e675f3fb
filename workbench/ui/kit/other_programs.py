"""Opens a file in the program that the system has for it, shows its folder, opens a web address.

Files come with other people's packages, and some systems run what is opened. So only images, PDF and plain
text are opened, when both the name and the content are of such a kind; for anything else there is its folder.
"""

import os
import stat
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error
from workbench.core.messages import _

_HEAD_BYTES = 4096
_EXECUTABLE = 0o111
_SCRIPTS = ("#!", "[Desktop Entry]", "<?", "<!", "<html", "<script", "<svg", "MZ")
"""How text begins that some program runs, whatever the file is called."""
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Kinds of characters that change how a name looks: controls, marks of direction, line ends.

Source: https://www.unicode.org/reports/tr44/#General_Category_Values
"""


def _starts_with(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(head) < _HEAD_BYTES or error.start < len(head) - 3:  # else the end cuts a character in two
            return False
        text = head[: error.start].decode("utf-8-sig")
    return "\0" not in text and not text.lstrip().lower().startswith(tuple(map(str.lower, _SCRIPTS)))


_OPENED: dict[str, Callable[[bytes], bool]] = {
    **dict.fromkeys((".txt", ".text", ".log", ".md", ".json", ".jsonl", ".yaml", ".yml", ".toml"), _is_text),
    **dict.fromkeys((".jpg", ".jpeg"), _starts_with(b"\xff\xd8\xff")),
    **dict.fromkeys((".tif", ".tiff"), _starts_with(b"II*\0", b"MM\0*")),
    ".png": _starts_with(b"\x89PNG\r\n\x1a\n"),
    ".gif": _starts_with(b"GIF87a", b"GIF89a"),
    ".bmp": _starts_with(b"BM"),
    ".ico": _starts_with(b"\0\0\1\0"),
    ".webp": lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
    ".pdf": _starts_with(b"%PDF-"),
}
"""Ending in lower case -> whether a file's first bytes are of that kind. Not SVG and CSV: both may act."""


def refusal_to_open(file: Path) -> WorkbenchError | None:
    """Why a file is not opened in another program; None when it may be. Reads the file's first bytes."""
    name = file.name
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        return _refused(file, _("Its name contains invisible characters."))
    fits = _OPENED.get(file.suffix.lower())
    if fits is None or ":" in name or name != name.rstrip(". "):
        return _refused(
            file,
            _("Only images, PDF files and plain text are opened, because other types can run code."),
        )
    try:
        if file.is_symlink():
            return _refused(file, _("It is a symbolic link."))
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as reader:
            mode = os.fstat(descriptor).st_mode
            head = reader.read(_HEAD_BYTES) if stat.S_ISREG(mode) else b""
    except OSError as error:
        return explain_os_error(error, _("{name} was not opened.").format(name=_shown(name)), file)
    if not stat.S_ISREG(mode):
        return _refused(file, _("It is not a regular file."))
    if mode & _EXECUTABLE and os.name != "nt":
        return _refused(file, _("It is marked as executable, and some systems would run it."))
    if not fits(head):
        words = _("Its content does not match its name ({suffix}).")
        return _refused(file, words.format(suffix=file.suffix))
    return None


def open_in_other_program(file: Path) -> WorkbenchError | None:
    """Opens a file in another program; returns why not, if it is refused or cannot be."""
    if (refusal := refusal_to_open(file)) is not None:
        return refusal
    if QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
        return None
    return WorkbenchError(
        _("{file} could not be opened.").format(file=file.name),
        _("No application is associated with this type of file."),
        _("Choose Show in Folder, and open it from there."),
    )


def show_in_folder(file: Path) -> WorkbenchError | None:
    """Shows the folder of a file in the system's file manager; returns why not, if it cannot be."""
    return show_folder(file.parent)


def show_folder(folder: Path) -> WorkbenchError | None:
    """Shows a folder in the system's file manager; returns why not, if it cannot be."""
    if QDesktopServices.openUrl(QUrl.fromLocalFile(str(_plain_folder(folder)))):
        return None
    return WorkbenchError(
        _("The folder {folder} could not be shown.").format(folder=folder.name),
        _("The system has no file manager."),
        str(folder),
    )


def open_in_browser(url: str) -> bool:
    """Opens a web address in the browser; False for any other address, and when there is no browser."""
    address = QUrl(url, QUrl.ParsingMode.StrictMode)
    if not address.isValid() or address.scheme() not in ("http", "https") or not address.host():
        return False
    return QDesktopServices.openUrl(address)


def _plain_folder(folder: Path) -> Path:
    """On macOS a folder whose name has an ending may be a program, which is started: one above it is not."""
    while sys.platform == "darwin" and folder.suffix and folder != folder.parent:
        folder = folder.parent
    return folder


def _refused(file: Path, why: str) -> WorkbenchError:
    return WorkbenchError(
        _("{file} was not opened.").format(file=_shown(file.name)),
        why,
        _("If you trust it, choose Show in Folder and open it from there."),
    )


def _shown(name: str) -> str:
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(each) in _INVISIBLE else each for each in name
    )
