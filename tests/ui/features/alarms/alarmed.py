"""A function with points and alarms in the Sandbox, opened on its Metrics tab."""

from datetime import timedelta
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.sandbox_functions import create_function
from tests.ui.hand_clock import HandClock
from tests.ui.window_desk import Desk
from workbench.aws.connection import Connection

ERRORS = (0, 0, 4, 5, 6, 0, 0, 2, 9, 0)
"""Of one minute each, the last one ten minutes before noon."""


def seed(connection: Connection, function_name: str) -> None:
    """Puts ERRORS, ten invocations each minute, and durations."""
    first = HandClock().now() - timedelta(minutes=10 + len(ERRORS))
    data: list[dict[str, Any]] = []
    for number, errors in enumerate(ERRORS):
        for metric, value in (("Invocations", 10), ("Errors", errors), ("Duration", 100 + 10 * number)):
            data.append(
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": function_name}],
                    "Timestamp": first + timedelta(minutes=number),
                    "Value": float(value),
                }
            )
    connection.call("cloudwatch", "put_metric_data", Namespace="AWS/Lambda", MetricData=data)


def put(connection: Connection, name: str, function_name: str, resource: str = "", **more: Any) -> None:
    """Makes an alarm on the errors of a function, or of `resource`; its settings can be others."""
    dimensions = [{"Name": "FunctionName", "Value": function_name}]
    if resource:
        dimensions.append({"Name": "Resource", "Value": resource})
    settings: dict[str, Any] = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": dimensions,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 3.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    connection.call("cloudwatch", "put_metric_alarm", AlarmName=name, **settings | more)


def set_state(connection: Connection, name: str, state: str, reason: str) -> None:
    """An alarm is in a state from now on."""
    connection.call("cloudwatch", "set_alarm_state", AlarmName=name, StateValue=state, StateReason=reason)


def alarm_of(connection: Connection, name: str) -> dict[str, Any]:
    """An alarm as AWS describes it; empty when there is none."""
    answer = connection.call("cloudwatch", "describe_alarms", AlarmNames=[name])
    found: list[dict[str, Any]] = answer["MetricAlarms"]
    return found[0] if found else {}


def make(connection: Connection) -> str:
    """A function with points."""
    name = create_function(connection, "def handler(event, context):\n    return 1\n").function_name
    seed(connection, name)
    return name


def open_metrics(desk: Desk, function_name: str) -> None:
    """Opens a function on the Metrics tab, and waits until all is drawn."""
    desk.connect()
    desk.open(function_name)
    desk.window.page.show_tab("metricsPage")
    page = desk.metrics
    desk.until(lambda: page._whole is not None and not page._reading and not page.shown.is_drawing)
    desk.idle()


def refuse(connection: Connection, operation: str, code: str, message: str) -> None:
    """One of CloudWatch's operations is refused from now on, as Stubber answers it; the others go on."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    response = AWSResponse("", 403, HTTPHeaders(), None)
    events = connection.client("cloudwatch").meta.events
    events.register(f"before-call.cloudwatch.{operation}", lambda **_: (response, answer))
