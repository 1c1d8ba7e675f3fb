"""Settings: shown as they are, saved at every change, failures said."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.ui.dialog_fit import SmallScreen
from workbench.core.settings import Settings
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.preferences import (
    EDITOR_FONT,
    EDITOR_FONT_SIZE_PX,
    EDITOR_MINIMAP,
    EDITOR_TAB_SIZE,
    EDITOR_WHITESPACE,
    EDITOR_WORD_WRAP,
    METRICS_REFRESH_S,
    METRICS_SPARKLINES,
    TEXT_SIZE_PERCENT,
    THEME,
)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    return parent


def child[W: QWidget](dialog: SettingsDialog, kind: type[W], name: str) -> W:
    found = dialog.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def test_it_shows_what_is_in_force(parent: QWidget, settings: Settings) -> None:
    settings.set("ui.theme", "dark")
    settings.set("editor.font_size", 18)
    dialog = SettingsDialog(settings, parent)
    assert child(dialog, QComboBox, "theme").currentData() == "dark"
    assert child(dialog, QSpinBox, "fontSize").value() == 18
    assert child(dialog, QSpinBox, "tabSize").value() == 4
    assert not child(dialog, QCheckBox, "wordWrap").isChecked()
    assert child(dialog, QSpinBox, "metricsRefresh").value() == 30


def test_each_language_is_named_in_itself_and_holds_from_the_next_start(
    parent: QWidget, settings: Settings
) -> None:
    dialog = SettingsDialog(settings, parent)
    box = child(dialog, QComboBox, "language")
    assert box.currentData() == ""
    assert box.findText("日本語") > 0
    assert "starts again" in box.toolTip()
    dialog.show()
    button, row = child(dialog, QPushButton, "settingsRestart"), dialog.findChildren(Form)[0].rows["language"]
    assert not button.isVisible()
    box.setCurrentIndex(box.findData("ja"))
    assert settings.get("ui.language", "") == "ja"
    assert row.message.isVisible()
    assert "starts again" in row.message.text()
    assert button.isVisible()
    wanted: list[bool] = []
    dialog.restart_wanted.connect(lambda: wanted.append(True))
    box.setCurrentIndex(0)
    assert not button.isVisible()
    assert not row.message.isVisible()
    box.setCurrentIndex(box.findData("ja"))
    button.click()
    assert wanted
    assert not dialog.isVisible()


def test_every_change_is_saved_and_told_at_once(parent: QWidget, settings: Settings, tmp_path: Path) -> None:
    dialog = SettingsDialog(settings, parent)
    told: list[str] = []
    dialog.changed.connect(told.append)
    child(dialog, QComboBox, "theme").setCurrentIndex(1)
    child(dialog, QSpinBox, "fontSize").setValue(20)
    child(dialog, QSpinBox, "tabSize").setValue(2)
    child(dialog, QCheckBox, "wordWrap").click()
    child(dialog, QCheckBox, "minimap").click()
    child(dialog, QCheckBox, "whitespace").click()
    child(dialog, QSpinBox, "metricsRefresh").setValue(60)
    child(dialog, QComboBox, "sparklines").setCurrentIndex(2)
    assert told == [
        "ui.theme",
        "editor.font_size",
        "editor.tab_size",
        "editor.word_wrap",
        "editor.minimap",
        "editor.whitespace",
        "metrics.refresh_s",
        "metrics.sparklines",
    ]
    saved = Settings(tmp_path / "settings.json")
    assert THEME.read(saved) == "light"
    assert (EDITOR_FONT_SIZE_PX.read(saved), EDITOR_TAB_SIZE.read(saved)) == (20, 2)
    assert EDITOR_WORD_WRAP.read(saved)
    assert not EDITOR_MINIMAP.read(saved)
    assert EDITOR_WHITESPACE.read(saved)
    assert METRICS_REFRESH_S.read(saved) == 60
    assert METRICS_SPARKLINES.read(saved) == "all"


def test_only_monospaced_fonts_are_offered_and_the_systems_own(parent: QWidget, settings: Settings) -> None:
    fonts = child(SettingsDialog(settings, parent), QComboBox, "font")
    assert fonts.currentText() == "Same as system"
    offered = [fonts.itemText(number) for number in range(1, fonts.count())]
    assert "DejaVu Sans Mono" in offered
    assert "DejaVu Sans" not in offered
    fonts.setCurrentIndex(fonts.findData("DejaVu Sans Mono"))
    assert EDITOR_FONT.read(settings) == "DejaVu Sans Mono"
    fonts.setCurrentIndex(0)
    assert EDITOR_FONT.read(settings) == ""


def test_a_font_that_is_not_installed_any_more_stays_chosen(parent: QWidget, settings: Settings) -> None:
    settings.set("editor.font", "Gone Mono")
    fonts = child(SettingsDialog(settings, parent), QComboBox, "font")
    assert fonts.currentText() == "Gone Mono"


def test_a_number_counts_when_it_is_typed_out(parent: QWidget, settings: Settings) -> None:
    dialog = SettingsDialog(settings, parent)
    told: list[str] = []
    dialog.changed.connect(told.append)
    box = child(dialog, QSpinBox, "fontSize")
    box.selectAll()
    QTest.keyClicks(box, "22")
    assert told == []
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert told == ["editor.font_size"]
    assert EDITOR_FONT_SIZE_PX.read(settings) == 22


def test_nonsense_in_the_file_does_not_stop_it(parent: QWidget, settings: Settings) -> None:
    settings.set("ui.theme", "purple")
    settings.set("editor.font_size", 100_000)
    settings.set("editor.tab_size", "four")
    dialog = SettingsDialog(settings, parent)
    assert child(dialog, QComboBox, "theme").currentData() == "system"
    assert child(dialog, QSpinBox, "fontSize").value() == 40
    assert child(dialog, QSpinBox, "tabSize").value() == 4


def test_a_setting_that_cannot_be_saved_holds_and_the_dialog_says_why(
    parent: QWidget, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder", "utf-8")
    settings = Settings(blocked / "settings.json")
    dialog = SettingsDialog(settings, parent)
    error = child(dialog, QLabel, "settingsDialogState")
    assert error.isHidden()
    with_theme = child(dialog, QComboBox, "theme")
    with_theme.setCurrentIndex(2)
    assert not error.isHidden()
    assert "settings.json could not be saved." in error.text()
    assert THEME.read(settings) == "dark"


def test_closing_deletes_it(parent: QWidget, settings: Settings, qtbot: QtBot) -> None:
    dialog = SettingsDialog(settings, parent)
    dialog.open()
    with qtbot.waitSignal(dialog.destroyed):
        child(dialog, QPushButton, "settingsClose").click()


def test_every_field_has_a_name_to_hear(parent: QWidget, settings: Settings) -> None:
    dialog = SettingsDialog(settings, parent)
    fields: list[QWidget] = [*dialog.findChildren(QComboBox), *dialog.findChildren(QSpinBox)]
    assert len(fields) == 12
    assert all(field.accessibleName() for field in fields)
    assert child(dialog, QSpinBox, "fontSize").accessibleName() == "Editor: Font size"
    assert child(dialog, QCheckBox, "minimap").accessibleName() == ""  # its text is read out


def test_the_size_of_texts_is_stored_and_told(parent: QWidget, settings: Settings) -> None:
    dialog = SettingsDialog(settings, parent)
    told: list[str] = []
    dialog.changed.connect(told.append)
    box = dialog.findChild(QSpinBox, "textSize")
    assert box is not None
    assert (box.value(), box.minimum(), box.maximum()) == (100, 90, 200)
    box.setValue(150)
    assert TEXT_SIZE_PERCENT.read(settings) == 150
    assert told == [TEXT_SIZE_PERCENT.key]


def test_with_large_texts_the_columns_stand_one_above_the_other_and_scroll_only_downwards(
    parent: QWidget, settings: Settings, dressed: Theme, qapp: QApplication
) -> None:
    screen = SmallScreen(qapp, settings)
    screen.size = QSize(1280, 800)
    dialog = SettingsDialog(settings, parent)
    dialog.open()
    assert not dialog.scrolls
    left, right = (child(dialog, QWidget, name) for name in ("theme", "metricsRefresh"))
    assert left.mapTo(dialog, left.rect().topLeft()).y() == right.mapTo(dialog, right.rect().topLeft()).y()
    dressed.set_text_size(200)
    try:
        large = SettingsDialog(settings, parent)
        large.open()
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        area = child(large, QScrollArea, "dialogScroll")
        assert area.verticalScrollBar().maximum() > 0
        assert area.horizontalScrollBar().maximum() == 0
    finally:
        dressed.set_text_size(100)
        screen.setParent(None)
        screen.deleteLater()


def test_its_columns_stay_beside_each_other_when_theme_text_size_or_width_change(
    parent: QWidget, settings: Settings, dressed: Theme, qapp: QApplication
) -> None:
    def check() -> None:
        for _turn in range(4):  # each may ask for another layout
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        assert not dialog.scrolls
        assert dialog.height() >= dialog.content.totalHeightForWidth(dialog.width())
        left, right = (child(dialog, QWidget, name) for name in ("theme", "metricsRefresh"))
        assert left.mapTo(dialog, QPoint()).y() == right.mapTo(dialog, QPoint()).y()

    screen = SmallScreen(qapp, settings)
    screen.size = QSize(1280, 800)
    dialog = SettingsDialog(settings, parent)
    dialog.open()
    try:
        check()
        dressed.choose("dark")
        check()
        dressed.set_text_size(125)
        check()
        dressed.set_text_size(100)
        dialog.resize(500, dialog.height())
        check()
    finally:
        dressed.set_text_size(100)
        dressed.choose("system")
        screen.setParent(None)
        screen.deleteLater()
