"""What the window says of the fence around code that runs on this computer."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from workbench.core.settings import Settings
from workbench.sandbox.processes import fence_state, isolation_summary, isolation_text, local_rights_text
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.pages.test import TestPage
from workbench.ui.shell.preferences import LOCAL_UNFENCED
from workbench.ui.shell.services import Services
from workbench_sandbox.fence import confinement

NOT_ISOLATED = "not isolated"
OF_THE_USER = "your permissions and can read all your files"


@pytest.fixture
def landlock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The version that the system has."""
    version: int = request.param
    monkeypatch.setattr(confinement, "abi", lambda: version)
    fence_state.cache_clear()
    yield version
    fence_state.cache_clear()


@pytest.mark.parametrize("landlock", [0], indirect=True)
def test_without_a_fence_the_words_are_plain(landlock: int, services: Services) -> None:
    assert not fence_state().is_on
    assert NOT_ISOLATED in isolation_summary()
    for text in (isolation_text(), local_rights_text("mine")):
        assert OF_THE_USER in text
    assert "mine" in local_rights_text("mine")
    page = TestPage(services)
    note = page.findChild(QLabel, "testLocalRights")
    assert note is not None
    assert NOT_ISOLATED in note.text()
    assert OF_THE_USER in " ".join(note.toolTip().split())  # in lines
    assert note.property("role") == "warning"
    page.deleteLater()


@pytest.mark.parametrize("landlock", [4, 7], indirect=True)
def test_with_a_fence_its_kind_is_said(landlock: int, services: Services) -> None:
    assert str(landlock) in isolation_summary()
    assert str(landlock) in isolation_text()
    assert ("stop your other programs" in isolation_text()) is (landlock < 6)
    for text in (isolation_summary(), isolation_text(), local_rights_text("mine")):
        assert OF_THE_USER not in text
        assert NOT_ISOLATED not in text
    page = TestPage(services)
    note = page.findChild(QLabel, "testLocalRights")
    assert note is not None
    assert note.toolTip().split() == isolation_text().split()  # in lines
    page.deleteLater()


@pytest.mark.parametrize("landlock", [0, 7], indirect=True)
def test_the_setting_means_something_only_where_there_is_a_fence(landlock: int, services: Services) -> None:
    settings: Settings = services.settings
    parent = QWidget()
    dialog = SettingsDialog(settings, parent)
    box = dialog.findChild(QCheckBox, "localUnfenced")
    assert box is not None
    assert not box.isChecked()
    assert box.isEnabled() is (landlock > 0)
    if landlock:
        box.setChecked(True)
        assert LOCAL_UNFENCED.read(settings)
    parent.deleteLater()
