"""The right side: who a profile is, what can be done with it, and four tabs about it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QDesktopServices,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.messages import _, ngettext
from workbench.core.policy import Rule
from workbench.profiles import explain
from workbench.profiles.identities import Validation
from workbench.profiles.model import Hop, Problem, Profile, ProfileKind
from workbench.profiles.safety import Safety, Tier
from workbench.ui.features.profiles.changes import ProfileTools
from workbench.ui.features.profiles.detail_tabs import JournalView, WhyPanel
from workbench.ui.kit.choices import DeliberateChoice
from workbench.ui.kit.empty import EmptyState
from workbench.ui.kit.field_table import Field, FieldTable
from workbench.ui.kit.labels import IconLabel, badge
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import PlainLabel, named, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.organisation import set_by_organisation, set_choosable
from workbench.ui.shell.profile_list import KIND_ICONS, hop_label, kind_label, remaining_label, tier_label
from workbench.ui.shell.services import Services

_MAX_LINKS = 12
"""More links than these are counted, not drawn; AWS does not allow chains as long."""
_ARROW_HEIGHT, _HEAD = 22, 5
_TICK_MS = 1_000
_KEYS = (ProfileKind.STATIC, ProfileKind.PROCESS)


class ChainView(QWidget):
    """One card for each link, an arrow between two. A link that fails shows why."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "chainView", _("Role chain"))
        self._services = services
        self._hops: tuple[Hop, ...] = ()
        self._cards: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_chain(self, hops: Sequence[Hop]) -> None:
        """Draws these links."""
        if tuple(hops) == self._hops:
            return
        self._hops = tuple(hops)
        for card in self._cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for number, hop in enumerate(self._hops[:_MAX_LINKS]):
            if number:
                words = _("with the credentials of")
                self._add(_Arrow(self._services.theme, words))
            self._add(HopCard(self._services, hop, self._problem(hop), number))
        if (left := len(self._hops) - _MAX_LINKS) > 0:
            words = ngettext("{count} more link", "{count} more links", left).format(count=left)
            self._add(named(PlainLabel(words), "chainRest", role="muted"))
        self.setAccessibleDescription(" → ".join(hop.profile_name or hop.source for hop in self._hops))

    def _add(self, widget: QWidget) -> None:
        self._cards.append(widget)
        self._column.addWidget(widget)

    def _problem(self, hop: Hop) -> str:
        return {
            explain.GONE: _("No profile has this name."),
            explain.LOOP: _("The roles form a loop."),
            explain.BOTH: _("It has both source_profile and credential_source."),
            explain.NEITHER: _("It has neither source_profile nor credential_source."),
            explain.NO_SOURCE: _("AWS does not support this source."),
            explain.NO_CREDENTIALS: _("It has no credentials."),
        }.get(hop.problem, hop.problem)


class HopCard(QFrame):
    """One link: whose it is, what it is, and which role is taken."""

    def __init__(self, services: Services, hop: Hop, problem: str, number: int) -> None:
        super().__init__()
        name = hop.profile_name or hop.source
        named(self, f"hop.{number}", name, "card")
        if problem:
            self.setProperty("tone", "danger")
        icon = "circle-alert" if problem else KIND_ICONS[hop.kind]
        texts = QVBoxLayout()
        texts.setSpacing(2)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(_plain(name, "hopName", "heading"))
        top.addWidget(_plain(hop_label(hop), "hopKind", "muted"))
        top.addStretch(1)
        if hop.account_id:
            top.addWidget(_plain(hop.account_id, "hopAccount", "muted"))
        texts.addLayout(top)
        if hop.role_arn:
            texts.addWidget(_plain(hop.role_arn, "hopRole", "muted"))
        if hop.mfa_serial:
            words = _("Requires an MFA code from {mfa_serial}")
            texts.addWidget(_plain(words.format(mfa_serial=hop.mfa_serial), "hopMfa", "muted"))
        if problem:
            texts.addWidget(_plain(problem, "hopProblem", "danger"))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        label = IconLabel(services.icons, icon, "danger" if problem else "muted")
        row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)


