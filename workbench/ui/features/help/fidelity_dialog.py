"""Help, How True Is the Sandbox?: how many of AWS's recorded refusals it answers as AWS did."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from workbench.core.messages import _
from workbench.sandbox.fidelity import Fidelity, ServiceFidelity
from workbench.ui.kit.dialog import Dialog
from workbench.ui.kit.table import Table
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import text_label
from workbench.ui.kit.text_size import scaled

_WIDTH = 640
_MOST_ROWS = 16
_NAMES = {
    "apigateway": "API Gateway",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
    "dynamodbstreams": "DynamoDB Streams",
    "events": "EventBridge",
    "iam": "IAM",
    "kinesis": "Kinesis",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "scheduler": "EventBridge Scheduler",
    "sns": "SNS",
    "sqs": "SQS",
    "sts": "STS",
}


class FidelityDialog(Dialog):
    """Shows the figures that were measured before this version of Workbench was released.

    Args:
        measured: The figures.
        parent: The window.
    """

    def __init__(self, measured: Fidelity, parent: QWidget) -> None:
        super().__init__("fidelityDialog", "", parent)
        self.set_title(_("How True Is the Sandbox?"))
        self.setMinimumWidth(scaled(_WIDTH))
        self.content.addWidget(text_label("fidelityMeaning", self._meaning(measured), "muted"))
        columns = (
            Column[ServiceFidelity](_("Service"), _name),
            Column[ServiceFidelity](_("Recorded refusals"), lambda of: f"{of.recorded:,}", 150),
            Column[ServiceFidelity](_("As AWS"), lambda of: _share(of.sandbox, of), 110),
            Column[ServiceFidelity](_("moto"), lambda of: _share(of.moto, of), 110),
        )
        self.table = Table("fidelityTable", _("Recorded refusals by service"), columns, cells=True)
        self.table.set_rows([*sorted(measured.services, key=_name), _total(measured)])
        self.table.resize_to_content(_MOST_ROWS)
        self.content.addWidget(self.table)
        self.content.addWidget(text_label("fidelityOfLambda", self._of_lambda(measured)))
        self.content.addWidget(
            text_label("fidelityLimitsTitle", _("What the Sandbox cannot simulate"), "heading")
        )
        self.content.addWidget(text_label("fidelityLimits", self._limits()))
        self.finish_layout()
        close = self.add_button("fidelityClose", _("Close"), "primary")
        close.clicked.connect(self.accept)
        close.setFocus()

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(scaled(_WIDTH), 0))

    def _meaning(self, measured: Fidelity) -> str:
        words = _(
            "Requests that AWS refused, recorded in real accounts, were made again on {date}. “As "
            "AWS” says how "
            "many of them the Sandbox refused with AWS's own code and text, and “moto” how many "
            "moto {moto} did, "
            "a library that many tests use instead of AWS. A request that the Sandbox accepts can still be "
            "refused by AWS."
        )
        return words.format(date=measured.date, moto=measured.versions.get("moto", ""))

    def _of_lambda(self, measured: Fidelity) -> str:
        states, fields = measured.states, measured.fields
        return _(
            "Functions and triggers went through {right_states:,} of {all_states:,} recorded "
            "sequences of states as "
            "on AWS, and {right_fields:,} of {all_fields:,} recorded responses of Lambda have "
            "exactly AWS's fields."
        ).format(
            right_states=states.right,
            all_states=states.all,
            right_fields=fields.right,
            all_fields=fields.all,
        )

    def _limits(self) -> str:
        return _(
            "Durations, memory and cold starts are those of this computer. There are no costs, no limits of "
            "an account's request rates, and no networks of a VPC. /tmp is limited to a function's ephemeral "
            "storage only where this system allows user namespaces. Container images do not run. Kafka, "
            "Amazon MQ, Amazon DocumentDB, Amazon Cognito and AWS IoT are not simulated. The explanation of "
            "each trigger says what the Sandbox does otherwise."
        )


def _total(measured: Fidelity) -> ServiceFidelity:
    services = measured.services
    return ServiceFidelity(
        "",
        sum(each.recorded for each in services),
        sum(each.sandbox for each in services),
        sum(each.moto for each in services),
    )


def _name(of: ServiceFidelity) -> str:
    return _NAMES.get(of.service, of.service) if of.service else _("All services")


def _share(right: int, of: ServiceFidelity) -> str:
    percent = 100 * right / of.recorded if of.recorded else 0.0
    return f"{right:,} ({percent:.0f} %)"
