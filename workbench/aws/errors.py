"""AWS's errors in a person's words.

Owns: how an exception finds its row in error_table.py or exception_table.py. Must not know: botocore
(classes are told apart by name, so that importing this costs nothing), the UI.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.aws.access import origin_of
from workbench.aws.aws_time import date_in
from workbench.aws.constraint_words import shown
from workbench.aws.error_rule import Rule
from workbench.aws.error_table import CODES, HTTP_STATUS
from workbench.aws.exception_table import EXCEPTIONS
from workbench.aws.permissions import actions_of, statement_for
from workbench.core.errors import Cancelled, WorkbenchError

_DENIED = re.compile(r"not authorized to perform:? ([\w-]+:\S+?)[,.]?(?: on resource:? (\S+))?(?=[\s,.]|$)")
_FORBIDDEN = 403
_MESSAGE_LENGTH = 600
_REGION_HEADER = "x-amz-bucket-region"
"""Where a bucket is, also in a refusal. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
_BUGS = (AttributeError, TypeError, NameError, AssertionError)


def explained(error: Exception, failure: str, operation: str, now: datetime | None = None) -> WorkbenchError:
    """The error in words; a fault of our own and Cancel are raised as they are."""
    if isinstance(error, Cancelled) or (isinstance(error, _BUGS) and not hasattr(error, "fmt")):
        raise error
    return translate(error, failure=failure, operation=operation, now=now)


def refuse_web_page(response: Any) -> None:
    """The sign-in page of a guest network has status 200, and botocore takes it for an empty answer."""
    meta = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    if not meta.get("RequestId") and meta.get("HTTPHeaders", {}).get("content-type", "").startswith(
        "text/html"
    ):
        from botocore.parsers import ResponseParserError

        raise ResponseParserError("a web page")


