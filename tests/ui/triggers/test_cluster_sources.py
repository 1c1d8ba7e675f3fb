"""Kafka, Amazon MQ and DocumentDB in the wizard: what it asks for, checks and plans."""

import secrets

from PySide6.QtWidgets import QLineEdit

from tests.ui.sign_in.conftest import press
from tests.ui.triggers.wirer import Wirer
from workbench.aws.connection import Connection
from workbench.triggers.model import Severity, SourceKind
from workbench.ui.features.triggers.add_dialog import AddTriggerDialog


def _type(dialog: AddTriggerDialog, name: str, text: str) -> None:
    line = dialog.findChild(QLineEdit, f"setting.{name}")
    assert line is not None
    line.setText(text)
    line.textEdited.emit(text)


def test_a_self_managed_cluster_is_wired_once_its_secret_exists(wirer: Wirer, connection: Connection) -> None:
    name = f"kafka-{secrets.token_hex(4)}"
    made = connection.call("secretsmanager", "create_secret", Name=name, SecretString="{}")
    dialog = wirer.add(SourceKind("kafka"))
    servers, form = "SelfManagedEventSource.Endpoints.KAFKA_BOOTSTRAP_SERVERS", dialog.settings.form
    _type(dialog, servers, "b1.example.com")
    assert servers in form.faults()  # without a port
    _type(dialog, servers, "b1.example.com:9092, b2.example.com:9092")
    _type(dialog, "Topics", "orders")
    form.set_value("StartingPosition", "LATEST")
    secret = str(made["ARN"])
    _type(dialog, "SourceAccessConfigurations.SASL_SCRAM_512_AUTH", secret.replace(name, "nothing"))
    wirer.desk.until(lambda: "KAF-SECRET" in _blocks(dialog))
    _type(dialog, "SourceAccessConfigurations.SASL_SCRAM_512_AUTH", secret)
    wirer.desk.until(lambda: _blocks(dialog) == ["ROLE-DENY"])
    wirer.accept_all(dialog)
    wirer.desk.until(lambda: dialog.prepared is not None and dialog.next.isEnabled())
    press(dialog, dialog.next.objectName())
    # The Sandbox has no such mappings: what AWS would be sent is the end here.
    policy, mapping = dialog.plan_view.steps
    assert "secretsmanager:GetSecretValue" in str(policy.args["document"])
    assert mapping.args["request"] == {
        "FunctionName": wirer.detail.function_arn,
        "SelfManagedEventSource": {
            "Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b1.example.com:9092", "b2.example.com:9092"]}
        },
        "Topics": ["orders"],
        "StartingPosition": "LATEST",
        "SourceAccessConfigurations": [{"Type": "SASL_SCRAM_512_AUTH", "URI": secret}],
    }


def _blocks(dialog: AddTriggerDialog) -> list[str]:
    prepared = dialog.prepared
    if prepared is None:
        return []
    return [finding.check_id for finding in prepared.findings if finding.severity is Severity.BLOCK]
