"""Translates exceptions of botocore, and AWS's refusals, into errors that say what to do.

error_table.py, service_errors.py and function_errors.py have the rows. Classes are identified by name, so
that botocore is not imported. All of it is loaded with the first error: see aws/connection.py.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from workbench.aws.client_config import date_in
from workbench.aws.endpoints import is_reachable, shown
from workbench.aws.error_table import ANY_SERVICE, EXCEPTIONS, HTTP_STATUS, Rule, by_name
from workbench.aws.function_errors import FUNCTIONS
from workbench.aws.iam import statement_for
from workbench.aws.service_errors import APIS, SOURCES, STORAGE
from workbench.core.errors import Cancelled, WorkbenchError, sentences
from workbench.core.messages import _
from workbench_sandbox.rules.iam import actions_of

CODES = by_name(*SOURCES, FUNCTIONS, STORAGE, APIS, *ANY_SERVICE)
"""AWS's error code -> its rules; the first that applies is used."""

_DENIED = re.compile(r"not authorized to perform:? ([\w-]+:\S+?)[,.]?(?: on resource:? (\S+))?(?=[\s,.]|$)")
_NO_POLICY = re.compile(
    r"(?:You are not authorized to perform this operation\. )?User: (\S+) is not authorized to perform: \S+"
    r"(?: on resource: \S+)? because no identity-based policy allows the \S+ action\.?"
)
"""Repeats which action on which resource was refused."""
_MAX_READ = 16_384
"""Characters of a text that is read. AWS's are shorter; another server's may be made to take long."""
_META = "ResponseMetadata"
_FORBIDDEN = 403
_MESSAGE_LENGTH = 600
_REGION_HEADER = "x-amz-bucket-region"
"""The region of a bucket, even in a refusal.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
_NOT_REACHED = ("EndpointConnectionError", "ConnectTimeoutError")
_BUGS = (AttributeError, TypeError, NameError, AssertionError)

_VIOLATION = re.compile(
    r"Value (?:'(?P<quoted>.*?)'|(?P<bare>\S+)) at '(?P<member>[^']+)' failed to satisfy constraint: "
    r"(?P<constraint>.*?)(?=;\s*Value |\Z)",
    re.DOTALL,
)
_ENUM = re.compile(r"Member must satisfy enum value set: \[([^\[\]]*)\]")
_MAX_QUOTED = 64
_MAX_CHOICES = 4

_LIMITS = (
    (
        r"length less than or equal to (\d+)",
        _("too long"),
        _("Use at most {} characters."),
        _("Use at most {}."),
    ),
    (
        r"length greater than or equal to (\d+)",
        _("too short"),
        _("Use at least {} characters."),
        _("Use at least {}."),
    ),
    (r"value less than or equal to ([-\d.]+)", "too large", _("Use at most {}."), _("Use at most {}.")),
    (
        r"value greater than or equal to ([-\d.]+)",
        _("too small"),
        _("Use at least {}."),
        _("Use at least {}."),
    ),
)
"""Part of a constraint -> what is wrong, and what to do: for a single value, and for a list."""

_NAMES = {
    "functionName": _("function name"),
    "qualifier": _("version or alias"),
    "statementId": "statement ID",
    "applyOn": "SnapStart setting",
    "architectures": "architecture",
    "additionalVersionWeights": _("weight or number of the additional version"),
    "securityGroupIds": _("security group's ID"),
    "subnetIds": "subnet's ID",
    "variables": _("environment variable's name"),
    "resource": "resource's ARN",
    "role": "role's ARN",
    "tagKeys": _("tag key"),
    "tags": "tag",
    "ipAddressType": _("IP address type"),
    "types": _("endpoint type"),
    "entries": "event",
    "kMSKeyArn": "KMS key's ARN",
}
"""Member of a request -> its name for users. Other members are called by their own name in lower case."""

_FORMS = {
    "functionName": _(
        "Use the function's name (letters, digits, hyphens and underscores), or its whole ARN."
    ),
    "statementId": _("Use only letters, digits, hyphens and underscores."),
    "name": _("Use only letters, digits, hyphens and underscores, and not digits alone."),
    "role": _("Use the whole ARN of an IAM role, such as arn:aws:iam::123456789012:role/my-role."),
    "resource": _("Use the whole ARN of a function, a layer or an event source mapping."),
    "securityGroupIds": _("Use IDs that begin with “sg-”."),
    "subnetIds": _("Use IDs that begin with “subnet-”."),
    "additionalVersionWeights": _("Use the number of a published version."),
    "tags": _("Use only letters, digits, spaces and the characters . _ : / = + - @."),
    "variables": _("Begin with a letter, and use only letters, digits and underscores."),
    "handler": _("Use a handler without spaces, such as app.handler."),
}
"""Member of a request -> the form that its pattern requires."""
_ALIAS_FORM = _(
    "Use the name of an alias: letters, digits, hyphens and underscores, not digits alone and not $LATEST."
)
_VERSION_FORM = _("Use a version's number, $LATEST, or the name of an alias.")

_OMITTED = (
    # The row says it in other words.
    (re.compile(r"^Event pattern is not valid\. Reason: "), ""),
    (re.compile(r"^Invalid parameter: (?=\S)(?:Attributes Reason: )?(?:FilterPolicy: )?"), ""),
    # The values of environment variables.
    (re.compile(r"(?<!\s)\s*String measured:.*", re.DOTALL), ""),
    # The position of the service's parser, with the text that it read.
    (re.compile(r"(?<!\s)\s+at \[Source:.*", re.DOTALL), ""),
    # From a service that called another: its own request, which support cannot use.
    (re.compile(r"(?<!\s)\s*\(Service: [^()]*; Request ID: [^()]*\)"), "."),
    (
        re.compile(
            r"(?<!\s)\s*(?:Must be one of|Please try again with any of the valid types)\s*:\s*\[[^\[\]]*\]"
        ),
        "",
    ),
    (re.compile(r"Member must satisfy (?:enum value set|regular expression pattern): .*", re.DOTALL), ""),
)
"""Parts of AWS's texts that are left out."""


