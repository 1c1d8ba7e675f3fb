"""Lets screen readers read what appears without a change of focus."""

from PySide6 import QtGui  # its classes are created when first used: not for the first painting
from PySide6.QtWidgets import QWidget


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Lets screen readers read a text aloud; an urgent one interrupts them."""
    event = QtGui.QAccessibleAnnouncementEvent(widget, text)
    if urgent:
        event.setPoliteness(QtGui.QAccessible.AnnouncementPoliteness.Assertive)
    QtGui.QAccessible.updateAccessibility(event)