def translate(
    exc: BaseException, *, failure: str = "", operation: str = "", now: datetime | None = None
) -> WorkbenchError:
    """Says what an exception of botocore, or of what it calls, means.

    Args:
        exc: The exception. A WorkbenchError comes back as it is.
        failure: What failed, as a whole sentence ("Could not list the functions.").
        operation: The call ("lambda:ListFunctions"); some rows hold for one operation only.
        now: This machine's time when the request was sent, to measure the clock against AWS's.

    Returns:
        The error to raise. A code that the table does not know keeps AWS's own text. Where AWS did
        not answer, `aws_code` is the name of the exception's class ("ReadTimeoutError").
    """
    if isinstance(exc, WorkbenchError):
        return exc
    response = getattr(exc, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return _translate_answer(exc, response, failure, operation, now or datetime.now(UTC))
    fields = _fields(exc, operation)
    rule = _first_match(_rules_of(type(exc)), str(exc), operation)
    return _error(rule, fields, failure, operation, code=type(exc).__name__, request_id="")


def _translate_answer(
    exc: BaseException, response: Mapping[str, Any], failure: str, operation: str, now: datetime
) -> WorkbenchError:
    error, meta = response["Error"], response.get("ResponseMetadata", {})
    code, whole = str(error.get("Code", "")), str(error.get("Message", "") or "")
    words = shown(whole)
    message = _shorten(words.text)
    # S3 names what it refuses apart from its text: "arn:aws:lambda:…:function:f, null".
    argument = str(error.get("ArgumentName1") or "").removesuffix(", null")
    operation = operation or str(getattr(exc, "operation_name", ""))
    denied, status = _DENIED.search(message), meta.get("HTTPStatusCode", 0)
    action = denied[1] if denied else next(iter(actions_of(operation)), operation)
    fields = _fields(exc, operation) | {
        "message": message.strip() or "AWS returned no further details.",
        "allowed": words.allowed or "Correct the value.",
        "argument": argument,
        "denied": action or "this",
        "granted": _granted(action) if denied or status == _FORBIDDEN else "",
        "resource": f" on {denied[2]}" if denied and denied[2] else "",
        "retry_after": _retry_after(response),
        "skew": _clock_skew(meta.get("HTTPHeaders", {}), now),
        "status": str(status or ""),
    }
    text = f"{response.get('Reason', '')} {whole} {argument}".rstrip()
    rules = (
        *CODES.get(code.removeprefix("com.amazonaws."), ()),
        *HTTP_STATUS.get(status, ()),
    )
    rule = _first_match(rules, text, operation)
    found = _error(rule, fields, failure, operation, code, str(meta.get("RequestId", "")))
    found.region = str(meta.get("HTTPHeaders", {}).get(_REGION_HEADER, ""))
    return found


def _error(
    rule: Rule, fields: Mapping[str, str], failure: str, operation: str, code: str, request_id: str
) -> WorkbenchError:
    if not failure:
        failure = f"{operation} failed." if operation else "The request to AWS failed."
    return WorkbenchError(
        failure,
        rule.why.format_map(fields).strip(),
        rule.remedy.format_map(fields).strip(),
        aws_code=code,
        request_id=request_id,
        action=rule.action,
    )


def _rules_of(kind: type[BaseException]) -> tuple[Rule, ...]:
    """The rows of a class and of its bases, the nearest first."""
    return tuple(rule for each in kind.__mro__ for rule in EXCEPTIONS.get(each.__name__, ()))


def _first_match(rules: Iterable[Rule], text: str, operation: str) -> Rule:
    for rule in rules:
        if rule.holds_for(text, operation):
            return rule
    return Rule("{message}", "Check what AWS names, then try again.")


def _fields(exc: BaseException, operation: str) -> defaultdict[str, str]:
    """What a row may quote. The tables name no detail that can hold a secret."""
    fields: defaultdict[str, str] = defaultdict(str)
    details = getattr(exc, "kwargs", None)
    if isinstance(details, dict):
        fields |= {name: str(value) for name, value in details.items() if name != "error"}
        fields["endpoint_url"] = origin_of(fields["endpoint_url"])
        fields["line"] = _line_of(details.get("error"))
    if isinstance(exc, OSError):
        fields["file"] = str(exc.filename or "")
        fields["reason"] = exc.strerror or ""
    fields["message"] = _shorten(str(exc)) or type(exc).__name__
    fields["operation"] = operation
    return fields


def _granted(action: str) -> str:
    """Which of our policies allows an action, in brackets; empty if none does."""
    statement = statement_for(action)
    if statement is None:
        return ""
    place = "Help, Permissions That Workbench Needs"
    return f" (statement {statement.sid} of {statement.file}: see {place})"


def _line_of(error: object) -> str:
    """The line that a configparser error names. Its text is not quoted: it holds the line."""
    line = getattr(error, "lineno", None) or next(
        (number for number, _ in getattr(error, "errors", ())), None
    )
    return f", line {line}" if line else ""


def _retry_after(response: Mapping[str, Any]) -> str:
    seconds = response.get("retryAfterSeconds") or response.get("ResponseMetadata", {}).get(
        "HTTPHeaders", {}
    ).get("retry-after")
    return f"in {seconds} s" if seconds else "in a moment"


def _clock_skew(headers: Mapping[str, str], now: datetime) -> str:
    """How far this machine's clock is from AWS's, in words; empty when the answer bears no date."""
    moment = date_in(headers)
    ahead_s = (now - moment).total_seconds() if moment is not None else 0.0
    if abs(ahead_s) < 60:
        return ""
    minutes = f"{abs(ahead_s) / 60:.0f}"
    if ahead_s > 0:
        return f"This computer's clock is {minutes} min ahead."
    return f"This computer's clock is {minutes} min behind."


def _shorten(message: str) -> str:
    return message if len(message) <= _MESSAGE_LENGTH else message[: _MESSAGE_LENGTH - 1] + "…"
