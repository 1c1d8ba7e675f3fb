"""Which fence this system offers to keep local code from the user's files; see `launcher.inside.fence`."""

import functools
import sys
from dataclasses import dataclass

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
