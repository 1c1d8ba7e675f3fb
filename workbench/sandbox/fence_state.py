"""Which fence keeps local code from the user's files on this system, and texts about it."""

import functools
import sys
from dataclasses import dataclass

from workbench.core.messages import _

if sys.platform == "linux":
    from workbench.sandbox.launcher.inside import fence

_SIGNALS_SINCE = 6


@dataclass(frozen=True, slots=True)
class FenceState:
    """The fence of this system.

    Attributes:
        landlock: ABI version of Landlock; 0 if there is no fence.
    """

    landlock: int

    @property
    def is_on(self) -> bool:
        """Whether local code runs in a fence."""
        return self.landlock > 0

    @property
    def holds_signals(self) -> bool:
        """Whether the fence stops signals to the user's other programs."""
        return self.landlock >= _SIGNALS_SINCE


@functools.cache
def fence_state() -> FenceState:
    """Asks the kernel; the answer is cached."""
    return FenceState(fence.abi() if sys.platform == "linux" else 0)


def short_text() -> str:
    """A short text on whether Run Locally isolates a function."""
    state = fence_state()
    if not state.is_on:
        return _("Run Locally: not isolated")
    return _("Run Locally: isolated (Landlock {landlock})").format(landlock=str(state.landlock))


def full_text() -> str:
    """What functions on this computer can access, in Run Locally and in the Sandbox."""
    state = fence_state()
    if not state.is_on:
        return _(
            "Local functions run with your permissions and can read all your files, including "
            "credentials, because this system cannot isolate them. Linux 6.2 or later can."
        )
    text = _(
        "Local functions are isolated (Landlock {landlock}). They can read the system, their "
        "interpreter and their own code, write to a private temporary folder, and use the "
        "network. They cannot access your other files, your keyring or your other programs."
    ).format(landlock=str(state.landlock))
    if state.holds_signals:
        return text
    more = _("They can stop your other programs: Linux 6.12 or later prevents that.")
    return f"{text} {more}"


def rights_text(function_name: str) -> str:
    """A text on the permissions of a function that runs here, before the user gives it credentials."""
    if fence_state().is_on:
        text = _("Local runs of {function_name} are isolated from your files and credentials.")
    else:
        text = _(
            "Local runs of {function_name} have your permissions and can read all your files, "
            "including credentials."
        )
    return text.format(function_name=function_name)
