"""The parts of the program that the window shows, as one value for those who connect them."""

from dataclasses import dataclass

from workbench.ui.services import Services
from workbench.ui.session import Session
from workbench.ui.window import MainWindow


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Made by the composition root; given to those that are not yet features."""

    services: Services
    session: Session
    window: MainWindow
