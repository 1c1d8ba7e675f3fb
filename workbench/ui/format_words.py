"""What a file that is no text is called, and how its size is written."""

from PySide6.QtCore import QCoreApplication

from workbench.code.text import Format

_UNITS = ("kB", "MB", "GB")


def format_words(kind: Format) -> str:
    """Such as "Image"."""
    translate = QCoreApplication.translate
    return {
        Format.IMAGE: translate("Format", "Image"),
        Format.ARCHIVE: translate("Format", "Archive"),
        Format.LIBRARY: translate("Format", "Compiled library"),
        Format.PROGRAM: translate("Format", "Executable"),
        Format.DATABASE: translate("Format", "Database"),
        Format.DOCUMENT: translate("Format", "Document"),
        Format.FONT: translate("Format", "Font"),
        Format.MEDIA: translate("Format", "Audio or video"),
        Format.DATA: translate("Format", "Binary data"),
    }[kind]


def size_words(size_bytes: int) -> str:
    """Such as "12.3 MB" (of a million bytes each); small ones in bytes."""
    if size_bytes < 1000:
        return QCoreApplication.translate("Format", "%1 bytes").replace("%1", str(size_bytes))
    size = size_bytes / 1000
    for unit in _UNITS:
        if size < 999.95:
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size * 1000:,.1f} {_UNITS[-1]}"
