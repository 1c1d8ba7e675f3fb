"""Makes recorded_refusals.json of AWS's recorded answers: `python -m tests.aws.record_refusals TRUTH`.

TRUTH is a folder with errors.json and cases.json: what AWS answered to the tests of localstack/localstack
(Apache-2.0), recorded from real accounts. Kept are the refusals of operations that Workbench calls, each text
once: numbered placeholders ("<uuid:2>") lose their number, and very long runs of one character are cut.
"""

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from botocore import xform_name
from botocore.session import get_session

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).with_name("recorded_refusals.json")
_SOURCE = (
    "Recorded from AWS: localstack/localstack, tests/aws/**/*.snapshot.json (Apache-2.0). Angle brackets "
    "stand for values that differ from run to run. Rows: service, operation, code, message. Made by "
    "record_refusals.py."
)
_GUESSED = ("nearest call",)
"""How an operation was derived where it is no more than a guess."""
_NOT_CALLED = {
    *(("sqs", "AddPermission"), ("sqs", "RemovePermission"), ("cloudwatch", "PutMetricData")),
    *(("kinesis", "CreateQueue"), ("kinesis", "DeleteQueue"), ("dynamodb", "Query")),
}
"""Named in a file that names the service too, but of another one."""


def called(rooms_left_out: frozenset[str] = frozenset()) -> set[tuple[str, str]]:
    """The operations that Workbench calls: service and operation, as far as its source names them.

    A call that names both counts as it is. Elsewhere a client's method counts where a file names it as a text
    and the service too: as a text of its own, or as the imported name of one. Files in a folder of
    `rooms_left_out` are not read.
    """
    session = get_session()
    services = set(session.get_available_services())
    found = set()
    for path in (ROOT / "workbench").rglob("*.py"):
        if rooms_left_out & set(path.parts):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        texts = Counter(
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        named = texts.keys() & services
        pairs = [pair for node in ast.walk(tree) if (pair := _pair(node)) and pair[0] in services]
        texts.subtract(method for _, method in pairs)
        if path.parent.name == "steps" and path.name.startswith("rest_"):
            named.add("apigateway")
        for service in named:
            for name in session.get_service_model(service).operation_names:
                method = xform_name(name)
                if texts[method] > 0 or (service, method) in pairs:
                    found.add((service, name))
    return found - _NOT_CALLED


def _pair(node: ast.AST) -> tuple[str, str] | None:
    """The service and the method that a call names one after the other."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    service, method = node.args[:2]
    if isinstance(service, ast.Constant) and isinstance(method, ast.Constant):
        return str(service.value), str(method.value)
    return None


def rows(truth: Path) -> list[list[str]]:
    """The refusals of those operations: service, operation, code, message."""
    wanted = called()
    return sorted(
        [service, operation, code, message]
        for service, operation, code, message in {*_errors(truth), *_cases(truth)}
        if (service, operation) in wanted
    )


def _errors(truth: Path) -> Iterator[tuple[str, str, str, str]]:
    for error in json.loads((truth / "errors.json").read_text("utf-8"))["errors"]:
        if error["from"] not in _GUESSED:
            yield error["service"], error["operation"], error["code"], _plain(error["message"] or "")


def _cases(truth: Path) -> Iterator[tuple[str, str, str, str]]:
    for case in json.loads((truth / "cases.json").read_text("utf-8"))["cases"]:
        answer = case.get("aws")
        if isinstance(answer, dict) and answer.get("Code"):
            service, _, operation = case["operation"].partition(".")
            yield service, operation, answer["Code"], _plain(answer.get("Message") or "")


def _plain(message: str) -> str:
    message = re.sub(r"<([a-zA-Z_-]+):\d+>", r"<\1>", message)
    return re.sub(r"(.)\1{80,}", lambda run: run[1] * 80, message)


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(row) for row in rows(Path(sys.argv[1])))
    RECORDED.write_text(f'{{"source": {json.dumps(_SOURCE)}, "refusals": [\n{lines}\n]}}\n', "utf-8")
