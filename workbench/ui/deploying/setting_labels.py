"""A function's settings and their values, as people read them."""

from PySide6.QtCore import QCoreApplication

from workbench.deploy.changes import ChangedSetting
from workbench.functions.configuration import ROWS, setting_name

_MASK = "••••••••"  # always as long: the length of a password is a secret too


def setting_title(setting: ChangedSetting) -> str:
    """What a setting is called."""
    title = setting_name(setting.name, setting.key)
    return QCoreApplication.translate("Configuration", title)


def setting_value(setting: ChangedSetting, value: object) -> str:
    """A value in words; a secret one is masked."""
    if value in (None, "", ()):
        return QCoreApplication.translate("Settings of a function", "none")
    if setting.secret:
        return _MASK
    if isinstance(value, tuple):
        return ", ".join(str(each).rpartition(":layer:")[2] or str(each) for each in value)
    return f"{value} {ROWS[setting.name].unit}".rstrip()
