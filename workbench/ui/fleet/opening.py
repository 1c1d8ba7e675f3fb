"""Opens a function of the fleet in the main window, with its profile and in its region."""

from workbench.functions.fleet import FleetRow
from workbench.ui.parts import Parts
from workbench.ui.profile_source import no_such_profile
from workbench.ui.shell.opener import FunctionOpener


def open_row(parts: Parts, opener: FunctionOpener, row: FleetRow) -> None:
    """From then on the main window acts as the row's profile; a connection that is not there is awaited."""
    window, session, function = parts.window, parts.session, row.function
    window.raise_()
    window.activateWindow()
    if (session.profile.name, session.region) != (row.profile_name, function.region):
        found = [profile for profile in session.profiles if profile.name == row.profile_name]
        if not found:
            window.banners.show_error(no_such_profile(row.profile_name))
            return
        session.choose(found[0], function.region)
    opener.open(function.function_name)
