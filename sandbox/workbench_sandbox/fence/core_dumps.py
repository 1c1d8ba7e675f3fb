"""No core dumps: the memory of Workbench, its tools and functions holds keys."""

import sys


def forbid_core_dumps() -> None:
    """Has this process, and whatever it starts, write no core dump when it crashes."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
