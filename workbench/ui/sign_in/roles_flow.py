"""From a portal of IAM Identity Center to profiles: which portal, sign in, tick, look at the change, write.

Owns: the order. Must not know: how one signs in (flow.py), how files are written (profiles/changes.py).
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext
from workbench.profiles.config_files import ConfigFiles
from workbench.profiles.sso.bulk import profiles_for
from workbench.profiles.sso.portal import AccountRole, list_all_roles
from workbench.profiles.sso.session import SsoSession, Token, all_sessions
from workbench.profiles.sso.sign_in import token_for
from workbench.ui.banner import BannerStack
from workbench.ui.profiles.changes import Change, ChangeFlow
from workbench.ui.services import Services
from workbench.ui.sign_in.flow import ADD_FROM_PORTAL, SIGN_IN, SignInFlow
from workbench.ui.sign_in.portal_dialog import PortalDialog
from workbench.ui.sign_in.role_picker import RolePicker
from workbench.ui.sign_in.tools import SignInTools


class RolesFlow(QObject):
    """One at a time.

    Signals:
        added: Profiles were written.
    """

    added = Signal()

    def __init__(
        self,
        services: Services,
        tools: SignInTools,
        sign_in: SignInFlow,
        banners: BannerStack,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._tools = tools
        self._sign_in = sign_in
        self._banners = banners
        self._window = window
        self._changes = ChangeFlow(services, tools.writer, window)
        self._changes.failed.connect(banners.show_error)

    def begin(self, region: str = "") -> None:
        """Asks which portal.

        Args:
            region: For the new profiles, unless the person changes it.
        """
        environ = self._tools.environ

        def read(_ctx: JobContext) -> ConfigFiles:
            return ConfigFiles.read(environ)

        self._submit(self.tr("Reading profiles"), read, lambda files: self._ask_portal(files, region))

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

        self._submit(self.tr("Checking whether you are signed in"), find, found)

    def _pick(self, token: Token, region: str) -> None:
        session, environ = token.session, self._tools.environ
        self._submit(
            self.tr("Reading profiles"),
            lambda _ctx: _there(session, ConfigFiles.read(environ)),
            lambda there: self._open_picker(token, there, region),
        )

    def _open_picker(self, token: Token, there: frozenset[tuple[str, str]], region: str) -> None:
        session = token.session
        picker = RolePicker(session, there, region, self._window)
        picker.wanted.connect(lambda: self._propose(session, picker))
        picker.rejected.connect(lambda: self._services.jobs.drop(ADD_FROM_PORTAL))
        picker.open()

        def show(roles: object) -> None:
            assert isinstance(roles, tuple)
            picker.show_roles(roles)

        def failed(error: WorkbenchError) -> None:
            if error.action != SIGN_IN:
                picker.say_error(error)
                return
            picker.reject()  # AWS has ended the sign-in, though it looked good here
            self._sign_in.sign_in_to(session, lambda token: self._pick(token, region))

        self._services.jobs.submit(
            Job(
                self.tr("Reading accounts and roles of %1").replace("%1", session.title),
                lambda ctx: list_all_roles(token, ctx, self._tools.clients),
                replaces=ADD_FROM_PORTAL,
                on_item=show,
                on_progress=picker.show_progress,
                on_done=lambda _roles: picker.show_complete(),
                on_error=failed,
                on_cancelled=picker.show_complete,
            )
        )

    def _propose(self, session: SsoSession, picker: RolePicker) -> None:
        chosen: tuple[AccountRole, ...] = picker.chosen
        template, region = picker.name.text().strip(), picker.region.text().strip()
        environ, count = self._tools.environ, len(chosen)

        def written() -> None:
            picker.accept()
            self._banners.show_notice(
                self.tr("New profiles were added from %1.").replace("%1", session.title),
                self.tr("You can choose them in the profile picker at the top left."),
                "good",
                key=ADD_FROM_PORTAL,
            )
            self.added.emit()

        title = self.tr("Add %1 profiles from %2").replace("%1", str(count)).replace("%2", session.title)
        self._changes.propose(
            Change(
                title,
                lambda: profiles_for(session, chosen, ConfigFiles.read(environ), template, region),
                written,
                parent=picker,
                failed=picker.say_error,
            )
        )

    def _submit[T](self, title: str, run: Callable[[JobContext], T], done: Callable[[T], object]) -> None:
        self._services.jobs.submit(
            Job(
                title,
                run,
                replaces=ADD_FROM_PORTAL,
                quiet=True,
                on_done=done,
                on_error=self._banners.show_error,
            )
        )


def _there(session: SsoSession, files: ConfigFiles) -> frozenset[tuple[str, str]]:
    """The accounts and roles of the portal that have a profile."""
    return frozenset(
        (parts.options["sso_account_id"], parts.options["sso_role_name"])
        for parts in files.profiles.values()
        if parts.options.get("sso_session") == session.name
        and "sso_account_id" in parts.options
        and "sso_role_name" in parts.options
    )
