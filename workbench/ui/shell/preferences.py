"""The settings that a person can change, each with its key and its default, once."""

from dataclasses import dataclass
from enum import Enum

from workbench.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Preference[T]:
    """A setting: where it is kept and what holds until it is set."""

    key: str
    default: T

    def read(self, settings: Settings) -> T:
        """The value in force."""
        return settings.get(self.key, self.default)


LANGUAGE = Preference("ui.language", "")  # a code, such as "ja"; empty: the system's. Read by __main__
THEME = Preference("ui.theme", "system")  # or "light", "dark"
TEXT_SIZE_PERCENT = Preference("ui.text_size", 100)  # of the interface, not of the code
EDITOR_FONT = Preference("editor.font", "")  # a family's name; empty: the system's monospaced one
EDITOR_FONT_SIZE_PX = Preference("editor.font_size", 14)
EDITOR_TAB_SIZE = Preference("editor.tab_size", 4)
EDITOR_FORMAT_ON_SAVE = Preference("editor.format_on_save", False)
EDITOR_MINIMAP = Preference("editor.minimap", True)
EDITOR_OUTLINE = Preference("editor.outline", True)
EDITOR_WHITESPACE = Preference("editor.whitespace", False)
EDITOR_WORD_WRAP = Preference("editor.word_wrap", False)
LOCAL_UNFENCED = Preference("local.unfenced", False)  # where the system has a fence and refuses it
IDLE_LOCK_MIN = Preference("safety.idle_lock_min", 15)  # 0: never
LEDGER_MB = Preference("invoke.ledger_mb", 256)  # payloads, answers and logs that are kept
LOGS_WRAP = Preference("logs.wrap", True)
LOGS_REQUEST_IDS = Preference("logs.request_ids", False)  # and times, where a column shows them already
METRICS_REFRESH_S = Preference("metrics.refresh_s", 30)
METRICS_SPARKLINES = Preference("metrics.sparklines", "sandbox")  # or "off", "all": AWS charges for them


class SandboxStart(Enum):
    """When the Sandbox is started."""

    ALWAYS = "always"
    """Together with the program."""
    CHOSEN = "chosen"
    """When its profile is chosen, at the start too."""
    NEVER = "never"
    """Not even when its profile is chosen, which then says so."""


SANDBOX_START = Preference("sandbox.start", SandboxStart.CHOSEN.value)

SANDBOX_STATES = Preference("sandbox.states", "quick")  # or "aws": as long as there


def sandbox_start(settings: Settings) -> SandboxStart:
    """When the Sandbox is started: what holds, for whoever starts it or offers to."""
    value = SANDBOX_START.read(settings)
    return next((each for each in SandboxStart if each.value == value), SandboxStart.CHOSEN)