class _Arrow(QWidget):
    """Points down to the next link, with a word beside it."""

    def __init__(self, theme: Theme, words: str) -> None:
        super().__init__()
        self._theme = theme
        self._words = words
        self.setObjectName("chainArrow")
        self.setFixedHeight(scaled(_ARROW_HEIGHT))

    def sizeHint(self) -> QSize:
        return QSize(200, _ARROW_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(self._theme.colors.muted)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color)
        x, bottom = 22.0, float(self.height() - 2)
        painter.drawLine(QPointF(x, 2), QPointF(x, bottom - _HEAD))
        points = [QPointF(x - _HEAD, bottom - _HEAD), QPointF(x + _HEAD, bottom - _HEAD), QPointF(x, bottom)]
        painter.drawPolygon(QPolygonF(points))
        area = self.rect().adjusted(44, 0, 0, 0)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._words)


def _plain(text: str, name: str, role: str) -> QLabel:
    label = named(PlainLabel(text), name, text, role)
    label.setWordWrap(role == "danger")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class Overview(QScrollArea):
    """The Overview tab: what a profile is, its role chain, and what AWS answered to the last check."""

    def __init__(self, services: Services, safety: Safety) -> None:
        super().__init__()
        named(self, "profileOverview", _("Overview"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._services = services
        self._safety = safety
        self._profile: Profile | None = None
        self._checks: dict[str, tuple[Profile, Validation]] = {}
        self._endpoint = named(PlainLabel(), "profileEndpoint", role="danger")
        self._endpoint.setWordWrap(True)
        self.fields = FieldTable("profileFields", _("Profile"), services.icons)
        self._chain_title = named(PlainLabel(_("Credential source")), "chainTitle")
        self._chain_title.setProperty("role", "heading")
        self.chain = ChainView(services)
        self._check_title = named(PlainLabel(_("Information from AWS")), "checkTitle", role="heading")
        self.check = FieldTable("checkFields", _("Information from AWS"), services.icons)
        self._warnings = named(PlainLabel(), "checkWarnings", role="warning")
        self._warnings.setWordWrap(True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        for widget in (self._endpoint, self.fields, self._check_title, self.check, self._warnings):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(self._chain_title)
        column.addWidget(self.chain)
        column.addStretch(1)
        self.setWidget(body)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def show_profile(self, profile: Profile) -> None:
        """Shows this profile as it was read."""
        self._profile = profile
        self._endpoint.setVisible(bool(profile.endpoint_url))
        words = _(
            "Requests of this profile are sent to {endpoint_url} instead of AWS's usual endpoint. Its "
            "operator can read them."
        )
        self._endpoint.setText(words.format(endpoint_url=profile.endpoint_url))
        self.fields.show_fields(self._fields(profile))
        self.chain.show_chain(profile.chain)
        self.chain.setVisible(bool(profile.chain))
        self._chain_title.setVisible(bool(profile.chain))
        checked, answer = self._checks.get(profile.name, (profile, None))
        self._show_check(answer if checked == profile else None)

    def show_check(self, profile: Profile, found: Validation) -> None:
        """Stores AWS's answer and shows it with its profile, until the profile changes."""
        self._checks[profile.name] = (profile, found)
        if self._profile is not None and self._profile.name == profile.name:
            self.show_profile(self._profile)

    def forget_checks(self) -> None:
        """The files changed: what AWS said was of another state."""
        self._checks = {}

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        self._tick()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _fields(self, profile: Profile) -> list[Field]:
        pin = self._safety.pin(profile.name)
        account = profile.account_id
        if pin is not None and pin.account_id != account:
            account = _("{account_id} (from the last sign-in)").format(account_id=pin.account_id)
        found = [
            Field(_("Type"), kind_label(profile.kind)),
            Field(_("Account"), account or self._no_account(profile)),
            Field(_("Region"), profile.region or _("None")),
        ]
        if pin is not None:
            found.append(Field(_("Identity"), pin.arn))
        if profile.expires_at is not None:
            left = remaining_label(profile.expires_at, self._services.clock.now())
            found.append(Field(_("Expires"), f"{profile.expires_at:%Y-%m-%d %H:%M} UTC · {left}"))
        if profile.endpoint_url:
            found.append(Field(_("Endpoint"), profile.endpoint_url))
        return found

    def _no_account(self, profile: Profile) -> str:
        if profile.kind is ProfileKind.SANDBOX:
            return _("None: the Sandbox runs on this computer")
        return _("Unknown. Choose Check to ask AWS.")

    def _show_check(self, found: Validation | None) -> None:
        self._check_title.setVisible(found is not None)
        self.check.setVisible(found is not None)
        self._warnings.setVisible(found is not None and bool(found.warnings))
        if found is None:
            return
        account = f"{found.account_id} ({found.alias})" if found.alias else found.account_id
        may = _("Can list functions") if found.can_list_functions else _("Cannot list functions")
        self.check.show_fields(
            [
                Field(_("Account"), account),
                Field(_("Identity"), found.arn),
                Field(_("Region used"), found.region),
                Field(_("Lambda"), may),
            ]
        )
        self._warnings.setText("\n".join(found.warnings))

    def _tick(self) -> None:
        """The countdown goes on."""
        if self._profile is not None and self._profile.expires_at is not None:
            self.fields.show_fields(self._fields(self._profile))


class ProblemsView(QWidget):
    """The Problems tab: the profile's problems, then those of the files as a whole, with their fixes.

    Signals:
        fix_wanted: The Problem that is to be repaired.
    """

    fix_wanted = Signal(object)

    def __init__(self, services: Services) -> None:
        super().__init__()
        named(self, "profileProblems", _("Problems"))
        columns = (
            Column[tuple[str, Problem]](_("Profile"), lambda row: row[0], 130),
            Column[tuple[str, Problem]](_("Problem"), lambda row: row[1].text),
            Column[tuple[str, Problem]](_("Location"), _location, 170, full=_full_location),
        )
        self.table = Table("problemTable", _("Problems"), columns)
        self._said = named(PlainLabel(), "problemSaid")
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fix = named(QPushButton(_("Fix…")), "problemFix", role="primary")
        self.fix.setToolTip(_("Show the changes before they are made"))
        self.open_file = named(QPushButton(_("Open File")), "problemOpenFile")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._said, 1)
        buttons.addWidget(self.open_file, 0, Qt.AlignmentFlag.AlignTop)
        buttons.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignTop)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)
        empty = named(EmptyState(services.icons, "circle-check"), "problemsEmpty")
        empty.set_text(_("No problems"), _("No problems were found in this profile."))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(filled)
        self.table.chosen_changed.connect(self._row_changed)
        self.table.activated.connect(lambda _index: self._fix())
        self.fix.clicked.connect(self._fix)
        self.open_file.clicked.connect(self._open_file)

    def show_problems(self, name: str, own: tuple[Problem, ...], of_files: tuple[Problem, ...]) -> None:
        """Shows a profile's problems and those of the files."""
        rows = [(name, problem) for problem in own]
        rows += [(_("The files"), problem) for problem in of_files]
        self.table.set_rows(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        if rows:
            self.table.selectRow(0)
        self._row_changed()

    def _current(self) -> Problem | None:
        row = self.table.current()
        return row[1] if row is not None else None

    def _row_changed(self) -> None:
        problem = self._current()
        self._said.setText(problem.text if problem else "")
        self.fix.setEnabled(problem is not None and bool(problem.fix))
        self.open_file.setEnabled(problem is not None and problem.path is not None)

    def _fix(self) -> None:
        problem = self._current()
        if problem is not None and problem.fix:
            self.fix_wanted.emit(problem)

    def _open_file(self) -> None:
        problem = self._current()
        if problem is not None and problem.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(problem.path)))


