"""Power tuning with the rest of the window: whom it invokes through, whose events, who hears of a change."""

import math

from PySide6.QtCore import QObject

from workbench.aws.rate_budget import RateBudget
from workbench.core.jobs import JobContext
from workbench.invoke import payload as payloads
from workbench.invoke.payload import check_payload
from workbench.metrics import power_tuning as tuning
from workbench.ui.invoking import kept
from workbench.ui.invoking.request import Invocation, Request
from workbench.ui.pages.test import TestPage
from workbench.ui.parts import Parts
from workbench.ui.power_tuning import dialog as dialogs
from workbench.ui.power_tuning.flow import CLEAN, TUNE, PowerTuningFlow
from workbench.ui.protection import Protection
from workbench.ui.services import OpenFunction, Services


class Invoker:
    """Invokes versions as the Test tab would. Runs in jobs."""

    def __init__(self, services: Services, test: TestPage) -> None:
        self._services, self._clock, self._test = services, services.clock, test

    @property
    def tenant_id(self) -> str:
        """The tenant that the Test tab names; empty for none. On the main thread only."""
        return self._test.options.tenant_id

    def check(self, event: bytes) -> None:
        """Raises WorkbenchError when an event cannot be sent: before anything is published."""
        check_payload(payloads.resolve_variables(event.decode(), self._clock.now()).encode())

    def once(
        self, function: OpenFunction, version: str, wish: "dialogs.Wish", batch: str, ctx: JobContext
    ) -> "tuning.Trial":
        """Invokes a version, with a place in the ledger.

        Without a REPORT line the time is what this computer has measured.
        """
        request = Request(wish.event, qualifier=version, batch=batch, tenant_id=wish.tenant_id)
        invocation = Invocation(function, self._clock.now(), request)
        sent = kept.send(invocation, kept.ledger_of(self._services), self._clock, ctx.muted())
        result = sent.invocation.result
        assert result is not None  # else it was raised why
        report = result.report
        if report is None:
            billed_ms = math.ceil(result.duration_ms)
            return tuning.Trial(result.duration_ms, billed_ms, None, result.error_type)
        return tuning.Trial(report.duration_ms, report.billed_ms, report.init_ms, result.error_type)


class ConnectedPowerTuning(QObject):
    """Connects it, for as long as the window lives."""

    def __init__(self, parts: Parts, protection: Protection, budget: RateBudget) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.flow = PowerTuningFlow(
            parts.services,
            parts.session,
            parts.window,
            protection.confirm_change,
            Invoker(parts.services, parts.test),
            self._events,
            budget,
        )
        self.flow.applied.connect(self._show)
        self.flow.failed.connect(lambda error: protection.sign_in.note_failure(TUNE, error))
        self.flow.left_over.there.connect(lambda there: parts.services.actions.set_there(CLEAN, there=there))

    def _events(self) -> list[tuple[str, bytes]]:
        """What is in the Test tab, then all that it offers."""
        test = self._parts.test
        typed = self.tr("Same as in the Test tab")
        found = [(typed, test.text.toPlainText().encode() or b"{}")]
        for row in range(test.picker.count()):
            if (event := test.picker.event_at(row)) is not None:
                found.append((test.picker.itemText(row), event.text.encode()))
        return found

    def _show(self, function: OpenFunction) -> None:
        """A function that was changed, if it is still the open one."""
        window = self._parts.window
        opened = window.page.function
        if opened is not None and opened.detail.function_arn == function.detail.function_arn:
            window.page.open(function)
        window.functions.refresh()
        words = self.tr("%1 currently has %2 MB of memory.").replace("%1", function.detail.function_name)
        words = words.replace("%2", f"{function.detail.memory_mb:,}")
        window.function_banners.show_notice(words, tone="good", key="tuned", function=function)
