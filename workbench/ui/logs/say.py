"""A line that says how things are."""

from PySide6.QtWidgets import QLabel


def say(label: QLabel, text: str, *, danger: bool = False) -> None:
    """Puts a text into a label, in the colour of what is wrong if something is."""
    label.setText(text)
    label.setToolTip(text)
    label.setProperty("role", "danger" if danger else "muted")
    label.style().unpolish(label)
    label.style().polish(label)
