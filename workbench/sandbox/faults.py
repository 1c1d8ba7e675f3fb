"""What can go wrong with the Sandbox's server, in a person's words."""

from pathlib import Path

from workbench.core.errors import WorkbenchError

NOT_STARTED = "The Sandbox could not be started."


def died(last_words: list[str]) -> WorkbenchError:
    """The server ended by itself."""
    return WorkbenchError(
        "The Sandbox stopped unexpectedly.",
        "\n".join(last_words[-12:]) or "It said nothing.",
        "Start it again. If that fails, reset the Sandbox: its content is then created anew.",
        action="sandbox.start",
    )


def not_ready(timeout_s: float) -> WorkbenchError:
    """The server runs and does not answer."""
    return WorkbenchError(
        NOT_STARTED,
        f"It has not answered for {timeout_s:.0f} s.",
        "Try again. If that fails, reset the Sandbox: its content is then created anew.",
        action="sandbox.start",
    )


def no_port() -> WorkbenchError:
    """Every port was taken by someone else between our look and the server's."""
    return WorkbenchError(
        NOT_STARTED,
        "Other programs took every port that was tried.",
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
        "The settings say that it never starts.",
        "Choose another profile, or change “Start the Sandbox” in the settings.",
        action="app.settings",
    )


def damaged(copy: str) -> WorkbenchError:
    """A state file could not be read; the launcher kept a copy."""
    return WorkbenchError(
        "A part of the Sandbox's data was damaged and has been set aside.",
        f"The file could not be read; it is kept as {copy}.",
        "The Sandbox runs without it. Reset it to have the samples created anew.",
        action="sandbox.open_data_folder",
    )


def not_saved(cause: str, data_dir: Path) -> WorkbenchError:
    """A state file could not be written."""
    return WorkbenchError(
        "The Sandbox could not save all of its data.",
        cause,
        f"Free some space on the disk of {data_dir}. What was saved before is intact.",
        action="sandbox.open_data_folder",
    )
