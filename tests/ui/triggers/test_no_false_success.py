"""No sign of success beside a permission that is missing or unknown, whatever the kind of source."""

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.triggers.values import detail, seen
from workbench.core.errors import WorkbenchError
from workbench.triggers.grants import check_grants
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import (
    Finding,
    Link,
    ObservedRole,
    SourceKind,
    Trigger,
    TriggerSpec,
    WantedGrant,
)
from workbench.triggers.role import check_role
from workbench.ui.features.triggers.details import ExplainPanel
from workbench.ui.features.triggers.labels import TONES
from workbench.ui.features.triggers.plan_form import FindingCard, FindingsView
from workbench.ui.kit.icons import Icons
from workbench.ui.kit.labels import IconLabel

KINDS = [kind for kind, source in SOURCES.items() if source.can_create]
ARNS = {
    SourceKind("s3"): "arn:aws:s3:::b",
    SourceKind("dynamodb"): "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/2026",
    SourceKind("kinesis"): "arn:aws:kinesis:us-east-1:111111111111:stream/s",
}


def _findings(kind: SourceKind) -> tuple[Finding, ...]:
    """What the checks say when the policy or the role lacks everything, or may not be read."""
    source = ARNS.get(kind, f"arn:aws:{kind}:us-east-1:111111111111:x")
    wiring = TriggerSpec(kind, source, detail())
    wanted = (WantedGrant(f"{kind}.amazonaws.com", source),)
    denied = (("a:Read", source, "implicitDeny"),)
    return (
        *check_grants(wiring, wanted, seen(grants=())),
        *check_grants(wiring, wanted, seen(grants=None)),
        *check_role(wiring, ObservedRole(denied=denied), "Managed"),
        *check_role(wiring, ObservedRole(denied=None), "Managed"),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("accepts", [False, True])
def test_no_finding_has_a_tick(kind: SourceKind, accepts: bool, icons: Icons, qtbot: QtBot) -> None:
    view = FindingsView(icons)
    qtbot.addWidget(view)
    findings = _findings(kind)
    assert findings
    view.show_findings(findings)
    if accepts:
        for finding in findings:
            if finding.fixes:
                view._accept(finding, finding.fixes[0].title)
    view.show()
    for card in view.findChildren(FindingCard):
        (icon,) = card.findChildren(IconLabel)
        assert icon._color != "good"
        assert icon._name != "circle-check"
        texts = [each.text() for each in card.findChildren(QPushButton)]
        texts += [each.text() for each in card.findChildren(QLabel)]
        assert not any("✓" in text for text in texts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("link", [link for link in Link if link is not Link.LINKED])
def test_the_explanation_of_a_trigger_that_lacks_something_promises_nothing(
    kind: SourceKind, link: Link, icons: Icons, qtbot: QtBot
) -> None:
    panel = ExplainPanel(icons)
    qtbot.addWidget(panel)
    source = ARNS.get(kind, f"arn:aws:{kind}:us-east-1:111111111111:x")
    trigger = Trigger(
        kind, source, "x", link=link, problem=WorkbenchError("You do not have permission to read it.")
    )
    panel.show_trigger(trigger, SOURCES[kind].explain(trigger, seen(grants=())), simulated=False)
    assert panel.link.property("tone") != "good"
    assert TONES[link] != "good"
    assert panel.link_text.text()
    assert " lets " not in panel.texts()
