"""The settings dialog. Every change holds at once; there is nothing to confirm."""

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton, QSizePolicy, QSpinBox, QWidget

from workbench.core.messages import _, languages
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.core.settings import Preference, Settings
from workbench.sandbox.processes import fence_state, isolation_text
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.form import Form
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.shell.organisation import describe_invocation_rules, set_by_organisation
from workbench.ui.shell.preferences import (
    EDITOR_FONT,
    EDITOR_FONT_SIZE_PX,
    EDITOR_FORMAT_ON_SAVE,
    EDITOR_MINIMAP,
    EDITOR_TAB_SIZE,
    EDITOR_WHITESPACE,
    EDITOR_WORD_WRAP,
    IDLE_LOCK_MIN,
    LANGUAGE,
    LEDGER_MB,
    LOCAL_UNFENCED,
    METRICS_REFRESH_S,
    METRICS_SPARKLINES,
    SANDBOX_START,
    SANDBOX_STATES,
    TEXT_SIZE_PERCENT,
    THEME,
    SandboxStart,
)
from workbench.ui.shell.sparklines import ALL, FREE, OFF, cost_text

_RESTART = _("Takes effect when Workbench starts again.")

type Choices = tuple[tuple[str, str], ...]
"""What is shown for a value, and the value."""


