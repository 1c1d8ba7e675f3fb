"""The tables of the form beside the environment: tags, and provisioned concurrency."""

from typing import Any

from PySide6.QtCore import QCoreApplication

from workbench.aws.quotas import TextLimit
from workbench.ui.configuring.pairs import PairsEditor


class ProvisionedEditor(PairsEditor):
    """How many environments stand ready, by alias or version."""

    def __init__(self, title: str) -> None:
        translate = QCoreApplication.translate
        headers = (
            translate("Configuration", "Alias or version"),
            translate("Configuration", "Concurrency"),
        )
        super().__init__("provisioned", title, headers, translate("Configuration", "Add Alias or Version"))

    def value(self) -> Any:
        return tuple(sorted((name, int(number)) for name, number in self.model.pairs()))

    def fault(self) -> str:
        translate = QCoreApplication.translate
        if wrong := self.twice():
            return wrong
        for name, number in self.model.pairs():
            if name == "$LATEST":
                return translate("Configuration", "$LATEST cannot have it: publish a version.")
            if not (number.isascii() and number.isdigit() and int(number) > 0):
                return translate("Configuration", "%1: a whole number, 1 or more.").replace("%1", name)
        return ""


class TagsEditor(PairsEditor):
    """The function's tags.

    Args:
        title: What they are called.
        key: The model's limits for a key.
        value: And for a value.
        most: How many there may be.
    """

    def __init__(self, title: str, key: TextLimit | None, value: TextLimit | None, most: int) -> None:
        translate = QCoreApplication.translate
        headers = (translate("Configuration", "Key"), translate("Configuration", "Value"))
        super().__init__("tags", title, headers, translate("Configuration", "Add Tag"))
        self._key, self._value, self._most = key, value, most

    def fault(self) -> str:
        translate = QCoreApplication.translate
        pairs = self.model.pairs()
        if wrong := self.twice():
            return wrong
        for name, text in pairs:
            if (name, text) in self._shown:
                continue
            if name.lower().startswith("aws:"):
                return translate("Configuration", "%1: keys that begin with “aws:” are AWS's own.").replace(
                    "%1", name
                )
            if not (self._key is None or self._key.accepts(name)) or not (
                self._value is None or self._value.accepts(text)
            ):
                words = translate(
                    "Configuration",
                    "%1: letters, digits, spaces and _ . : / = + - @; "
                    "keys up to 128 characters, values up to 256.",
                )
                return words.replace("%1", name[:60])
        own = [name for name, _text in pairs if not name.lower().startswith("aws:")]
        if len(own) > self._most:
            words = translate("Configuration", "%1 tags; a function may have %2.")
            return words.replace("%1", str(len(own))).replace("%2", str(self._most))
        return ""
