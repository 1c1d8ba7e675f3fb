"""A function's settings and their values, as people read them."""

from PySide6.QtCore import QCoreApplication

from workbench.deploy.changes import ChangedSetting

_MASK = "••••••••"  # always as long: the length of a password is a secret too
_UNITS = {"memory_mb": "MB", "ephemeral_storage_mb": "MB", "timeout_s": "s"}


def setting_title(setting: ChangedSetting) -> str:
    """What a setting is called."""
    translate = QCoreApplication.translate
    titles = {
        "handler": translate("Settings of a function", "Handler"),
        "runtime": translate("Settings of a function", "Runtime"),
        "description": translate("Settings of a function", "Description"),
        "memory_mb": translate("Settings of a function", "Memory"),
        "timeout_s": translate("Settings of a function", "Timeout"),
        "role_arn": translate("Settings of a function", "Execution role"),
        "environment": translate("Settings of a function", "Variable"),
        "layers": translate("Settings of a function", "Layers"),
        "ephemeral_storage_mb": translate("Settings of a function", "Storage in /tmp"),
        "tracing": translate("Settings of a function", "X-Ray tracing"),
    }
    title = titles.get(setting.name, setting.name)
    return f"{title} {setting.key}" if setting.key else title


def setting_value(setting: ChangedSetting, value: object) -> str:
    """A value in words; a secret one is masked."""
    if value in (None, "", ()):
        return QCoreApplication.translate("Settings of a function", "none")
    if setting.secret:
        return _MASK
    if isinstance(value, tuple):
        return ", ".join(str(each).rpartition(":layer:")[2] or str(each) for each in value)
    unit = _UNITS.get(setting.name, "")
    return f"{value} {unit}".rstrip()
