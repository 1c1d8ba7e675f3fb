"""The selected trigger, drawn and explained, and both permissions."""

import json
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.functions.roles import Policy
from workbench.triggers.model import Explanation, Grant, Link, Trigger
from workbench.ui.features.triggers.labels import TONES, link_help, link_label, state_text, trigger_name
from workbench.ui.kit.bars import FlowLayout
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import badge
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, WrappedText, named, restyle, text_label, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme

_HEIGHT, _BOX_HEIGHT, _MAX_BOX_WIDTH = 76, 48, 230
_GAP, _ARROW, _ICON, _PADDING, _RADIUS = 56, 6, 18, 10, 6


class FlowDrawing(QWidget):
    """Boxes from left to right. What comes behind the function, where failures land, hangs on a dashed arrow.

    Args:
        theme: The colours.
        icons: For the boxes.
    """

    def __init__(self, theme: Theme, icons: Icons) -> None:
        super().__init__()
        named(self, "triggerDrawing", _("Event flow"))
        self._theme, self._icons = theme, icons
        self._names: tuple[str, ...] = ()
        self._icon_names: tuple[str, ...] = ()
        self._tone = ""
        self._function = 0  # the number of its box
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(scaled(_HEIGHT))
        theme.changed.connect(self.update)

    @property
    def names(self) -> tuple[str, ...]:
        """What stands in the boxes."""
        return self._names

    def show_flow(self, names: tuple[str, ...], function_name: str, icon: str, tone: str = "") -> None:
        """Shows an event flow.

        Args:
            names: As Explanation.flow: source, perhaps a queue or poller, function, where failures land.
            function_name: Which of them is the function.
            icon: Of the source.
            tone: The colour of a link that does not fit ("danger", "warning"), or "".
        """
        self._names, self._tone = names, tone
        found = (index for index, name in enumerate(names) if name.split(":")[0] == function_name)
        self._function = next(found, len(names) - 1)  # it may stand there with its alias
        after = len(names) - self._function - 1
        self._icon_names = (
            icon,
            *("hourglass",) * (self._function - 1),
            "square-function",
            *("mail-x",) * after,
        )
        words = names[0] if names else ""
        for name in names[1:]:
            words = _("{flow} leads to {name}").format(flow=words, name=name)
        self.setAccessibleName(_("Event flow: {words}").format(words=words) if names else "")
        self.setToolTip(tool_tip(" → ".join(names)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._names:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, box in enumerate(self.boxes()):
            self._paint_box(painter, box, number)
            if number:
                self._paint_arrow(painter, number)
        painter.end()

    def boxes(self) -> list[QRectF]:
        """Where the boxes lie; all as wide, so that they fit."""
        count = len(self._names)
        room = self.width() - 2 - _GAP * (count - 1)
        width = min(_MAX_BOX_WIDTH, room / count)
        top = (self.height() - _BOX_HEIGHT) / 2
        return [QRectF(1 + number * (width + _GAP), top, width, _BOX_HEIGHT) for number in range(count)]

    def _is_failure(self, number: int) -> bool:
        return number > self._function

    def _paint_box(self, painter: QPainter, box: QRectF, number: int) -> None:
        colors = self._theme.colors
        is_function = number == self._function
        pen = QPen(QColor(colors.accent if is_function else colors.border), 1.4 if is_function else 1)
        if self._is_failure(number):
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colors.raised))
        painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        icon = self._icons.get(self._icon_names[number], "accent" if is_function else "muted")
        left = box.left() + _PADDING
        if not icon.isNull():
            spot = QRectF(left, box.center().y() - _ICON / 2, _ICON, _ICON).toRect()
            icon.paint(painter, spot)
            left += _ICON + _PADDING
        painter.setPen(QColor(colors.muted if self._is_failure(number) else colors.text))
        area = QRectF(left, box.top() + 4, box.right() - left - _PADDING / 2, box.height() - 8)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._fitted(self._names[number], area.width()))

    def _fitted(self, text: str, width: float) -> str:
        """The name in at most two lines: broken where it has a sign to break at, shortened in its middle."""
        metrics = QFontMetrics(self.font())
        if metrics.horizontalAdvance(text) <= width:
            return text
        index = _break_at(text, lambda part: metrics.horizontalAdvance(part) <= width)
        elide = Qt.TextElideMode.ElideMiddle
        rest = metrics.elidedText(text[index:].lstrip(), elide, int(width))
        return f"{text[:index].rstrip()}\n{rest}" if index else rest

    def _paint_arrow(self, painter: QPainter, number: int) -> None:
        colors, boxes = self._theme.colors, self.boxes()
        failure = self._is_failure(number)
        broken = number == 1 and self._tone in ("danger", "warning")
        color = QColor(getattr(colors, self._tone) if broken else colors.muted)
        start = QPointF(boxes[number - 1].right() + 4, boxes[number].center().y())
        end = QPointF(boxes[number].left() - 4, start.y())
        dashed = failure or broken
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine))
        painter.drawLine(start, QPointF(end.x() - _ARROW, end.y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        tip = [end, end + QPointF(-_ARROW - 2, -_ARROW + 1), end + QPointF(-_ARROW - 2, _ARROW - 1)]
        painter.drawPolygon(QPolygonF(tip))
        words = _("fails") if failure else ""
        if broken:
            middle = (start + end) / 2
            painter.setPen(QPen(color, 2))
            for sign in (1, -1):
                painter.drawLine(middle + QPointF(-5, -5 * sign), middle + QPointF(5, 5 * sign))
        if words:
            painter.setPen(color)
            area = QRectF(start.x(), start.y() - 20, end.x() - start.x(), 18)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


def _break_at(text: str, fits: Callable[[str], bool]) -> int:
    """How much of a text goes onto the first line."""
    best = 0
    for index, sign in enumerate(text):
        end = index + (sign != " ")
        if not fits(text[:end]):
            break
        if sign in " -_/.:" and index:
            best = end
    return best


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
        self._facts: list[tuple[str, str]] = []
        self._rows: list[tuple[PlainLabel, WrappedText]] = []
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
        restyle(self.link, tone=TONES[trigger.link])
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
        """Shows titles and texts in the rows of the last trigger: only what differs is set."""
        before, self._facts = self._facts, facts
        for number in range(len(self._rows) + 1, len(facts) + 1):
            head = named(PlainLabel(), f"explainHead{number}", role="muted")
            head.setContentsMargins(0, 6, 0, 0)
            words = WrappedText(f"explainText{number}", "", "")
            self._rows.append((head, words))
            self._texts.addWidget(head)
            self._texts.addWidget(words)
        for index, (head, words) in enumerate(self._rows):
            if index < len(facts) and before[index : index + 1] != [facts[index]]:
                title, text = facts[index]
                head.setText(title)
                words.setText(text)
                words.setAccessibleName(f"{title}: {text}")
            for widget in (head, words):
                widget.setVisible(index < len(facts))

    def texts(self) -> str:
        """All that is said of the trigger, for who copies it, and for tests."""
        return "\n".join(f"{head.text()}\n{words.text()}" for head, words in self._rows[: len(self._facts)])


def _displayed_values(trigger: Trigger) -> dict[str, str]:
    return {
        name: _displayed(value)
        for name, value in trigger.values.items()
        if value not in (None, "", (), [], trigger.identity)
    }


def _displayed(value: object) -> str:
    """A setting as AWS writes it: lists by their members, and all that is no text as JSON."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_displayed, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _button(name: str, text: str, icons: Icons, icon: str) -> QPushButton:
    button = named(QPushButton(text), name, text)
    icons.attach(button, icon)
    return button


_SIDE_BY_SIDE = 820  # px
_MAX_ROWS = 6


class PermissionsView(QWidget):
    """Two tables side by side. A part that could not be read says so in its place."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "permissions", _("Permissions"))
        self.grants = Table(
            "grantTable",
            _("Who can invoke it"),
            (
                Column[Grant](_("Principal"), _principal, 110, full=lambda grant: grant.principal),
                Column[Grant](_("Source"), _source, full=_full_source, elide=Qt.TextElideMode.ElideMiddle),
                Column[Grant](_("Target"), lambda grant: grant.qualifier or "$LATEST", 70),
                Column[Grant](_("Statement ID"), lambda grant: grant.sid, 120),
            ),
            identity=id,
            cells=True,
        )
        self.policies = Table(
            "policyTable",
            _("What it can do"),
            (
                Column[Policy](
                    _("Policy"),
                    lambda policy: _("unknown") if policy.problem else policy.name,
                    full=lambda policy: policy.problem or policy.document or policy.arn,
                ),
                Column(_("Kind"), _kind_text, 90),
            ),
            identity=id,
            cells=True,
        )
        self.grants_status = text_label("grantWords", "", "muted")
        self.policies_status = text_label("policyWords", "", "muted")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(16)
        self._row.addWidget(self._part("grant", _("Who can invoke it"), self.grants_status, self.grants), 3)
        self._row.addWidget(self._part("policy", _("What it can do"), self.policies_status, self.policies), 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        wide = self.width() >= _SIDE_BY_SIDE
        self._row.setDirection(directions.LeftToRight if wide else directions.TopToBottom)

    def show_grants(self, grants: Sequence[Grant] | None, error: WorkbenchError | None = None) -> None:
        """Shows the statements of the function's policy; None: they may not be read."""
        words = _("Statements of the function's resource-based policy.")
        if grants is None:
            why = str(error) if error is not None else _("You do not have permission to read it.")
            words = _("Could not read the function's policy: {why}").format(why=why)
        elif not grants:
            words = _("Only principals in this account: there is no resource-based policy.")
        self._set_status(self.grants_status, words, unknown=grants is None)
        self._fill(self.grants, grants or ())

    def show_role(self, role_arn: str, policies: Sequence[Policy] | WorkbenchError | None) -> None:
        """Shows the execution role and its policies; None while they are being read."""
        words = _("Execution role {role}").format(role=role_arn.rpartition("/")[2] or role_arn)
        unknown = isinstance(policies, WorkbenchError)
        if unknown:
            words += ". " + _("Could not read its policies: {policies}").format(policies=str(policies))
        elif policies is None:
            words += ". " + _("Reading its policies…")
        elif not policies:
            words += ". " + _("It has no policies: the function has no permissions.")
        elif problems := _problems(policies):
            unknown = True
            words += ". " + _("Could not read all of its policies: {names}").format(names=" ".join(problems))
        self._set_status(self.policies_status, words, unknown=unknown)
        self.policies_status.setToolTip(tool_tip(role_arn))
        rows = () if isinstance(policies, WorkbenchError) or policies is None else policies
        self._fill(self.policies, rows)

    def _part(self, name: str, title: str, words: QLabel, table: QWidget) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(named(PlainLabel(title), f"{name}Heading", role="heading"))
        column.addWidget(words)
        column.addWidget(table)
        column.addStretch(1)
        return part

    @staticmethod
    def _fill[R](table: Table[R], rows: Sequence[R]) -> None:
        table.set_rows(rows)
        table.resize_to_content(_MAX_ROWS)
        table.setVisible(bool(rows))

    @staticmethod
    def _set_status(label: QLabel, words: str, *, unknown: bool) -> None:
        label.setText(words)
        label.setAccessibleName(words)
        restyle(label, role="warning" if unknown else "muted")


def _principal(grant: Grant) -> str:
    principal = grant.service or grant.principal
    return _("Deny: {principal}").format(principal=principal) if grant.denies else principal


def _source(grant: Grant) -> str:
    return grant.source_arn or grant.source_account or grant.other_conditions or _("any")


def _full_source(grant: Grant) -> str:
    parts = (grant.source_arn, grant.source_account, grant.action, grant.other_conditions)
    return " · ".join(filter(None, parts))


def _kind_text(policy: Policy) -> str:
    if policy.problem:
        return ""
    return _("attached") if policy.arn else _("inline")


def _problems(policies: Sequence[Policy] | WorkbenchError) -> tuple[str, ...]:
    """Why some policies could not be read, each reason once."""
    read = () if isinstance(policies, WorkbenchError) else policies
    return tuple(dict.fromkeys(policy.problem for policy in read if policy.problem))
