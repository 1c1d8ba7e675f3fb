"""Names for widgets: one that tests and style sheets find, one that is read out."""

from PySide6.QtWidgets import QWidget


def named[W: QWidget](widget: W, object_name: str, accessible_name: str = "", role: str = "") -> W:
    """Names a widget and hands it back, so that making and naming it is one expression.

    Args:
        widget: A widget just made.
        object_name: Unique on its page, in camelCase.
        accessible_name: What a screen reader says; needed where the widget shows no text of its own.
        role: The style sheet's name for its looks ("muted", "heading", "primary", "quiet").
    """
    widget.setObjectName(object_name)
    if accessible_name:
        widget.setAccessibleName(accessible_name)
    if role:
        widget.setProperty("role", role)
    return widget
