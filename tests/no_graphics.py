"""What Qt and Chromium log where there is no graphics card, window system or bus: patterns for pytest-qt.

And what Chromium prints where it is installed below a folder whose name is not ASCII.
"""

from collections.abc import Iterable
from pathlib import Path

NO_GRAPHICS = (
    "This plugin does not support",
    "QRhiGles2: Failed to create",
    "Failed to create RHI for backend",
    "QVulkanInstance: Failed to initialize",
    "Failed to create (platform )?Vulkan instance",
    "GBM is not supported",
    "No DRI3 Extension",
    "GPUInfo not initialized",
    "Sandboxing disabled by user",
    "Failed to connect to the bus",
)
_OF_CHROMIUM = "web_engine_library_info.cpp"


def without_paths_warning(lines: Iterable[str]) -> list[str]:
    """These lines without what QtWebEngine prints because it hands on no path but ASCII ones."""
    return [line for line in lines if _OF_CHROMIUM not in line or str(Path(__file__)).isascii()]
