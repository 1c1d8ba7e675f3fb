"""Contrast as WCAG 2.2 defines it, and the style sheet's rules as values that can be looked up."""

import re
from dataclasses import dataclass

from PySide6.QtGui import QColor

TEXT, PART = 4.5, 3.0
"""What WCAG asks of text (1.4.3, level AA), and of borders, icons and lines that carry a meaning (1.4.11)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two colours that meet, as #rrggbb, and the contrast that they need."""

    what: str
    front: str
    ground: str
    needed: float

    @property
    def contrast(self) -> float:
        """From 1 to 21."""
        return contrast(self.front, self.ground)


def contrast(first: str, second: str) -> float:
    """The contrast of two colours (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    lights = sorted((_luminance(first), _luminance(second)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(name: str) -> float:
    color = QColor(name)
    channels = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def table(pairs: list[Pair]) -> str:
    """All pairs as lines, those with too little contrast marked."""
    lines = (
        f"{' ' if pair.contrast >= pair.needed else '!'} {pair.contrast:5.2f} of {pair.needed:4.2f}  "
        f"{pair.front} on {pair.ground}  {pair.what}"
        for pair in pairs
    )
    return "\n".join(lines)


class Sheet:
    """A style sheet's declarations.

    Args:
        text: The style sheet.
    """

    def __init__(self, text: str) -> None:
        self._rules: dict[str, dict[str, str]] = {}
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            parts = [each.split(":", 1) for each in body.split(";") if ":" in each]
            declarations = {name.strip(): value.strip() for name, value in parts}
            for selector in selectors.split(","):
                self._rules.setdefault(" ".join(selector.split()), {}).update(declarations)

    def color(self, selector: str, *properties: str) -> str:
        """The colour of the first property that this selector declares, as #rrggbb.

        Raises:
            AssertionError: It declares none of them.
        """
        rule = self._rules.get(selector, {})
        for name in properties:
            if (found := re.search(r"#[0-9a-fA-F]{6}", rule.get(name, ""))) is not None:
                return found[0]
        raise AssertionError(f"{selector} has no colour for {' or '.join(properties)}")

    def declares(self, selector: str) -> dict[str, str]:
        """All that a selector declares, by property."""
        return dict(self._rules.get(selector, {}))

    def all(self) -> list[tuple[str, dict[str, str]]]:
        """Every selector with what it declares."""
        return list(self._rules.items())

    def matching(self, pattern: str) -> list[str]:
        """The selectors that a regular expression fully matches."""
        return [selector for selector in self._rules if re.fullmatch(pattern, selector)]
