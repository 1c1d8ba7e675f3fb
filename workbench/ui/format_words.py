"""What a file that is no text is called, and how its size is written."""

from workbench.code.text import Format
from workbench.core.messages import _

_UNITS = ("kB", "MB", "GB")


def format_words(kind: Format) -> str:
    """Such as "Image"."""
    return {
        Format.IMAGE: _("Image"),
        Format.ARCHIVE: _("Archive"),
        Format.LIBRARY: _("Compiled library"),
        Format.PROGRAM: _("Executable"),
        Format.DATABASE: _("Database"),
        Format.DOCUMENT: _("Document"),
        Format.FONT: _("Font"),
        Format.MEDIA: _("Audio or video"),
        Format.DATA: _("Binary data"),
    }[kind]


def size_words(size_bytes: int) -> str:
    """Such as "12.3 MB" (of a million bytes each); small ones in bytes."""
    if size_bytes < 1000:
        return _("{size_bytes} bytes").format(size_bytes=str(size_bytes))
    size = size_bytes / 1000
    for unit in _UNITS:
        if size < 999.95:
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size * 1000:,.1f} {_UNITS[-1]}"
