"""From an IAM Identity Center portal to profiles: choose the portal, sign in, select roles, review, write."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.core.messages import _, ngettext
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.sso_api import NAME_TEMPLATE, PLACEHOLDERS, AccountRole, list_all_roles, profiles_for
from workbench.profiles.sso_session import SsoSession, Token, all_sessions
from workbench.profiles.sso_sign_in import token_for
from workbench.ui.features.profiles.changes import ChangeFlow, ProposedChange
from workbench.ui.kit.choices import CalmChoice
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.form import Form
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column, TableModel
from workbench.ui.kit.text import PlainLine, named, text_label, tool_tip
from workbench.ui.shell.banners import BannerStack
from workbench.ui.shell.services import Services
from workbench.ui.shell.sign_in import SIGN_IN, SignInFlow

_JOB = "profile.add_from_portal"
_NAME = re.compile(r"[A-Za-z0-9_.@+-]+")
_ADDRESS = re.compile(r"https://[^\s/]+\S*")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_SCOPE = "sso:account:access"
_SIZE = QSize(760, 560)
_SEARCH_PAUSE_MS = 120


class PortalDialog(Dialog):
    """Offers the portals that the files name, and room for another one.

    Signals:
        chosen: The SsoSession.
    """

    chosen = Signal(object)

    def __init__(self, sessions: Sequence[SsoSession], parent: QWidget) -> None:
        super().__init__("portalDialog", _("Profiles from IAM Identity Center"), parent)
        self._sessions = tuple(sessions)
        self.known = named(CalmChoice(), "portalKnown", _("Sign-in"))
        for session in sessions:
            self.known.addItem(f"{session.title}  {session.start_url}")
        self.known.addItem(_("Another portal…"))
        self.name = named(PlainLine(), "portalName", _("Name"))
        self.address = named(PlainLine(), "portalAddress", _("Access portal URL"))
        self.address.setPlaceholderText("https://example.awsapps.com/start")
        self.region = named(PlainLine(), "portalRegion", _("Access portal region"))
        self.region.setPlaceholderText("eu-central-1")
        self._fields = Form(spacing=8)
        for field in (self.name, self.address, self.region):
            self._fields.add(field, field.accessibleName())
        words = _("Sign in, then select the accounts and roles to create profiles for.")
        self.content.addWidget(text_label("portalWords", words))
        self.content.addWidget(self.known)
        self.content.addWidget(self._fields)
        self.finish_layout()
        self.go_on = self.add_button("portalGoOn", _("Continue"), "primary")
        cancel = self.add_button("portalCancel", _("Cancel"))
        self.known.setVisible(bool(sessions))
        self.known.currentIndexChanged.connect(self._known_chosen)
        self.go_on.clicked.connect(self._go_on)
        cancel.clicked.connect(self.reject)
        self._known_chosen()

    def _known_chosen(self) -> None:
        self._fields.setVisible(self.known.currentIndex() >= len(self._sessions))
        self.set_message("")

    def _go_on(self) -> None:
        row = self.known.currentIndex()
        if row < len(self._sessions):
            self.chosen.emit(self._sessions[row])
            return
        name, address, region = (each.text().strip() for each in (self.name, self.address, self.region))
        wrong = ""
        if not _NAME.fullmatch(name) or name in [session.name for session in self._sessions]:
            wrong = _("Enter a unique name of letters, digits and _.@+-")
        elif not _ADDRESS.fullmatch(address):
            wrong = _("The access portal URL must begin with https://")
        elif not _REGION.fullmatch(region):
            wrong = _("Enter the region of IAM Identity Center, such as eu-central-1.")
        if wrong:
            self.set_message(wrong, "danger")
        else:
            self.chosen.emit(SsoSession(name, address, region, (_SCOPE,)))


class RoleModel(TableModel[AccountRole]):
    """One row for each role: account, its number, the role. Ticks are in the first column.

    Args:
        existing: Account numbers and role names that have a profile already: shown, but not to be ticked.

    Signals:
        chosen_changed: Other roles are ticked now.
    """

    chosen_changed = Signal()

    def __init__(self, existing: Collection[tuple[str, str]], parent: QObject | None = None) -> None:
        columns = (
            Column[AccountRole](
                _("Account"),
                lambda each: each.account.name or each.account.account_id,
                tip=self._tip,
                checked=lambda each: each in self._chosen or self._has_profile(each),
            ),
            Column[AccountRole](_("Account ID"), lambda each: each.account.account_id, 130, tip=self._tip),
            Column[AccountRole](_("Role"), lambda each: each.role_name, tip=self._tip),
        )
        super().__init__(columns, enabled=lambda each: not self._has_profile(each), parent=parent)
        self._existing = frozenset(existing)
        self._chosen: frozenset[AccountRole] = frozenset()
        self.ticked.connect(lambda role, on: self.tick((role,), on=on))

    @property
    def chosen(self) -> tuple[AccountRole, ...]:
        """What is ticked, in the order of the rows."""
        return tuple(each for each in self.all if each in self._chosen)

    def tick(self, roles: Iterable[AccountRole], *, on: bool) -> None:
        """Ticks or unticks roles; those that have a profile already stay as they are."""
        wanted = {each for each in roles if not self._has_profile(each)}
        before = self._chosen
        self._chosen = before | wanted if on else before - wanted
        if self._chosen != before:
            self.repaint(0)
            self.chosen_changed.emit()

    def toggle(self, roles: Collection[AccountRole]) -> None:
        """Ticks all of these, or unticks them if they are ticked already."""
        self.tick(roles, on=any(each not in self._chosen and not self._has_profile(each) for each in roles))

    def search(self, text: str) -> None:
        """Shows only roles in which every word occurs; upper and lower case are the same."""
        words = text.casefold().split()

        def accepts(each: AccountRole) -> bool:
            account = each.account
            searched = f"{account.name} {account.account_id} {account.email} {each.role_name}".casefold()
            return all(word in searched for word in words)

        self.set_filter(accepts if words else None)

    def _has_profile(self, each: AccountRole) -> bool:
        return (each.account.account_id, each.role_name) in self._existing

    def _tip(self, each: AccountRole) -> str:
        return _("A profile for this role already exists.") if self._has_profile(each) else each.account.email


class _RoleTable(Table[AccountRole]):
    """Space ticks what is selected, all of it at once."""

    def __init__(self, model: RoleModel) -> None:
        super().__init__(
            "roleTable",
            _("Accounts and roles"),
            model=model,
            several=True,
            row_height=28,
            empty=_("No account or role matches the search."),
        )
        self._model = model

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._model.toggle(self.chosen())
        else:
            super().keyPressEvent(event)


class RolePicker(Dialog):
    """Shows roles as they arrive. `wanted`: the user wants profiles for `chosen`. Stays open until `accept`.

    Args:
        session: Whose roles they are.
        existing: Account numbers and role names that have a profile already.
        region: What the new profiles' region is at first.
        parent: The window.
    """

    wanted = Signal()

    def __init__(
        self, session: SsoSession, existing: Collection[tuple[str, str]], region: str, parent: QWidget
    ) -> None:
        super().__init__("rolePicker", _("Profiles from {title}").format(title=session.title), parent)
        self.model = RoleModel(existing, self)
        self.search = named(PlainLine(), "roleSearch", _("Search accounts and roles"))
        self.search.setPlaceholderText(_("Search accounts and roles"))
        self.search.setClearButtonEnabled(True)
        self.tick_shown = _button("roleTickShown", _("Select All Shown"))
        self.untick = _button("roleUntick", _("Clear Selection"))
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search, 1)
        top.addWidget(self.tick_shown)
        top.addWidget(self.untick)
        self.table = _RoleTable(self.model)
        self.name = named(PlainLine(NAME_TEMPLATE), "roleNames", _("Profile name pattern"))
        self.name.setToolTip(tool_tip(" ".join(f"{{{each}}}" for each in PLACEHOLDERS)))
        self.region = named(PlainLine(region), "roleRegion", _("Region of the new profiles"))
        fields = Form(spacing=8)
        fields.add(self.name, _("Names"))
        fields.add(self.region, _("Region"))
        self.content.addLayout(top)
        self.content.addWidget(self.table, 1)
        self.content.addWidget(fields)
        self.finish_layout(stretch=False)
        self.add = self.add_button("roleAdd", "", "primary")
        cancel = self.add_button("roleCancel", _("Cancel"))
        self._pause = QTimer(self, singleShot=True, interval=_SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.model.search(self.search.text()))
        self.search.textChanged.connect(lambda _text: self._pause.start())
        self.tick_shown.clicked.connect(lambda: self.model.tick(self.model.visible, on=True))
        self.untick.clicked.connect(lambda: self.model.tick(self.model.all, on=False))
        self.model.chosen_changed.connect(self._count)
        self.add.clicked.connect(self.wanted)
        cancel.clicked.connect(self.reject)
        self._count()
        self.set_message(_("Reading the accounts…"))
        self.resize(_SIZE)
        self.search.setFocus()

    @property
    def chosen(self) -> tuple[AccountRole, ...]:
        return self.model.chosen

    def show_roles(self, roles: Sequence[AccountRole]) -> None:
        """Takes roles that have just come."""
        self.model.add(roles)

    def show_progress(self, progress: Progress) -> None:
        """Shows for how many accounts the roles were read."""
        words = _("Reading the roles of {progress} ({done} of {total})…")
        if progress.total and progress.done < progress.total:
            self.set_message(
                words.format(
                    progress=progress.text, done=f"{progress.done:.0f}", total=f"{progress.total:.0f}"
                )
            )

    def show_complete(self) -> None:
        """All have come."""
        none = _("You have no roles in this portal. Ask your administrator for access.")
        self.set_message("" if self.model.all else none)

    def resize_to_content(self) -> None:
        """Keeps its size: the table takes what room there is."""

    def _count(self) -> None:
        count = len(self.model.chosen)
        words = ngettext("Add {count} Profile…", "Add {count} Profiles…", count)
        self.add.setText(words.format(count=f"{count:,}"))
        self.add.setAccessibleName(self.add.text())
        self.add.setEnabled(bool(count))


def _button(name: str, text: str) -> QPushButton:
    button = named(QPushButton(text), name, text)
    button.setAutoDefault(False)
    return button


class RolesFlow(QObject):
    """One at a time.

    Signals:
        added: Profiles were written.
    """

    added = Signal()

    def __init__(
        self, services: Services, sign_in: SignInFlow, banners: BannerStack, window: QWidget
    ) -> None:
        super().__init__(window)
        self._services = services
        self._tools = sign_in.tools
        self._sign_in = sign_in
        self._banners = banners
        self._window = window
        self._changes = ChangeFlow(services, sign_in.tools.writer, window)
        self._changes.failed.connect(banners.show_error)

    def begin(self, region: str = "") -> None:
        """Asks which portal.

        Args:
            region: For the new profiles, unless the user changes it.
        """
        environ = self._tools.environ

        def read(_ctx: JobContext) -> ConfigFiles:
            return ConfigFiles.read(environ)

        self._submit(_("Reading profiles"), read, lambda files: self._ask_portal(files, region))

    def _ask_portal(self, files: ConfigFiles, region: str) -> None:
        dialog = PortalDialog(all_sessions(files), self._window)

        def chosen(session: SsoSession) -> None:
            dialog.accept()
            self._find_token(session, region)

        dialog.chosen.connect(chosen)
        dialog.open()

    def _find_token(self, session: SsoSession, region: str) -> None:
        def find(ctx: JobContext) -> Token | None:
            try:
                return token_for(session, ctx, self._services.clock, self._tools.clients, self._tools.tokens)
            except WorkbenchError as error:
                if error.action == SIGN_IN:
                    return None
                raise

        def found(token: Token | None) -> None:
            if token is None:
                self._sign_in.sign_in_to(session, lambda token: self._pick(token, region))
            else:
                self._pick(token, region)

        self._submit(_("Checking whether you are signed in"), find, found)

    def _pick(self, token: Token, region: str) -> None:
        session, environ = token.session, self._tools.environ
        self._submit(
            _("Reading profiles"),
            lambda _ctx: _roles_with_profile(session, ConfigFiles.read(environ)),
            lambda existing: self._open_picker(token, existing, region),
        )

    def _open_picker(self, token: Token, existing: frozenset[tuple[str, str]], region: str) -> None:
        session = token.session
        picker = RolePicker(session, existing, region, self._window)
        picker.wanted.connect(lambda: self._propose(session, picker))
        picker.rejected.connect(lambda: self._services.jobs.drop(_JOB))
        picker.open()

        def show(roles: object) -> None:
            assert isinstance(roles, tuple)
            picker.show_roles(roles)

        def failed(error: WorkbenchError) -> None:
            if error.action != SIGN_IN:
                picker.set_error(error)
                return
            picker.reject()  # AWS has ended the sign-in, though it looked good here
            self._sign_in.sign_in_to(session, lambda token: self._pick(token, region))

        self._services.jobs.start(
            _("Reading accounts and roles of {title}").format(title=session.title),
            lambda ctx: list_all_roles(token, ctx, self._tools.clients),
            replaces=_JOB,
            on_item=show,
            on_progress=picker.show_progress,
            on_done=lambda _roles: picker.show_complete(),
            on_error=failed,
            on_cancelled=picker.show_complete,
        )

    def _propose(self, session: SsoSession, picker: RolePicker) -> None:
        chosen: tuple[AccountRole, ...] = picker.chosen
        template, region = picker.name.text().strip(), picker.region.text().strip()
        environ, count = self._tools.environ, len(chosen)

        def written() -> None:
            picker.accept()
            self._banners.show_notice(
                _("New profiles were added from {title}.").format(title=session.title),
                _("You can choose them in the profile picker at the top left."),
                "good",
                key=_JOB,
            )
            self.added.emit()

        title = ngettext("Add {count} Profile from {title}", "Add {count} Profiles from {title}", count)
        title = title.format(count=count, title=session.title)
        self._changes.propose(
            ProposedChange(
                title,
                lambda: profiles_for(session, chosen, ConfigFiles.read(environ), template, region),
                written,
                parent=picker,
                failed=picker.set_error,
            )
        )

    def _submit[T](self, title: str, run: Callable[[JobContext], T], done: Callable[[T], object]) -> None:
        self._services.jobs.start(
            title, run, replaces=_JOB, quiet=True, on_done=done, on_error=self._banners.show_error
        )


def _roles_with_profile(session: SsoSession, files: ConfigFiles) -> frozenset[tuple[str, str]]:
    """The accounts and roles of the portal that have a profile."""
    return frozenset(
        (parts.options["sso_account_id"], parts.options["sso_role_name"])
        for parts in files.profiles.values()
        if parts.options.get("sso_session") == session.name
        and "sso_account_id" in parts.options
        and "sso_role_name" in parts.options
    )
