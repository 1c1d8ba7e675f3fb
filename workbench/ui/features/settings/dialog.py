"""The settings dialog. Every change holds at once; there is nothing to confirm."""

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _, languages
from workbench.core.policy import NO_POLICY, Policy, Rule
from workbench.core.settings import Settings
from workbench.sandbox.fence_state import fence_state, full_text
from workbench.ui.kit.dialog import BaseDialog
from workbench.ui.kit.fields import number_box
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.text_size import MAX_PERCENT, MIN_PERCENT
from workbench.ui.named import named
from workbench.ui.organisation import invocations_in_words, set_by_organisation
from workbench.ui.preferences import (
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
    Preference,
    SandboxStart,
)
from workbench.ui.shell.sparklines import ALL, FREE, OFF, cost_text

_LABEL_WIDTH = 110


class SettingsDialog(BaseDialog):
    """Shows the settings, saves what is changed, and deletes itself when closed.

    Args:
        settings: Where they are kept.
        parent: The window it belongs to.
        policy: Rules that the settings cannot change; each is shown where it belongs.
    """

    changed = Signal(str)  # the key of a setting that has a new value

    def __init__(self, settings: Settings, parent: QWidget | None = None, policy: Policy = NO_POLICY) -> None:
        super().__init__(parent)
        named(self, "settingsDialog", _("Settings"))
        self.setWindowTitle(_("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self._error = named(PlainLabel(), "settingsError", role="danger")
        self._error.setWordWrap(True)
        self._error.setVisible(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.setObjectName("settingsButtons")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        left, right, columns = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        for column in (left, right):
            column.setSpacing(12)
            columns.addLayout(column, 1)
        columns.setSpacing(12)
        layout.addLayout(columns)
        size = self._number("textSize", TEXT_SIZE_PERCENT, MIN_PERCENT, MAX_PERCENT, " %")
        size.setSingleStep(10)
        look = ((_("Theme"), self._theme()), (_("Text size"), size), (_("Language"), self._language()))
        left.addWidget(self._group(_("Appearance"), look))
        left.addWidget(
            self._group(
                _("Editor"),
                (
                    (_("Font"), self._font()),
                    (_("Font size"), self._number("fontSize", EDITOR_FONT_SIZE_PX, 8, 40, " px")),
                    (_("Tab width"), self._number("tabSize", EDITOR_TAB_SIZE, 1, 8, "")),
                    ("", self._switch("wordWrap", EDITOR_WORD_WRAP, _("Wrap long lines"))),
                    ("", self._switch("minimap", EDITOR_MINIMAP, _("Minimap"))),
                    ("", self._switch("whitespace", EDITOR_WHITESPACE, _("Show spaces and tabs"))),
                    ("", self._switch("formatOnSave", EDITOR_FORMAT_ON_SAVE, _("Format when saving"))),
                ),
            )
        )
        refresh = self._number("metricsRefresh", METRICS_REFRESH_S, 5, 600, " s")
        rows = ((_("Refresh every"), refresh), (_("Sparklines"), self._sparklines()))
        right.addWidget(self._group(_("Metrics"), rows))
        ledger = self._number("ledgerSize", LEDGER_MB, 16, 4096, " MB")
        words = _("Payloads, responses and logs of invocations made here. The oldest are deleted first.")
        ledger.setToolTip(tool_tip(words))
        ledger.setEnabled(policy.keeps_payloads)
        kept: list[tuple[str, QWidget]] = [(_("Keep up to"), ledger)]
        if rule := invocations_in_words(policy):
            kept.append(("", _rule_label("invocationsRule", rule)))
        right.addWidget(self._group(_("Invocations"), tuple(kept)))
        lock = self._number("idleLock", IDLE_LOCK_MIN, 0, 240, " min")
        lock.setSpecialValueText(_("Never"))
        start = self._sandbox_start()
        safety: list[tuple[str, QWidget]] = [
            (_("Lock after"), lock),
            (_("Start the Sandbox"), start),
            (_("Sandbox states"), self._sandbox_states()),
        ]
        if policy.forbids(Rule.SANDBOX):
            start.setEnabled(False)
            safety.append(("", _rule_label("sandboxRule", "")))
        safety.append(("", self._unfenced()))
        right.addWidget(self._group(_("Safety"), tuple(safety)))
        for column in (left, right):
            column.addStretch()
        layout.addWidget(self._error)
        layout.addWidget(buttons)

    def focus_field(self, name: str) -> None:
        """Brings the keyboard to the field with this object name."""
        if (field := self.findChild(QWidget, name)) is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _group(self, title: str, rows: tuple[tuple[str, QWidget], ...]) -> QGroupBox:
        group = QGroupBox(title)
        form = QFormLayout(group)
        form.setSpacing(8)
        for words, field in rows:
            label = PlainLabel(words)
            label.setMinimumSize(_LABEL_WIDTH, field.sizeHint().height())
            if words:
                field.setAccessibleName(f"{title}: {words}")
            form.addRow(label, field)
        return group

    def _theme(self) -> QComboBox:
        words = (
            (_("Same as system"), "system"),
            (_("Light"), "light"),
            (_("Dark"), "dark"),
        )
        return self._choice("theme", THEME, words)

    def _language(self) -> QComboBox:
        """Each language in itself, for whoever reads only that one."""
        found = [(QLocale(code).nativeLanguageName(), code) for code in languages()]
        box = self._choice("language", LANGUAGE, ((_("Same as system"), ""), *found))
        words = _("Takes effect when Workbench starts again.")
        box.setToolTip(tool_tip(words))
        box.setAccessibleDescription(words)
        return box

    def _choice(
        self, name: str, preference: Preference[str], choices: tuple[tuple[str, str], ...]
    ) -> QComboBox:
        box = named(QComboBox(), name)
        for words, value in choices:
            box.addItem(words, value)
        box.setCurrentIndex(max(0, box.findData(preference.read(self._settings))))
        box.currentIndexChanged.connect(lambda _index: self._store(preference, box.currentData()))
        return box

    def _font(self) -> QComboBox:
        box = named(QComboBox(), "font")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.addItem(_("Same as system"), "")
        chosen = EDITOR_FONT.read(self._settings)
        for family in monospaced(chosen):
            box.addItem(family, family)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.currentIndexChanged.connect(lambda _index: self._store(EDITOR_FONT, box.currentData()))
        return box

    def _sparklines(self) -> QComboBox:
        """What it costs is said where it is chosen."""
        box = self._choice(
            "sparklines",
            METRICS_SPARKLINES,
            (
                (_("Off"), OFF),
                (_("Where they are free (Sandbox)"), FREE),
                (_("Everywhere (AWS charges for them)"), ALL),
            ),
        )
        box.setToolTip(tool_tip(cost_text()))
        box.setAccessibleDescription(cost_text())
        return box

    def _sandbox_start(self) -> QComboBox:
        choices = (
            (_("Always"), SandboxStart.ALWAYS.value),
            (_("When selected"), SandboxStart.CHOSEN.value),
            (_("Never"), SandboxStart.NEVER.value),
        )
        box = self._choice("sandboxStart", SANDBOX_START, choices)
        words = _("When Workbench starts, when the Sandbox profile is selected, or never")
        box.setToolTip(tool_tip(words))
        box.setAccessibleDescription(words)
        return box

    def _sandbox_states(self) -> QComboBox:
        choices = ((_("Change quickly"), "quick"), (_("Take as long as on AWS"), "aws"))
        box = self._choice("sandboxStates", SANDBOX_STATES, choices)
        words = _(
            "How long functions stay Pending and event source mappings stay Creating in the Sandbox. "
            "What AWS refuses in these states is refused either way."
        )
        box.setToolTip(tool_tip(words))
        box.setAccessibleDescription(words)
        return box

    def _number(
        self, name: str, preference: Preference[int], lowest: int, highest: int, suffix: str
    ) -> QSpinBox:
        box = number_box(name, "", lowest, highest, suffix)
        box.setKeyboardTracking(False)  # "12" on the way to "120" is no value
        box.setValue(preference.read(self._settings))
        box.valueChanged.connect(lambda value: self._store(preference, value))
        return box

    def _switch(self, name: str, preference: Preference[bool], words: str) -> QCheckBox:
        box = named(QCheckBox(words), name)
        box.setChecked(preference.read(self._settings))
        box.toggled.connect(lambda checked: self._store(preference, checked))
        return box

    def _unfenced(self) -> QCheckBox:
        """There is nothing to choose on a system without a fence."""
        box = self._switch("localUnfenced", LOCAL_UNFENCED, _("Run local code without isolation"))
        box.setEnabled(fence_state().is_on)
        text = _(
            "Applies only if this system cannot isolate local functions from your files. Sandbox "
            "functions follow after a restart of Workbench."
        )
        box.setToolTip(tool_tip(text if fence_state().is_on else full_text()))
        box.setAccessibleDescription(box.toolTip())
        return box

    def _store[T](self, preference: Preference[T], value: T) -> None:
        error = self._settings.set(preference.key, value)
        self._error.setText(str(error) if error else "")
        self._error.setVisible(error is not None)
        self.changed.emit(preference.key)


def _rule_label(name: str, rule: str) -> PlainLabel:
    """Says what the organisation has set, below the setting that it limits."""
    label = named(PlainLabel(set_by_organisation(rule)), name, role="muted")
    label.setWordWrap(True)
    return label


def monospaced(chosen: str) -> list[str]:
    """The families whose letters are all as wide as each other, and the chosen one even if it is gone."""
    families = {name for name in QFontDatabase.families() if QFontDatabase.isFixedPitch(name)}
    return sorted({*families, chosen} - {""}, key=str.casefold)
