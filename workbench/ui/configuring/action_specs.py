"""The actions of the Configuration tab, and those that stop a function. See action_table.py."""

from workbench.ui.action_spec import QT_TRANSLATE_NOOP, ActionSpec

CONFIGURATION = (
    ActionSpec(
        "configuration.apply",
        QT_TRANSLATE_NOOP("Actions", "Apply Configuration Changes…"),
        "Ctrl+Shift+S",
        "",
        "configuration.apply",
    ),
    ActionSpec(
        "configuration.discard",
        QT_TRANSLATE_NOOP("Actions", "Discard Configuration Changes"),
        "",
        "",
        "configuration.discard",
    ),
    ActionSpec(
        "configuration.revert",
        QT_TRANSLATE_NOOP("Actions", "Revert Last Configuration Change"),
        "",
        "",
        "configuration.revert",
    ),
    ActionSpec(
        "function.power_tuning",
        QT_TRANSLATE_NOOP("Actions", "Power Tuning…"),
        "Alt+Shift+W",
        "zap",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "function.clean_tuning",
        QT_TRANSLATE_NOOP("Actions", "Remove Temporary Versions"),
        "",
        "triangle-alert",
        "function.clean_tuning",
        only_when_enabled=True,
    ),
)
STOPPING = (
    ActionSpec(
        "function.emergency_stop",
        QT_TRANSLATE_NOOP("Actions", "Emergency Stop…"),
        "",
        "triangle-alert",
        "function",
        begins_group=True,
    ),
    ActionSpec(
        "function.resume",
        QT_TRANSLATE_NOOP("Actions", "Resume Function"),
        "",
        "play",
        "function.resume",
        only_when_enabled=True,
    ),
)
