"""A field for a threshold: as many digits as are needed, and no more."""

from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox

from workbench.ui.named import named
from workbench.ui.number_box import indent

_DIGITS, _MOST = 4, 1e12


class ThresholdBox(QDoubleSpinBox):
    """Numbers from zero: what Lambda counts and measures is never less."""

    def __init__(self, name: str, accessible_name: str) -> None:
        super().__init__()
        named(self, name, accessible_name)
        indent(self)
        self.setDecimals(_DIGITS)
        self.setRange(0, _MOST)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text
