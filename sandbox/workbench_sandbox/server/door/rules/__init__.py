"""What AWS checks beyond its service models: the checked call, the refusal, and the rules.

The rules of a service are in the modules listed in `_MODULES`, otherwise in `rules/<service>.py`.
"""

import functools
import importlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench_sandbox.server.signature import Identity


@dataclass(frozen=True, slots=True)
class Call:
    """A client's call of AWS.

    Attributes:
        service: botocore's name of the service ("lambda", "events", "sqs").
        operation: Name in the service model ("CreateFunction").
        parameters: As a caller of boto3 gives them: names of the service model, blobs as bytes, timestamps as
            datetime. A streaming body is left out.
        role: The execution role if the caller is a function; otherwise None.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    account_id: str
    region: str
    role: Identity | None = None

    def text(self, parameter: str) -> str:
        """A parameter as text; empty if it is missing."""
        return str(self.parameters.get(parameter) or "")

    @property
    def caller_arn(self) -> str:
        """The ARN of the caller; empty if unknown."""
        return self.role.arn if self.role else ""


class Refused(Exception):
    """AWS would refuse the request.

    Args:
        code: AWS's error code ("InvalidParameterValueException").
        fields: More members of the error's shape ({"Type": "User"}).
    """

    def __init__(
        self, code: str, message: str, status: int = 400, fields: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})


def malformed_xml() -> Refused:
    """S3's answer to an unusable document."""
    return Refused(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def read_object(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is; None if it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


Check = Callable[[Call], None]
"""Raises `Refused`. It runs in the account and region of the call, so MiniStack's stores show its resources;
it must neither change them nor wait."""


Form = Callable[[Call], Mapping[str, Any]]
"""Returns parameters that AWS takes in several forms, in the one that MiniStack knows; None removes one.
It runs before the checks, in the account and region of the call, for payloads of JSON and CBOR."""


class Rules(list[tuple[tuple[str, ...], Check]]):
    """The checks of a service that its model does not contain, in AWS's order; and the forms of parameters."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service
        self.forms: list[tuple[tuple[str, ...], Form]] = []

    def form(self, operations: str | tuple[str, ...], source: str) -> Callable[[Form], Form]:
        """Returns a decorator that adds a form of one or several operations; `source` as for `add`."""
        names = (operations,) if isinstance(operations, str) else operations

        def add(form: Form) -> Form:
            self.forms.append((names, form))
            return form

        return add

    def add(self, operations: str | tuple[str, ...], source: str) -> Callable[[Check], Check]:
        """Returns a decorator that adds a check of one or several operations.

        `source` says how such a refusal is known: the name of the test that recorded one, or a URL.
        """
        names = (operations,) if isinstance(operations, str) else operations

        def add(check: Check) -> Check:
            self.append((names, check))
            return check

        return add

    def need(
        self,
        operations: str | tuple[str, ...],
        source: str,
        find: Callable[[str], object],
        parameter: str,
        error: Callable[[str], Refused],
        text: str,
    ) -> None:
        """Adds the check that what a parameter names is found.

        `text` is AWS's, with {name} and {account}; `error` makes the refusal of it.
        """

        @self.add(operations, source)
        def check(call: Call) -> None:
            name = call.text(parameter)
            if find(name) is None:
                raise error(text.format(name=name, account=call.account_id))


# In the order in which AWS checks.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "apigatewayv2": ("apigateway",),
    "dynamodbstreams": ("dynamodb",),
    "kinesis": ("dynamodb",),
    "lambda": ("lambda_functions", "lambda_invoke", "lambda_aliases"),
    "logs": ("cloudwatch",),
    "scheduler": ("events",),
    "sts": ("iam",),
}


@functools.cache
def checks_of(service: str, operation: str) -> tuple[Check, ...]:
    """Returns the checks of an operation in order. Loads those of a service at its first request.

    `service` is botocore's name of it.
    """
    found = [each for rules in _rules_of(service) for each in rules]
    return tuple(check for operations, check in found if operation in operations)


@functools.cache
def forms_of(service: str, operation: str) -> tuple[Form, ...]:
    """Returns the forms of an operation's parameters, as `checks_of` does the checks."""
    found = [each for rules in _rules_of(service) for each in rules.forms]
    return tuple(form for operations, form in found if operation in operations)


@functools.cache
def _rules_of(service: str) -> tuple[Rules, ...]:
    names = (f"{__name__}.{name}" for name in _MODULES.get(service, (service.replace("-", "_"),)))
    known = [importlib.import_module(name) for name in names if importlib.util.find_spec(name) is not None]
    rules = [each for module in known for each in vars(module).values() if isinstance(each, Rules)]
    return tuple(each for each in rules if each.service == service)
