"""What can go wrong with the Sandbox's server, in the user's words."""

from pathlib import Path

from workbench.core.errors import WorkbenchError

NOT_STARTED = "The Sandbox could not be started."


def died(log_lines: list[str]) -> WorkbenchError:
    """The server ended by itself."""
    return WorkbenchError(
        "The Sandbox stopped unexpectedly.",
        "\n".join(log_lines[-12:]) or "It printed no error message.",
        "Start it again. If the problem persists, reset the Sandbox, which recreates its contents.",
        action="sandbox.start",
    )


def not_ready(timeout_s: float) -> WorkbenchError:
    """The server runs and does not answer."""
    return WorkbenchError(
        NOT_STARTED,
        f"It has not responded for {timeout_s:.0f} s.",
        "Try again. If the problem persists, reset the Sandbox, which recreates its contents.",
        action="sandbox.start",
    )


def no_port() -> WorkbenchError:
    """Every port was taken by someone else between our check and the server's."""
    return WorkbenchError(
        NOT_STARTED,
        "All ports that were tried are used by other programs.",
        "Try again.",
        action="sandbox.start",
    )


def not_running(why: str) -> WorkbenchError:
    """Something needs the server's address."""
    return WorkbenchError(
        "The Sandbox is not running.", why, "Start it, then try again.", action="sandbox.start"
    )


def turned_off() -> WorkbenchError:
    """The settings forbid that it starts."""
    return WorkbenchError(
        "The Sandbox is turned off.",
        "It is turned off in the settings.",
        "Choose another profile, or change “Start the Sandbox” in the settings.",
        action="app.settings",
    )


def damaged(copy: str) -> WorkbenchError:
    """A state file could not be read; the launcher kept a copy."""
    return WorkbenchError(
        "Some of the Sandbox's data was damaged and has been moved.",
        f"The file could not be read. A copy is kept as {copy}.",
        "The Sandbox runs without this data. Reset it to recreate the samples.",
        action="sandbox.open_data_folder",
    )


def not_saved(cause: str, data_dir: Path) -> WorkbenchError:
    """A state file could not be written."""
    return WorkbenchError(
        "The Sandbox could not save all of its data.",
        cause,
        f"Free some space on the disk of {data_dir}. Data that was saved earlier is intact.",
        action="sandbox.open_data_folder",
    )
