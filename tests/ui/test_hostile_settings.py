"""The window starts whatever lies in the settings, and a tier outlives damage and other windows."""

import ast
import importlib
import json
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

import workbench.ui
from tests.ui.editor.conftest import without_web_engine
from tests.ui.window_desk import Desk, Opener
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobRunner
from workbench.core.settings import Preference, Settings
from workbench.functions.index import FunctionIndex
from workbench.profiles.identities import Identities
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.safety import Safety, Tier
from workbench.sandbox.supervisor import Sandbox
from workbench.ui import assembly
from workbench.ui.features.settings.dialog import SettingsDialog
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.window import MainWindow

PROD = Profile("prod", ProfileKind.STATIC, "eu-central-1")
HOSTILE = {
    "a huge number": "1" + "0" * 400,
    "a number that Qt's int cannot hold": "2147483648",
    "a negative number": "-5",
    "a huge negative number": "-" + "9" * 5000,
    "a fraction": "0.5",
    "infinity": "1e999",
    "no number": "NaN",
    "a switch": "true",
    "nothing": "null",
    "an empty text": '""',
    "a text": '"../../x\\u0000\\u202e<b>"',
    "a long text": json.dumps("A" * 100_000),
    "half of a character": '"\\ud800"',
    "base64": '"AdnQywADAAAAAAAA////////////////"',
    "a list": "[]",
    "a list of huge numbers": "[99999999999999999999, 99999999999999999999]",
    "a list of negative numbers": "[-1, -99999999999999999999]",
    "a list of texts": '["a", "\\ud800"]',
    "a list of lists": '[["name", 99999999999999999999], ["name", -1], [[]], [null]]',
    "an object": '{"function": 1, "files": [], "a": {"open": [["a", 99999999999999999999, -1, 0]]}}',
}


class Anything(dict[str, Any]):
    """Has a value for every key that anybody reads."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, self.value)

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Any:
        self.asked.add(key)
        return self.value


def stored(tmp_path: Path, text: str) -> Any:
    """A value as it is read from a file."""
    path = tmp_path / "hostile.json"
    path.write_text(f'{{"any": {text}}}')
    return Settings(path).stored()["any"]


@pytest.fixture
def desk(
    services: Services, jobs: JobRunner, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setattr(assembly, "monaco", lambda _page_dir: without_web_engine)
    opener = Opener({"prod": WorkbenchError("There is no network.")})
    session = Session(services, opener, PROD)
    window = MainWindow(services, session, FunctionIndex(tmp_path / "functions.sqlite"))
    identities = Identities(services.settings, services.paths, services.clock, os.environ)
    made = assembly.Assembler(
        services, session, Sandbox(tmp_path / "never-started"), identities, window, [PROD]
    ).finish()
    with qtbot.waitExposed(window):
        window.show()
    yield Desk(made, session, qtbot)
    with qtbot.waitSignal(window.closed):
        window.close()
    assert jobs.shutdown(20)
    shiboken6.delete(window)
    shiboken6.delete(session)


@pytest.fixture
def hostile(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Anything:
    settings._values = Anything(stored(tmp_path, HOSTILE[request.param]))
    return settings._values


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_the_window_starts_with_any_value_of_every_setting(hostile: Anything, desk: Desk) -> None:
    """Whatever fails in a slot of Qt fails the test, too."""
    for tab in range(desk.window.page.tabs.count()):
        desk.window.page.tabs.setCurrentIndex(tab)
    dialog = SettingsDialog(desk.context.services.settings, desk.window)
    dialog.show()
    dialog.close()
    assert {"window.geometry", "ui.text_size", "logs.range_s", "metrics.range_s"} <= hostile.asked
    assert any(key.startswith("window.splitter.outer.prod.") for key in hostile.asked)
    assert desk.window.functions.isVisible() != (hostile.value is True)
    assert desk.window.width() <= desk.window.screen().availableGeometry().width()


def preferences() -> dict[str, Preference[Any]]:
    """Every declared setting, by its key."""
    found = {}
    for module in pkgutil.walk_packages(workbench.ui.__path__, "workbench.ui."):
        source = Path(module.module_finder.find_spec(module.name, None).origin or "")  # type: ignore[union-attr]
        if "Preference" not in source.read_text("utf-8"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Preference):
                found[value.key] = value
    return found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_declared_setting_has_a_value_that_it_may_have(tmp_path: Path, text: str) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings._values = Anything(stored(tmp_path, text))
    declared = preferences()
    assert len(declared) > 30
    for preference in declared.values():
        value = preference.read(settings)
        assert type(value) is type(preference.default), preference.key
        assert not preference.choices or value in preference.choices, preference.key
        for number in value if isinstance(value, list) else [value]:
            if type(number) is int:
                assert preference.limits[0] <= number <= preference.limits[1], preference.key


def test_a_number_among_the_settings_is_declared_with_its_range() -> None:
    """A plain `settings.get` knows no range: it is for texts, switches and what is checked by its reader."""
    found = []
    for path in sorted(Path(workbench.ui.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2 or not is_number(node.args[1]):
                continue
            names = {each.arg for each in node.keywords}
            called = ast.unparse(node.func)
            if called.endswith("settings.get") or (
                called == "Preference" and not names & {"limits", "choices"}
            ):
                found.append(f"{path}:{node.lineno}")
    assert not found


def is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


# Tiers ------------------------------------------------------------------------------------------------------


def test_a_tier_that_another_window_sets_is_shown_here(desk: Desk, settings: Settings) -> None:
    assert desk.protection.frame.tier.value == "normal"
    other = Safety(Settings(settings._path))
    other.set_tier("prod", Tier.PRODUCTION)
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    application.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert desk.protection.frame.tier.value == "production"
    assert desk.protection.tier_of("prod") is Tier.PRODUCTION


def test_a_tier_that_another_window_sets_holds_before_it_is_shown(desk: Desk, settings: Settings) -> None:
    Safety(Settings(settings._path)).set_tier("prod", Tier.PRODUCTION)
    assert desk.protection.tier_of("prod") is Tier.PRODUCTION
