"""Figures as people read them. The abbreviations of units are international: not translated."""

from workbench.core.messages import ngettext


def duration_text(duration_ms: float) -> str:
    """A duration: "12 ms", "1.24 s", "2 min 5 s", "3 h 10 min"."""
    if duration_ms < 1000:
        return f"{duration_ms:.0f} ms"
    seconds = duration_ms / 1000
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def size_text(size_bytes: int) -> str:
    """A size: "299 bytes", "1.2 KB", "48 MB". Powers of 1024, as Lambda's limits are meant."""
    if size_bytes < 1024:
        return ngettext("{count} byte", "{count} bytes", size_bytes).format(count=size_bytes)
    size, unit = size_bytes / 1024, "KB"
    for larger in ("MB", "GB"):
        if size >= 1024:
            size, unit = size / 1024, larger
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"
