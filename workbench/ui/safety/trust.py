"""Asks the user to trust an endpoint that is not AWS's, or a program that returns credentials."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.redaction import redact
from workbench.profiles.process_provider import ProcessTrust
from workbench.profiles.safety import Safety
from workbench.ui.banner import BannerStack
from workbench.ui.kit.question import Question

TRUST_ENDPOINT, TRUST_PROCESS = "profile.trust_endpoint", "profile.trust_process"
_KEY = "trust"


class TrustFlow(QObject):
    """Asks what `profile.trust_endpoint` and `profile.trust_process` are for.

    Args:
        safety: Knows the server that a profile's keys were kept from.
        processes: Knows the program that was kept from running.
        banners: For what goes wrong.
        trusted: Called with the profile's name after a yes: it can be used now.
    """

    def __init__(
        self,
        safety: Safety,
        processes: ProcessTrust,
        banners: BannerStack,
        trusted: Callable[[str], object],
    ) -> None:
        super().__init__(banners)
        self._safety = safety
        self._processes = processes
        self._banners = banners
        self._trusted = trusted

    def ask_endpoint(self, profile_name: str) -> None:
        """Asks whether the profile's keys may go to the server that they were kept from."""
        origin = self._safety.asked_endpoint(profile_name)
        if not origin:
            self._nothing()
            return
        words = _(
            "{profile_name} sends its requests to this server instead of AWS. The operator of the server can "
            "read everything that is signed with the profile's credentials. Send requests to it?"
        ).format(profile_name=profile_name)
        self._ask(
            Question(
                "trustEndpoint",
                _("Endpoint Is Not AWS"),
                words,
                _("Send Requests"),
                self._banners.window(),
                origin,
            ),
            profile_name,
            lambda: self._safety.trust_endpoint(profile_name, origin),
        )

    def ask_process(self, profile_name: str) -> None:
        """Asks whether the profile's program may run."""
        command = self._processes.asked(profile_name)
        if not command:
            self._nothing()
            return
        program = self._processes.asked_program(profile_name)
        words = _(
            "{profile_name} gets its credentials from this program. It runs with your user's permissions "
            "each time credentials are needed. Workbench asks again if the program changes. Run "
            "it?"
        ).format(profile_name=profile_name)
        self._ask(
            Question(
                "trustProcess",
                _("Run Credential Process"),
                words,
                _("Run"),
                self._banners.window(),
                f"{redact(command)}\n{program.path if program and program.path else ''}".strip(),
            ),
            profile_name,
            # What was shown. Should the profile run something else by now, it is asked about anew.
            lambda: self._processes.trust(command, program),
        )

    def _ask(self, question: Question, profile_name: str, trust: Callable[[], WorkbenchError | None]) -> None:
        def agreed() -> None:
            if (problem := trust()) is not None:
                self._banners.show_error(problem, "warning")
            self._trusted(profile_name)

        question.ask(agreed)

    def _nothing(self) -> None:
        self._banners.show_notice(_("No permission is needed."), key=_KEY)
