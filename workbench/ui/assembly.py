"""Puts together what the window shows after its first painting: the pages, and who talks to whom.

Importing this module loads all pages and what they need, so it is imported by a job, not on the main thread.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module

from workbench.aws.retry import RateBudget
from workbench.core.files import resources_dir
from workbench.core.messages import _
from workbench.profiles.identities import Identities
from workbench.profiles.model import Profile
from workbench.sandbox.supervisor import Sandbox
from workbench.ui.editor import Editor, monaco
from workbench.ui.pages.base import Page
from workbench.ui.pages.code import CodePage
from workbench.ui.pages.test import TestPage
from workbench.ui.pages.versions import VersionsPage
from workbench.ui.result.panel import ResultPanel
from workbench.ui.shell.activity import ActivityPanel
from workbench.ui.shell.command_palette import CommandPalette
from workbench.ui.shell.conditions import Conditions
from workbench.ui.shell.context import Context
from workbench.ui.shell.opener import FunctionOpener
from workbench.ui.shell.problems_panel import ProblemsPanel
from workbench.ui.shell.protection import Protection
from workbench.ui.shell.services import Services
from workbench.ui.shell.session import Session
from workbench.ui.shell.session_view import LateChanges, SessionView
from workbench.ui.shell.window import MainWindow

_TABS = ("code", "configuration", "triggers", "test", "logs", "metrics", "versions")
FEATURES = (
    "settings",
    "deploy",
    "invoking",
    "invocations",
    "local_run",
    "configuration",
    "permissions",
    "triggers",
    "functions",
    "fleet",
    "bulk",
    "fan_out",
    "dependencies",
    "metrics",
    "profiles",
    "code",
    "new_function",
    "deleting",
    "power_tuning",
    "recovery",
    "templates",
    "versions",
    "copy_function",
    "console_link",
    "getting_started",
    "help",
    "logs",
    "sandbox",
    "window_lock",
    "left_off",
)
"""The folders of workbench/ui/features, in the order in which they are activated.

A feature whose action stands behind one of another feature comes after that feature.
"""
_features = {name: import_module(f"workbench.ui.features.{name}.feature") for name in FEATURES}
for _feature in _features.values():
    vars(_feature)  # loads it now (core/lazy_imports.py), in the job that imports this module


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """The finished window: its parts, and the objects that connect them."""

    session_view: SessionView
    opener: FunctionOpener
    protection: Protection
    context: Context
    editor: Editor


class Assembler:
    """Makes pages and features one at a time, as all at once would stall the window."""

    def __init__(
        self,
        services: Services,
        session: Session,
        sandbox: Sandbox,
        identities: Identities,
        window: MainWindow,
        profiles: list[Profile],
    ) -> None:
        self._services = services
        self._session = session
        self._sandbox = sandbox
        self._identities = identities
        self._window = window
        self._profiles = profiles
        self._assembly: Assembly | None = None
        self._steps = self._work()

    def step(self) -> bool:
        """Makes the next page, or activates the next feature; False when nothing is left to do."""
        return next(self._steps, None) is not None

    def finish(self) -> Assembly:
        """Does all that is left to do."""
        while self.step():
            pass
        assert self._assembly is not None
        return self._assembly

    def _work(self) -> Iterator[object]:
        """Puts the window together; pauses where something else may go on."""
        services, window = self._services, self._window
        page_dir = resources_dir() / "editor" / "dist"
        makers: tuple[Callable[[], Page], ...] = (
            lambda: CodePage(services, Editor(monaco(page_dir))),
            lambda: _make_page("configuration", services),
            lambda: _make_page("triggers", services),
            lambda: TestPage(services),
            lambda: _make_page("logs", services),
            lambda: _make_page("metrics", services),
            lambda: VersionsPage(services),
            lambda: _make_page("deploy", services),
        )
        pages: list[Page] = []
        for make in makers:
            pages.append(make())
            yield make
        titles = (
            _("Code"),
            _("Configuration"),
            _("Triggers"),
            _("Test"),
            _("Logs"),
            _("Metrics"),
            _("Versions"),
            _("Deploys"),
        )
        window.set_panels(ResultPanel(services), ProblemsPanel(), ActivityPanel(services))
        yield window
        window.page.set_pages(list(zip(titles, pages, strict=True)))
        yield window
        code, *_others = pages
        assert isinstance(code, CodePage)
        opener = FunctionOpener(services, self._session, window)
        view = SessionView(services, self._session, window, self._profiles)
        LateChanges(services, window)
        for page in pages:
            page.failed.connect(window.function_banners.show_error)
        protection = Protection(services, self._session, window, self._identities)
        protection.sign_in.signed_in.connect(Conditions(services, self._session, window).signed_in)
        budget = RateBudget()
        context = Context(
            services, self._session, window, self._identities, self._sandbox, protection, opener, budget
        )
        _bind_window_actions(context)
        yield context
        for feature in _features.values():
            yield feature
            feature.activate(context)
        self._assembly = Assembly(view, opener, protection, context, code.files.editor)


def _make_page(feature: str, services: Services) -> Page:
    """The tab of a feature, which is made before the feature is activated."""
    page = _features[feature].make_page(services)
    assert isinstance(page, Page)
    return page


def _bind_window_actions(context: Context) -> None:
    """Says what the actions do that stand in the table, and belong to no feature."""
    services, window = context.services, context.window
    actions = services.actions
    palette = CommandPalette(
        actions,
        window,
        services.settings,
        partial(context.navigate, "setting"),
        partial(context.navigate, "configuration.setting"),
        lambda: context.function.detail if context.function else None,
    )
    handlers: tuple[tuple[str, Callable[[], object]], ...] = (
        ("app.quit", window.close),
        ("view.next_pane", window.go_to_pane),
        ("view.previous_pane", partial(window.go_to_pane, forward=False)),
        ("view.newest_message", window.go_to_newest_message),
        ("view.hide_functions", window.hide_functions),
        ("view.hide_bottom", window.hide_bottom),
        ("view.palette", palette.open),
        ("view.problems", lambda: window.go_to_panel(window.problems)),
        ("view.activity", lambda: window.go_to_panel(window.activity)),
        ("connection.retry", context.session.connect_now),
        ("profile.choose", window.top_bar.profile.showPopup),
        ("profile.choose_region", window.top_bar.region.showPopup),
    )
    for name, handler in handlers:
        actions.bind(name, handler)
    for tab in _TABS:
        actions.bind(f"view.{tab}", partial(window.page.show_tab, f"{tab}Page"))
    window.status_jobs.activity_wanted.connect(actions["view.activity"].trigger)
