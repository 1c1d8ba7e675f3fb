"""What the window says of the fence around code that runs on this computer."""

from PySide6.QtCore import QCoreApplication

from workbench.sandbox.fence_state import fence_state

translate = QCoreApplication.translate


def short_text() -> str:
    """Says in a few words with whose rights Run Locally runs a function."""
    state = fence_state()
    if not state.is_on:
        return translate("Fence", "Run Locally: as you, with all your files")
    return translate("Fence", "Run Locally: in a fence (Landlock %1)").replace("%1", str(state.landlock))


def full_text() -> str:
    """Says what functions reach that run on this computer, by Run Locally and in the Sandbox."""
    state = fence_state()
    if not state.is_on:
        return translate(
            "Fence",
            "Functions that run on this computer run as you, with all your files, those with your keys "
            "included: this system has no fence for them. Linux 6.2 and newer have one.",
        )
    text = translate(
        "Fence",
        "Functions that run on this computer run in a fence (Landlock %1). They read the system, their "
        "interpreter and their own code, and write to a temporary folder of their own. They cannot reach "
        "your other files, your keyring or your other programs. They can reach the network.",
    ).replace("%1", str(state.landlock))
    if state.holds_signals:
        return text
    more = translate("Fence", "They can end your other programs: Linux 6.12 and newer stop that, too.")
    return f"{text} {more}"


def rights_text(function_name: str) -> str:
    """Says with whose rights a function runs here, before the user gives it credentials."""
    if fence_state().is_on:
        text = translate(
            "Fence", "On this computer %1 runs in a fence, without your files and without your keys."
        )
    else:
        text = translate(
            "Fence", "On this computer %1 runs as you, with all your files, those with your keys included."
        )
    return text.replace("%1", function_name)