def explained(error: Exception, failure: str, operation: str, now: datetime | None = None) -> WorkbenchError:
    """The error in words; our own bugs and Cancel are raised unchanged."""
    if isinstance(error, Cancelled) or (isinstance(error, _BUGS) and not hasattr(error, "fmt")):
        raise error
    return translate(error, failure=failure, operation=operation, now=now)


def refuse_web_page(response: Any) -> None:
    """The sign-in page of a guest network has status 200, and botocore parses it as an empty answer."""
    meta = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    if not meta.get("RequestId") and meta.get("HTTPHeaders", {}).get("content-type", "").startswith(
        "text/html"
    ):
        from botocore.parsers import ResponseParserError

        raise ResponseParserError(_("a web page"))


def incomplete(answer: Mapping[str, Any], member: str, operation: str, failure: str) -> WorkbenchError:
    """The error for an answer without a member that it must have."""
    given = ", ".join(each for each in answer if each != _META)
    return WorkbenchError(
        failure or _("AWS's response cannot be used."),
        _("The response to {operation} has no {member}, but only: {given}.").format(
            operation=operation, member=member, given=given
        )
        if given
        else _("The response to {operation} is empty: it has no {member}.").format(
            operation=operation, member=member
        ),
        _("Check the endpoint, and any proxy between this computer and AWS, then try again."),
        request_id=str((answer.get(_META) or {}).get("RequestId") or ""),
    )


