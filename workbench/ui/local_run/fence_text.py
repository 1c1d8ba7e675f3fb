"""Texts about the isolation of code that runs on this computer."""

from PySide6.QtCore import QCoreApplication

from workbench.sandbox.fence_state import fence_state

translate = QCoreApplication.translate


def short_text() -> str:
    """In a few words, whether Run Locally isolates a function."""
    state = fence_state()
    if not state.is_on:
        return translate("Isolation", "Run Locally: not isolated")
    return translate("Isolation", "Run Locally: isolated (Landlock %1)").replace("%1", str(state.landlock))


def full_text() -> str:
    """What functions on this computer can access, in Run Locally and in the Sandbox."""
    state = fence_state()
    if not state.is_on:
        return translate(
            "Isolation",
            (
                "Local functions run with your permissions and can read all your files, including "
                "credentials, because this system cannot isolate them. Linux 6.2 or later can."
            ),
        )
    text = translate(
        "Isolation",
        (
            "Local functions are isolated (Landlock %1). They can read the system, their "
            "interpreter and their own code, write to a private temporary folder, and use the "
            "network. They cannot access your other files, your keyring or your other programs."
        ),
    ).replace("%1", str(state.landlock))
    if state.holds_signals:
        return text
    more = translate("Isolation", "They can stop your other programs: Linux 6.12 or later prevents that.")
    return f"{text} {more}"


def rights_text(function_name: str) -> str:
    """With whose permissions a function runs here, before the user gives it credentials."""
    if fence_state().is_on:
        text = translate("Isolation", "Local runs of %1 are isolated from your files and credentials.")
    else:
        text = translate(
            "Isolation",
            ("Local runs of %1 have your permissions and can read all your files, including credentials."),
        )
    return text.replace("%1", function_name)
