"""A function's settings and their values, as people read them."""

from workbench.core.messages import _
from workbench.deploy.changes import ChangedSetting
from workbench.functions.configuration import ROWS, setting_name

_MASK = "••••••••"  # always as long: the length of a password is a secret too


def setting_title(setting: ChangedSetting) -> str:
    """What a setting is called."""
    return setting_name(setting.name, setting.key)


def setting_value(setting: ChangedSetting, value: object) -> str:
    """A value in words; a secret one is masked."""
    if value in (None, "", ()):
        return _("none")
    if setting.secret:
        return _MASK
    if isinstance(value, tuple):
        return ", ".join(str(each).rpartition(":layer:")[2] or str(each) for each in value)
    return f"{value} {ROWS[setting.name].unit}".rstrip()
