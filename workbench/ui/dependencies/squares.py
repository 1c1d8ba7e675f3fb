"""Rectangles whose areas are as given sizes, as near to squares as they can be.

Source: Bruls, Huizing, van Wijk: "Squarified Treemaps" (2000).
"""

from collections.abc import Sequence

from PySide6.QtCore import QRectF


def squares(sizes: Sequence[float], place: QRectF) -> list[QRectF]:
    """A rectangle for each size, filling the place.

    Args:
        sizes: Largest first, none below 0.
        place: Where they go.
    """
    total = sum(sizes)
    if total <= 0 or place.width() <= 0 or place.height() <= 0:
        return [QRectF(place.topLeft(), place.topLeft()) for _ in sizes]
    scale = place.width() * place.height() / total
    areas = [size * scale for size in sizes]
    rectangles: list[QRectF] = []
    rest = QRectF(place)
    row: list[float] = []
    for area in areas:
        side = min(rest.width(), rest.height())
        if row and _worst([*row, area], side) > _worst(row, side):
            rest = _lay(row, rest, rectangles)
            row = []
        row.append(area)
    _lay(row, rest, rectangles)
    return rectangles


def _worst(row: Sequence[float], side: float) -> float:
    """How far from a square the worst of a row is."""
    total = sum(row)
    if total <= 0 or side <= 0:
        return float("inf")
    smallest = max(min(row), 1e-9)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * smallest))


def _lay(row: Sequence[float], rest: QRectF, rectangles: list[QRectF]) -> QRectF:
    """Puts a row along the shorter side; returns what is left."""
    total = sum(row)
    if rest.width() >= rest.height():
        width = total / rest.height() if rest.height() else 0.0
        top = rest.top()
        for area in row:
            height = area / width if width else 0.0
            rectangles.append(QRectF(rest.left(), top, width, height))
            top += height
        return QRectF(rest.left() + width, rest.top(), max(0.0, rest.width() - width), rest.height())
    height = total / rest.width() if rest.width() else 0.0
    left = rest.left()
    for area in row:
        width = area / height if height else 0.0
        rectangles.append(QRectF(left, rest.top(), width, height))
        left += width
    return QRectF(rest.left(), rest.top() + height, rest.width(), max(0.0, rest.height() - height))
