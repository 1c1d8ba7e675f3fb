"""The operations of AWS that Workbench calls, as its code says.

An operation is called when a module has its method's name as a text ("update_function_code") or calls a
method of that name, and names its service too; or, in a module that names no service, when only one of the
services that Workbench knows has it. The Sandbox's server is left out: it is asked, it does not ask.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

from tests.bench._common import ROOT
from tests.bench._parity.corpus import Case

_SESSION = botocore.session.get_session()
# Named beside the service, but of another one.
_NOT_CALLED = {("sqs", "AddPermission"), ("sqs", "RemovePermission"), ("cloudwatch", "PutMetricData")}
_SERVER = ROOT / "workbench" / "sandbox" / "launcher"


@cache
def called_operations() -> frozenset[tuple[str, str]]:
    """Pairs of a service and an operation of it ("lambda", "UpdateFunctionCode")."""
    known = set(_SESSION.get_available_services())
    words = [_words(path) for path in _sources()]
    services = {word for texts, _ in words for word in texts & known}
    operations = {service: _operations(service) for service in sorted(services)}
    called: set[tuple[str, str]] = set()
    for texts, methods in words:
        named = texts & services
        for word in texts | methods:
            owners = [service for service in operations if word in operations[service]]
            near = [service for service in owners if service in named]
            for service in near or (owners if len(owners) == 1 and word in texts else []):
                called.add((service, operations[service][word]))
    return frozenset(called - _NOT_CALLED)


def is_called(case: Case) -> bool:
    """Whether Workbench calls a case's operation."""
    return (case.service, case.operation) in called_operations()


def _sources() -> Iterator[Path]:
    for path in sorted((ROOT / "workbench").rglob("*.py")):
        if not path.is_relative_to(_SERVER):
            yield path


def _words(path: Path) -> tuple[set[str], set[str]]:
    """The texts in a module, and the names of the methods that it calls."""
    texts: set[str] = set()
    methods: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            methods.add(node.func.attr)
    return texts, methods


def _operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in _SESSION.get_service_model(service).operation_names}
