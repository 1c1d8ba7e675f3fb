"""What is prepared for web views before any of them is loaded."""

import sys
from pathlib import Path

import pytest

from workbench.ui.web_views import has_graphics_card


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize(
    ("devices", "there"),
    [
        ([], False),
        (["dri/card0"], False),  # a plain frame buffer: nothing that computes
        (["dri/card0", "dri/renderD128"], True),
        (["nvidiactl"], True),
    ],
)
def test_a_graphics_card_is_known_by_its_devices(tmp_path: Path, devices: list[str], there: bool) -> None:
    for name in devices:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert has_graphics_card(tmp_path) is there