def _location(row: tuple[str, Problem]) -> str:
    problem = row[1]
    where = problem.path.name if problem.path else ""
    return _("{where}, line {line}").format(where=where, line=str(problem.line)) if problem.line else where


def _full_location(row: tuple[str, Problem]) -> str:
    problem = row[1]
    return f"{problem.path}:{problem.line}" if problem.path else _location(row)


class Details(QWidget):
    """Shows one profile, or that there is none.

    Signals:
        wanted: What is to be done with the shown profile: "use", "check", "edit", "duplicate", "rename",
            "delete" or "keyring".
        tier_chosen: Another tier.
    """

    wanted = Signal(str)
    tier_chosen = Signal(object)

    def __init__(self, services: Services, tools: ProfileTools) -> None:
        super().__init__()
        self.setObjectName("profileDetails")
        self._services = services
        self._safety: Safety = tools.safety
        self._profile: Profile | None = None
        self._may_edit = True
        self.overview = Overview(services, tools.safety)
        self.why = WhyPanel(services, tools.environ)
        self.problems = ProblemsView(services)
        self.history = JournalView(services, tools.writer.journal)
        self.tabs = named(QTabWidget(), "profileTabs", _("Profile"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.overview, _("Overview"))
        self.tabs.addTab(self.why, _("Credential Source"))
        self.tabs.addTab(self.problems, _("Problems"))
        self.tabs.addTab(self.history, _("History"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_header())
        layout.addWidget(self.tabs, 1)

    def show_profile(self, profile: Profile | None, of_files: tuple[Problem, ...], *, may_edit: bool) -> None:
        """Shows a profile.

        Args:
            profile: None when none is chosen.
            of_files: The problems of the files as a whole.
            may_edit: Whether the files can be changed.
        """
        self._profile, self._may_edit = profile, may_edit
        self.title.setText(profile.name if profile else _("No profile"))
        self.title.setToolTip(tool_tip(profile.name) if profile else "")
        self.kind.setText(kind_label(profile.kind) if profile else "")
        self.kind.setVisible(profile is not None)
        if profile is not None:
            self._icon.show_icon(KIND_ICONS[profile.kind])
            self.overview.show_profile(profile)
        own = profile.problems if profile else ()
        self.problems.show_problems(profile.name if profile else "", own, of_files)
        count = len(own) + len(of_files)
        self.tabs.setTabText(
            self.tabs.indexOf(self.problems),
            _("Problems ({count})").format(count=str(count)) if count else _("Problems"),
        )
        self._show_tier()
        self._enable()

    def actions_of_profile(self) -> list[QAction]:
        """The buttons' work once more, for a menu; each is possible when its button is."""
        return self._actions

    def set_checking(self, *, checking: bool) -> None:
        """Whether AWS is being asked about the shown profile."""
        self.buttons["check"].setText(_("Checking…") if checking else _("Check"))
        in_file = self._profile is not None and self._profile.kind is not ProfileKind.SANDBOX
        self.buttons["check"].setEnabled(in_file and not checking)

    def _make_header(self) -> QWidget:
        header = named(QFrame(), "profileHeader")
        self._icon = _KindIcon(self._services)
        self.title = named(PlainLabel(), "profileTitle")
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.kind = badge("profileKind")
        self.tier = named(
            DeliberateChoice(),
            "profileTier",
            _("How Workbench protects resources that this profile can access"),
        )
        self._tier_tip = _(
            "Production: the window frame turns red, and critical actions ask you to type a "
            "name.\nRead-only: Workbench does not send any request that changes AWS."
        )
        self.tier.setToolTip(tool_tip(self._tier_tip))
        for tier in Tier:
            self.tier.addItem(tier_label(tier), tier)
        self.tier.activated.connect(lambda row: self.tier_chosen.emit(self.tier.itemData(row)))
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self._icon)
        first.addWidget(self.title, 1)
        first.addWidget(self.kind)
        self.tier_rule = named(PlainLabel(), "profileTierRule", role="muted")
        first.addWidget(self.tier_rule)
        label = named(PlainLabel(_("Protection")), "profileTierLabel", role="muted")
        label.setBuddy(self.tier)
        first.addWidget(label)
        first.addWidget(self.tier)
        column = QVBoxLayout(header)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(10)
        column.addLayout(first)
        column.addLayout(self._make_buttons())
        return header

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        self._actions: list[QAction] = []
        words = (
            ("use", _("Use This Profile")),
            ("check", _("Check")),
            ("edit", _("Edit…")),
            ("duplicate", _("Duplicate…")),
            ("rename", _("Rename…")),
            ("delete", _("Delete…")),
            ("keyring", _("Move Keys…")),
        )
        for what, title in words:
            button = named(QPushButton(title), f"profile.{what}", title)
            button.clicked.connect(partial(self.wanted.emit, what))
            self.buttons[what] = button
            row.addWidget(button)
            action = QAction(title, self)
            action.setObjectName(f"profile.{what}.menu")
            action.triggered.connect(button.click)
            self._actions.append(action)
        self.buttons["use"].setProperty("role", "primary")
        self.buttons["check"].setToolTip(_("Ask AWS for the identity and permissions of this profile"))
        self.buttons["keyring"].setToolTip(_("Move access keys from the files to the system keyring"))
        row.addStretch(1)
        return row

    def _show_tier(self) -> None:
        name = self._profile.name if self._profile else ""
        is_sandbox = self._profile is not None and self._profile.kind is ProfileKind.SANDBOX
        self.tier.setEnabled(bool(name) and not is_sandbox)  # where nothing can be broken there is no danger
        tier = self._safety.tier(name) if name and not is_sandbox else Tier.NORMAL
        forced = self._safety.forced_tier(name) if name and not is_sandbox else Tier.NORMAL
        for row in range(self.tier.count()):
            set_choosable(self.tier, row, choosable=self.tier.itemData(row).strictness >= forced.strictness)
        reason = "" if forced is Tier.NORMAL else set_by_organisation(tier_label(forced))
        self.tier.setToolTip(tool_tip("\n".join(filter(None, (reason, self._tier_tip)))))
        self.tier_rule.setText(reason)
        self.tier_rule.setVisible(bool(reason))
        self.tier.setCurrentIndex(self.tier.findData(tier))

    def _enable(self) -> None:
        profile = self._profile
        in_file = profile is not None and profile.kind is not ProfileKind.SANDBOX
        for what, button in self.buttons.items():
            if what == "use":
                is_forbidden = not in_file and self._safety.policy.forbids(Rule.SANDBOX)
                button.setEnabled(profile is not None and not is_forbidden)
                button.setToolTip(tool_tip(set_by_organisation() if profile and is_forbidden else ""))
            elif what == "check":
                button.setEnabled(in_file)
            else:
                button.setEnabled(in_file and self._may_edit)
        if profile is not None and profile.kind not in _KEYS:
            self.buttons["keyring"].setEnabled(False)
        if self._safety.policy.forbids(Rule.STORED_KEYS):
            self.buttons["keyring"].setEnabled(False)
            self.buttons["keyring"].setToolTip(tool_tip(set_by_organisation()))
        for action, button in zip(self._actions, self.buttons.values(), strict=True):
            action.setEnabled(button.isEnabled())


class _KindIcon(QWidget):
    """The icon of the shown profile's kind."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._icons = services.icons
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._label: IconLabel | None = None
        self._name = ""

    def show_icon(self, name: str) -> None:
        if name == self._name:
            return
        self._name = name
        if self._label is not None:
            self._row.removeWidget(self._label)
            self._label.deleteLater()
        self._label = IconLabel(self._icons, name, "text", 22)
        self._row.addWidget(self._label)
