"""The settings that a person can change, each with its key and its default, once."""

from enum import Enum

from workbench.core.settings import Preference, Settings
from workbench.ui.kit.text_size import MAX_PERCENT, MIN_PERCENT

LANGUAGE = Preference("ui.language", "")  # a code, such as "ja"; empty: the system's. Read by __main__
THEME = Preference("ui.theme", "system", choices=("system", "light", "dark"))
TEXT_SIZE_PERCENT = Preference("ui.text_size", 100, limits=(MIN_PERCENT, MAX_PERCENT))
"""Of the interface, not of the code."""
EDITOR_FONT = Preference("editor.font", "")  # a family's name; empty: the system's monospaced one
EDITOR_FONT_SIZE_PX = Preference("editor.font_size", 14, limits=(8, 40))
EDITOR_TAB_SIZE = Preference("editor.tab_size", 4, limits=(1, 8))
EDITOR_FORMAT_ON_SAVE = Preference("editor.format_on_save", False)
EDITOR_MINIMAP = Preference("editor.minimap", True)
EDITOR_OUTLINE = Preference("editor.outline", True)
EDITOR_WHITESPACE = Preference("editor.whitespace", False)
EDITOR_WORD_WRAP = Preference("editor.word_wrap", False)
LOCAL_UNFENCED = Preference("local.unfenced", False)  # where the system has a fence and refuses it
IDLE_LOCK_MIN = Preference("safety.idle_lock_min", 15, limits=(0, 240))  # 0: never
LEDGER_MB = Preference("invoke.ledger_mb", 256, limits=(16, 4096))  # payloads, answers and logs that are kept
LOGS_WRAP = Preference("logs.wrap", True)
LOGS_REQUEST_IDS = Preference("logs.request_ids", False)  # and times, where a column shows them already
METRICS_REFRESH_S = Preference("metrics.refresh_s", 30, limits=(5, 600))
METRICS_SPARKLINES = Preference("metrics.sparklines", "sandbox", choices=("sandbox", "off", "all"))
"""AWS charges for them."""


class SandboxStart(Enum):
    """When the Sandbox is started."""

    ALWAYS = "always"
    """Together with the program."""
    CHOSEN = "chosen"
    """When its profile is chosen, at the start too."""
    NEVER = "never"
    """Not even when its profile is chosen, which then says so."""


SANDBOX_START: Preference[str] = Preference(
    "sandbox.start", SandboxStart.CHOSEN.value, choices=tuple(each.value for each in SandboxStart)
)
SANDBOX_STATES = Preference("sandbox.states", "quick", choices=("quick", "aws"))
"""How long functions and mappings stay in states of passage: as long as on AWS, or shorter."""


def sandbox_start(settings: Settings) -> SandboxStart:
    """When the Sandbox is started: what holds, for whoever starts it or offers to."""
    return SandboxStart(SANDBOX_START.read(settings))
