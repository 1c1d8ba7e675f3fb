"""The Logs tab, and what leads to it and from it: code, tests, triggers, charts."""

from datetime import datetime

from workbench.core.messages import _
from workbench.ui.action_spec import ActionSpec
from workbench.ui.features.logs.page import LogsPage
from workbench.ui.pages.base import Page
from workbench.ui.pages.triggers import TriggersPage
from workbench.ui.services import Services
from workbench.ui.shell.context import Context


def make_page(services: Services) -> Page:
    """The tab, made before the feature is activated."""
    return LogsPage(services)


def activate(context: Context) -> None:
    """Adds Insights, and leads from log lines to what they speak of."""
    logs, triggers = context.page(LogsPage), context.page(TriggersPage)
    tabs = context.window.page

    def show_insights() -> None:
        tabs.show_tab(logs.object_name)
        logs.show_insights()

    def show_window(start: datetime, end: datetime) -> None:
        tabs.show_tab(logs.object_name)
        logs.show_window(start, end)

    def show_invocation(request_id: str, sent_at: datetime | None = None) -> None:
        tabs.show_tab(logs.object_name)
        logs.show_invocation(request_id, sent_at)

    def show_source(path: str, line: int, source: str) -> None:
        """A line of the open function's code; of the other functions whose log is read it is not open."""
        function = context.function
        if function is not None and source in ("", function.detail.function_name):
            context.navigate("code.place", path, line)

    def show_cause(source_arn: str) -> None:
        """Shows the trigger of this source once the triggers are read, or that there is none any more."""
        triggers.look_for(source_arn)
        tabs.show_tab(triggers.object_name)

    context.action(
        ActionSpec("view.insights", _("Insights"), "Alt+Shift+Q", when="function", terms=_("query logs")),
        show_insights,
        after="view.invocations",
    )
    context.route("logs.window", show_window)
    context.route("logs.invocation", show_invocation)
    logs.notice.connect(context.notify)
    logs.cause_wanted.connect(show_cause)
    logs.view.event_wanted.connect(lambda text: context.navigate("test.event", text))
    logs.view.place_wanted.connect(show_source)