def translate(
    exc: BaseException, *, failure: str = "", operation: str = "", now: datetime | None = None
) -> WorkbenchError:
    """Translates an exception of botocore, or of what it calls.

    Args:
        failure: First sentence of the error ("Could not list the functions.").
        operation: The call ("lambda:ListFunctions"); some rows apply only to one operation.
        now: This computer's time when the request was sent, to compare the clock with AWS's.

    Returns:
        The error to raise. A code without a row keeps AWS's own text. If AWS did not answer, `aws_code` is
        the name of the exception's class ("ReadTimeoutError").
    """
    if isinstance(exc, WorkbenchError):
        return exc
    response = getattr(exc, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return _translate_answer(exc, response, failure, operation, now or datetime.now(UTC))
    fields = _fields(exc, operation)
    code = type(exc).__name__
    rule = _first_match(_rules_of(type(exc)), str(exc), operation)
    found = _error(rule, fields, failure, operation, code, request_id="")
    if code in _NOT_REACHED:
        found.until = partial(is_reachable, fields["endpoint_url"])
    return found


def left_out(error: Mapping[str, Any], operation: str) -> str:
    """Why an answer lacks a part, and what to do.

    Args:
        error: The part's error, with ErrorCode and Message, such as GetFunction's TagsError.
        operation: The call that reads only this part ("lambda:ListTags").
    """
    answer = {
        "Error": {"Code": error.get("ErrorCode"), "Message": error.get("Message")},
        "ResponseMetadata": {},
    }
    found = _translate_answer(Exception(), answer, "", operation, datetime.now(UTC))
    return sentences(found.why, found.remedy)


def _translate_answer(
    exc: BaseException, response: Mapping[str, Any], failure: str, operation: str, now: datetime
) -> WorkbenchError:
    error, meta = response["Error"], response.get("ResponseMetadata", {})
    code, whole = str(error.get("Code", "")), str(error.get("Message", "") or "")
    refusal = _read_refusal(whole)
    message = _shorten(refusal.text)
    # S3 says what it refuses, and why, outside its text: "arn:aws:lambda:…:function:f, null".
    reason = str(error.get("ArgumentValue1") or "")
    argument = str(error.get("ArgumentName1") or "").removesuffix(", null")
    operation = operation or str(getattr(exc, "operation_name", ""))
    denied, status = _DENIED.search(message), meta.get("HTTPStatusCode", 0)
    needed = actions_of(operation)
    action = denied[1] if denied else next(iter(needed), operation)
    # SQS writes its actions in lower case, SNS its own name in capitals; policies and users do not.
    action = next((each for each in needed if each.lower() == action.lower()), action)
    fields = _fields(exc, operation) | {
        "message": _NO_POLICY.sub(_(r"You are signed in as \1."), message).strip()
        or _("AWS returned no further details."),
        "allowed": refusal.allowed or _("Correct the value."),
        "argument": argument,
        "argument_reason": f"{_shorten(reason)}."
        if reason
        else _("It does not exist, or does not let S3 in."),
        "denied": action or "this",
        "denied_on": _("{action} on {resource}").format(action=action, resource=denied[2])
        if denied and denied[2] not in (None, "*")
        else action or "this",
        "needed": _needed(action) if denied or status == _FORBIDDEN else action or "this",
        "retry_after": _retry_after(response),
        "skew": _clock_skew(meta.get("HTTPHeaders", {}), now),
        "status": str(status or ""),
    }
    text = f"{response.get('Reason', '')} {whole} {argument}".rstrip()
    rules = (*CODES.get(code.removeprefix("com.amazonaws."), ()), *HTTP_STATUS.get(status, ()))
    rule = _first_match(rules, text, operation)
    found = _error(rule, fields, failure, operation, code, str(meta.get("RequestId", "")))
    found.region = str(meta.get("HTTPHeaders", {}).get(_REGION_HEADER, ""))
    return found


def _error(
    rule: Rule, fields: Mapping[str, str], failure: str, operation: str, code: str, request_id: str
) -> WorkbenchError:
    if not failure:
        failure = (
            _("{operation} failed.").format(operation=operation)
            if operation
            else _("The request to AWS failed.")
        )
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
    return Rule("{message}", _("Check what AWS names, then try again."))


def _fields(exc: BaseException, operation: str) -> defaultdict[str, str]:
    """The values that a row may quote. The tables name no detail that can contain a secret."""
    fields: defaultdict[str, str] = defaultdict(str)
    details = getattr(exc, "kwargs", None)
    if isinstance(details, dict):
        fields |= {name: str(value) for name, value in details.items() if name != "error"}
        fields["endpoint_url"] = shown(fields["endpoint_url"])
        path, line = fields["path"], _line_of(details.get("error"))
        fields["file_and_line"] = _("{path}, line {line}").format(path=path, line=line) if line else path
    if isinstance(exc, OSError):
        fields["file"] = str(exc.filename or "")
        fields["reason"] = exc.strerror or ""
    fields["message"] = _shorten(str(exc)) or type(exc).__name__
    fields["operation"] = operation
    return fields


def _needed(action: str) -> str:
    """An action, and which of our policies allows it, if one does."""
    statement = statement_for(action)
    if statement is None:
        return action or "this"
    menu = "Help, Permissions That Workbench Needs"
    return _("{action} (statement {sid} of {file}: see {menu})").format(
        action=action, sid=statement.sid, file=statement.file, menu=menu
    )


def _line_of(error: object) -> int | None:
    """The line number in a configparser error. Its text is not quoted, because it contains the line."""
    return getattr(error, "lineno", None) or next(
        (number for number, __ in getattr(error, "errors", ())), None
    )


def _retry_after(response: Mapping[str, Any]) -> str:
    seconds = response.get("retryAfterSeconds") or response.get("ResponseMetadata", {}).get(
        "HTTPHeaders", {}
    ).get("retry-after")
    return _("in {seconds} s").format(seconds=seconds) if seconds else _("in a moment")


def _clock_skew(headers: Mapping[str, str], now: datetime) -> str:
    """The difference between this computer's clock and AWS's, in words; empty if the answer has no date."""
    moment = date_in(headers)
    ahead_s = (now - moment).total_seconds() if moment is not None else 0.0
    if abs(ahead_s) < 60:
        return ""
    minutes = f"{abs(ahead_s) / 60:.0f}"
    if ahead_s > 0:
        return _("This computer's clock is {minutes} min ahead.").format(minutes=minutes)
    return _("This computer's clock is {minutes} min behind.").format(minutes=minutes)


def _shorten(message: str) -> str:
    return message if len(message) <= _MESSAGE_LENGTH else message[: _MESSAGE_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class _Refusal:
    """AWS's text, and the values that it says are allowed.

    Attributes:
        text: The text to show. If AWS's validation refused values, it says what is wrong with each.
        allowed: What AWS's validation would accept, one sentence for each value; otherwise empty.
    """

    text: str
    allowed: str = ""


def _read_refusal(message: str) -> _Refusal:
    """AWS's text of a refusal, edited for users: constraints in words, and no repeated secrets.

    AWS's validation names a member of the request and a constraint ("Value 'x' at 'statementId' failed to
    satisfy constraint: Member must satisfy regular expression pattern: …"). The pattern, or a list of 40
    runtimes, does not help users; and a refused map of environment variables is repeated with its values.
    Source: recorded answers of AWS, see tests/aws/recorded_refusals.json.
    """
    if len(message) > _MAX_READ:
        message = f"{message[:_MAX_READ].partition("Value '")[0].strip()}…"
    found = [_explain_violation(each) for each in _VIOLATION.finditer(message)]
    if found:
        return _Refusal(
            " ".join(text for text, __ in found), " ".join(dict.fromkeys(form for __, form in found))
        )
    for pattern, instead in _OMITTED:
        message = pattern.sub(instead, message)
    return _Refusal(message)


def _explain_violation(violation: re.Match[str]) -> tuple[str, str]:
    value = violation["quoted"] if violation["quoted"] is not None else violation["bare"]
    members = [part for part in violation["member"].split(".") if part != "member"]
    member = next((part for part in reversed(members) if not part.isdigit()), violation["member"])
    name = _NAMES.get(member) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", member).lower()
    constraint = violation["constraint"]
    several = value.startswith(("[", "{"))
    it = f"“{value.strip('[]')}”" if _may_be_quoted(value, members) else ""
    is_null = not several and "Member must not be null" in constraint and "satisfy" not in constraint
    if value == "null" or is_null:
        return _("The {name} is missing.").format(name=name), _("Give the {name}.").format(name=name)
    invalid = (
        _("{value} is not a valid {name}.").format(value=it, name=name)
        if it
        else _("The {name} is not valid.").format(name=name)
    )
    if enum := _ENUM.search(constraint):
        return invalid, _choice([each.strip() for each in enum[1].split(",")], name)
    if "regular expression pattern" in constraint:
        return invalid, _form(member, name, constraint)
    for pattern, fault, one, many in _LIMITS:
        limit = re.search(pattern, constraint)
        if limit is None or (several and _keeps_to(value, constraint, pattern)):
            continue
        if value.startswith("[") and "length" in pattern:
            number = "many" if "less" in pattern else "few"
            return _("There are too {quantity} values for the {name}.").format(
                quantity=number, name=name
            ), many.format(limit[1])
        return _("{value} is {fault} for the {name}.").format(value=it, fault=fault, name=name) if it else _(
            "The {name} is {fault}."
        ).format(name=name, fault=fault), one.format(limit[1])
    return invalid, _("Give another {name}.").format(name=name)


def _keeps_to(value: str, constraint: str, pattern: str) -> bool:
    """Whether the numbers of a map satisfy this limit, so that another one is violated."""
    numbers = [float(each) for each in re.findall(r"=(-?[\d.]+)", value)]
    bound = re.search(pattern, constraint)
    if not numbers or bound is None or "value" not in pattern:
        return False
    return max(numbers) <= float(bound[1]) if "less" in pattern else min(numbers) >= float(bound[1])


def _may_be_quoted(value: str, members: list[str]) -> bool:
    """Whether a value is short, single, and not a secret."""
    secret = any(word in part.lower() for part in members for word in ("environment", "variable", "secret"))
    return 0 < len(value) <= _MAX_QUOTED and not value.startswith("{") and "=" not in value and not secret


def _choice(choices: list[str], name: str) -> str:
    if len(choices) > _MAX_CHOICES:
        return _("Choose another {name}.").format(name=name)
    *first, last = sorted(choices)
    return (
        _("Use {names} or {last}.").format(names=", ".join(first), last=last)
        if first
        else _("Use {last}.").format(last=last)
    )


def _form(member: str, name: str, constraint: str) -> str:
    if member == "qualifier":
        return _VERSION_FORM if "LATEST" in constraint else _ALIAS_FORM
    return _FORMS.get(member, f"Correct the {name}: it has characters that AWS does not accept there.")