class SettingsDialog(Dialog):
    """Shows the settings and saves what is changed.

    Args:
        settings: Where they are kept.
        parent: The window it belongs to.
        policy: Rules that the settings cannot change; each is shown where it belongs.

    Signals:
        changed: The key of a setting that has a new value.
        restart_wanted: The program is to start again, for a setting that holds from then on.
    """

    changed = Signal(str)
    restart_wanted = Signal()

    def __init__(self, settings: Settings, parent: QWidget, policy: Policy = NO_POLICY) -> None:
        super().__init__("settingsDialog", _("Settings"), parent)
        self._settings = settings
        self.setMinimumSize(0, 0)  # that of its columns, which depends on the language
        columns = FlowLayout(spacing=12)
        for fill in (self._fill_left, self._fill_right):
            form = Form()
            fill(form, policy)
            form.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            columns.addWidget(form)
            columns.setAlignment(form, Qt.AlignmentFlag.AlignTop)
        self.content.addLayout(columns)
        self.finish_layout()
        self.add_button("settingsClose", _("Close"), "primary").clicked.connect(self.reject)
        self.focus_field("theme")  # also where the columns scroll

    def focus_field(self, name: str) -> None:
        """Brings the keyboard to the field with this object name."""
        if (field := self.findChild(QWidget, name)) is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resize_to_screen(self) -> None:
        """Cannot be made so narrow that columns which stand beside each other no longer do."""
        if not self.scrolls:
            self.setMinimumWidth(self._width_of_both())
        super().resize_to_screen()

    def resize_to_content(self) -> None:
        """Has room for both columns, or for one above the other where the screen is too narrow."""
        if not self.scrolls:
            width = self._width_of_both() or self.content.totalMinimumSize().width()
            self.resize(width, self.height())
        super().resize_to_content()

    def _width_of_both(self) -> int:
        """What the columns take beside each other, in px; 0 where the screen is too narrow for that."""
        width = self.content.sizeHint().width()
        return width if width <= self.room_on_screen().width() else 0

    def _fill_left(self, form: Form, _policy: Policy) -> None:
        system = _("Same as system")
        form.begin_group(_("Appearance"))
        themes = ((system, "system"), (_("Light"), "light"), (_("Dark"), "dark"))
        self._choice(form, "theme", _("Theme"), THEME, themes)
        size = self._number(form, "textSize", _("Text size"), TEXT_SIZE_PERCENT, " %")
        size.setSingleStep(10)
        # Each language in itself, for whoever reads only that one.
        found = [(QLocale(code).nativeLanguageName(), code) for code in languages()]
        language = self._choice(form, "language", _("Language"), LANGUAGE, ((system, ""), *found))
        _explain(language, _RESTART)
        self._restart = named(QPushButton(_("Restart Workbench")), "settingsRestart")
        self._restart.setVisible(False)
        self._restart.clicked.connect(self.restart_wanted)
        self._restart.clicked.connect(self.reject)
        form.add(self._restart, "")
        chosen, row = LANGUAGE.read(self._settings), form.rows["language"]

        def say_restart() -> None:
            is_new = language.currentData() != chosen
            row.set_message(_RESTART if is_new else "", "warning")
            form.rows["settingsRestart"].setVisible(is_new)
            self._restart.setVisible(is_new)
            self.resize_to_content()

        language.currentIndexChanged.connect(lambda _index: say_restart())
        form.rows["settingsRestart"].setVisible(False)
        form.begin_group(_("Editor"))
        families = monospaced(EDITOR_FONT.read(self._settings))
        fonts = ((system, ""), *zip(families, families, strict=True))
        font = self._choice(form, "font", _("Font"), EDITOR_FONT, fonts)
        font.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._number(form, "fontSize", _("Font size"), EDITOR_FONT_SIZE_PX, " px")
        self._number(form, "tabSize", _("Tab width"), EDITOR_TAB_SIZE, "")
        self._switch(form, "wordWrap", EDITOR_WORD_WRAP, _("Wrap long lines"))
        self._switch(form, "minimap", EDITOR_MINIMAP, _("Minimap"))
        self._switch(form, "whitespace", EDITOR_WHITESPACE, _("Show spaces and tabs"))
        self._switch(form, "formatOnSave", EDITOR_FORMAT_ON_SAVE, _("Format when saving"))

    def _fill_right(self, form: Form, policy: Policy) -> None:
        form.begin_group(_("Metrics"))
        self._number(form, "metricsRefresh", _("Refresh every"), METRICS_REFRESH_S, " s")
        costs = (
            (_("Off"), OFF),
            (_("Where they are free (Sandbox)"), FREE),
            (_("Everywhere (AWS charges for them)"), ALL),
        )
        _explain(self._choice(form, "sparklines", _("Sparklines"), METRICS_SPARKLINES, costs), cost_text())
        form.begin_group(_("Invocations"))
        rule = describe_invocation_rules(policy)
        hint = set_by_organisation(rule) if rule else ""
        ledger = self._number(form, "ledgerSize", _("Keep up to"), LEDGER_MB, " MB", hint)
        words = _("Payloads, responses and logs of invocations made here. The oldest are deleted first.")
        ledger.setToolTip(tool_tip(words))
        ledger.setEnabled(policy.keeps_payloads)
        form.begin_group(_("Safety"))
        lock = self._number(form, "idleLock", _("Lock after"), IDLE_LOCK_MIN, " min")
        lock.setSpecialValueText(_("Never"))
        starts = (
            (_("Always"), SandboxStart.ALWAYS.value),
            (_("When selected"), SandboxStart.CHOSEN.value),
            (_("Never"), SandboxStart.NEVER.value),
        )
        is_forbidden = policy.forbids(Rule.SANDBOX)
        hint = set_by_organisation() if is_forbidden else ""
        start = self._choice(form, "sandboxStart", _("Start the Sandbox"), SANDBOX_START, starts, hint)
        _explain(start, _("When Workbench starts, when the Sandbox profile is selected, or never"))
        start.setEnabled(not is_forbidden)
        speeds = ((_("Change quickly"), "quick"), (_("Take as long as on AWS"), "aws"))
        states = self._choice(form, "sandboxStates", _("Sandbox states"), SANDBOX_STATES, speeds)
        words = _(
            "How long functions stay Pending and event source mappings stay Creating in the Sandbox. "
            "What AWS refuses in these states is refused either way."
        )
        _explain(states, words)
        unfenced = self._switch(form, "localUnfenced", LOCAL_UNFENCED, _("Run local code without isolation"))
        unfenced.setEnabled(fence_state().is_on)  # without a fence there is nothing to choose
        words = _(
            "Applies only if this system cannot isolate local functions from your files. Sandbox "
            "functions follow after a restart of Workbench."
        )
        _explain(unfenced, words if fence_state().is_on else isolation_text())

    def _choice(
        self, form: Form, name: str, title: str, preference: Preference[str], choices: Choices, hint: str = ""
    ) -> QComboBox:
        box = named(CalmChoice(), name)
        for words, value in choices:
            box.addItem(words, value)
        box.setCurrentIndex(max(0, box.findData(preference.read(self._settings))))
        box.currentIndexChanged.connect(lambda _index: self._store(preference, box.currentData()))
        form.add(box, title, hint=hint)
        return box

    def _number(
        self,
        form: Form,
        name: str,
        title: str,
        preference: Preference[int],
        suffix: str,
        hint: str = "",
    ) -> QSpinBox:
        box = number_box(name, "", *preference.limits, suffix)
        box.setKeyboardTracking(False)  # "12" on the way to "120" is no value
        box.setValue(preference.read(self._settings))
        box.valueChanged.connect(lambda value: self._store(preference, value))
        form.add(box, title, hint=hint)
        return box

    def _switch(self, form: Form, name: str, preference: Preference[bool], words: str) -> QCheckBox:
        box = named(QCheckBox(words), name)
        box.setChecked(preference.read(self._settings))
        box.toggled.connect(lambda checked: self._store(preference, checked))
        form.add(box, "")
        return box

    def _store[T](self, preference: Preference[T], value: T) -> None:
        error = self._settings.set(preference.key, value)
        self.set_message(str(error) if error else "", "danger")
        self.changed.emit(preference.key)


def _explain(field: QWidget, words: str) -> None:
    field.setToolTip(tool_tip(words))
    field.setAccessibleDescription(words)


def monospaced(chosen: str) -> list[str]:
    """The families whose letters are all as wide as each other, and the chosen one even if it is gone."""
    families = {name for name in QFontDatabase.families() if QFontDatabase.isFixedPitch(name)}
    return sorted({*families, chosen} - {""}, key=str.casefold)
