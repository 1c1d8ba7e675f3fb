"""The steps of Getting Started where there is no function to do them with."""

import pytest
from PySide6.QtWidgets import QPushButton

from tests.ui.test_routes import desk, opener
from tests.ui.window_desk import Desk

__all__ = ["desk", "opener"]  # fixtures


@pytest.mark.parametrize("step", ["edit", "deploy", "invoke", "metrics"])
def test_a_step_without_a_function_says_what_to_do_first(desk: Desk, step: str) -> None:
    desk.connect()
    button = desk.window.page.findChild(QPushButton, f"gettingStarted.{step}")
    assert button is not None
    button.click()
    banner = desk.banner("No function is open.")
    assert banner is not None
    assert "Choose a function from the list, or create one." in str(banner.error)
