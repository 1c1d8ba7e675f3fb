"""The selected trigger: what can be done with it, how it works, and its settings."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _
from workbench.triggers.model import Explanation, Link, Trigger
from workbench.ui.icons import Icons
from workbench.ui.kit.badge import badge
from workbench.ui.kit.flow_layout import FlowLayout
from workbench.ui.kit.text import PlainLabel, WrappedText, text_label, tool_tip
from workbench.ui.named import named
from workbench.ui.triggers.labels import TONES, link_help, link_label, state_text, trigger_name


class ExplainPanel(QScrollArea):
    """Texts of the trigger that is selected, and its buttons. Who makes it connects the buttons.

    Args:
        icons: For the buttons.
    """

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        named(self, "explainPanel", _("About the selected trigger"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title = text_label("explainTitle", "", "heading")
        self.title.setMinimumWidth(1)  # a long name does not make all texts below it wider than the panel
        self.link = badge("explainLink")
        self.state = badge("explainState")
        self.link_text = text_label("explainLinkWords", "", "muted")
        self.repair = _button("repairTrigger", _("Repair"), icons, "wrench")
        self.pause = _button("pauseTrigger", _("Pause"), icons, "pause")
        self.edit = _button("editTrigger", _("Edit…"), icons, "pencil")
        self.test = _button("testTrigger", _("Send Test Event…"), icons, "send")
        self.remove = _button("removeTriggerButton", _("Remove…"), icons, "trash-2")
        self.asynchronous = _button("editAsync", _("Asynchronous Invocation…"), icons, "settings")
        self.asynchronous.setToolTip(_("Retries, event age and destinations of the function"))
        self._icons = icons
        self._facts: list[PlainLabel | WrappedText] = []
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 0, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.title)
        badges = QHBoxLayout()
        badges.setSpacing(6)
        badges.addWidget(self.link)
        badges.addWidget(self.state)
        badges.addStretch(1)
        column.addLayout(badges)
        column.addWidget(self.link_text)
        actions = FlowLayout(spacing=6)
        for button in (*self.buttons, self.asynchronous):
            actions.addWidget(button)
        column.addLayout(actions)
        self._texts = QVBoxLayout()
        self._texts.setSpacing(3)
        column.addLayout(self._texts)
        column.addStretch(1)
        self.setWidget(body)

    def show_nothing(self, words: str) -> None:
        """No trigger is selected."""
        self.title.setText(words)
        self.title.setToolTip("")
        for widget in (self.link, self.state, self.link_text, *self.buttons, self.asynchronous):
            widget.setVisible(False)
        self._show_facts([])

    def show_trigger(self, trigger: Trigger, explanation: Explanation | None, *, simulated: bool) -> None:
        """Shows a trigger.

        Args:
            trigger: Which.
            explanation: How it works; None when that is not known of its kind.
            simulated: Whether it is in the Sandbox, which does some things otherwise.
        """
        self.title.setText(trigger_name(trigger))
        self.title.setToolTip(tool_tip(trigger_name(trigger)))
        self.link.setText(link_label(trigger.link))
        self.link.setProperty("tone", TONES[trigger.link])
        self.link.style().unpolish(self.link)
        self.link.style().polish(self.link)
        words = "" if trigger.link is Link.LINKED else link_help(trigger.link)
        problem = str(trigger.problem) if trigger.problem is not None else ""
        self.link_text.setText("\n".join(filter(None, (words, problem))))
        self.state.setText(trigger.state)
        self.state.setToolTip(tool_tip(state_text(trigger)))
        self.state.setVisible(bool(trigger.state))
        self.link.setVisible(True)
        self.link_text.setVisible(bool(self.link_text.text()))
        facts = self._explained(explanation, simulated=simulated) + self._about(trigger)
        self._show_facts([(title, text) for title, text in facts if text])

    def show_pause(self, *, resumes: bool) -> None:
        """What the button does that starts and stops."""
        self.pause.setText(_("Resume") if resumes else _("Pause"))
        self.pause.setAccessibleName(self.pause.text())
        self._icons.attach(self.pause, "play" if resumes else "pause")

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """What can be done with the trigger."""
        return (self.repair, self.pause, self.edit, self.test, self.remove)

    def _about(self, trigger: Trigger) -> list[tuple[str, str]]:
        settings = "\n".join(f"{name}: {value}" for name, value in _displayed_values(trigger).items())
        return [
            (_("State reason"), trigger.reason),
            (_("Source"), trigger.source_arn),
            (_("AWS identifier"), trigger.identity),
            (_("Settings"), settings),
        ]

    def _explained(self, explanation: Explanation | None, *, simulated: bool) -> list[tuple[str, str]]:
        if explanation is None:
            return []
        return [
            (_("Invocation model"), explanation.model),
            (_("Ordering"), explanation.order),
            (_("Source retries"), explanation.source_retries),
            (_("Lambda retries"), explanation.lambda_retries),
            (_("Failed events"), explanation.failures),
            (_("Authorization"), explanation.authorises),
            (_("Pausing"), explanation.no_pause),
            (_("Not simulated in the Sandbox"), explanation.not_simulated if simulated else ""),
        ]

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        for old in self._facts:
            self._texts.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._facts = []
        for number, (title, text) in enumerate(facts, 1):
            head = named(PlainLabel(title), f"explainHead{number}", role="muted")
            head.setContentsMargins(0, 6, 0, 0)
            words = WrappedText(f"explainText{number}", text, f"{title}: {text}")
            for widget in (head, words):
                self._texts.addWidget(widget)
                self._facts.append(widget)

    def texts(self) -> str:
        """All that is said of the trigger, for who copies it, and for tests."""
        return "\n".join(widget.text() for widget in self._facts)


def _displayed_values(trigger: Trigger) -> dict[str, object]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in trigger.values.items()
        if value not in (None, "", (), [], trigger.identity)
    }


def _button(name: str, text: str, icons: Icons, icon: str) -> QPushButton:
    button = named(QPushButton(text), name, text)
    icons.attach(button, icon)
    return button
