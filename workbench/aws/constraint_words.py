"""AWS's text of a refusal, fit to be shown: constraints in words, and nothing that repeats a secret. Pure.

AWS's validation names a member of the request and a constraint ("Value 'x' at 'statementId' failed to satisfy
constraint: Member must satisfy regular expression pattern: …"). The pattern, or a list of 40 runtimes, helps
nobody; and a refused map of environment variables is repeated with its values.
Source: recorded answers of AWS, see tests/aws/recorded_refusals.json.
"""

import re
from dataclasses import dataclass

_VIOLATION = re.compile(
    r"Value (?:'(?P<quoted>.*?)'|(?P<bare>\S+)) at '(?P<member>[^']+)' failed to satisfy constraint: "
    r"(?P<constraint>.*?)(?=;\s*Value |\Z)",
    re.DOTALL,
)
_ENUM = re.compile(r"Member must satisfy enum value set: \[([^\]]*)\]")
_LONGEST_QUOTED = 64
_MOST_CHOICES = 4

_LIMITS = (
    (r"length less than or equal to (\d+)", "too long", "Use at most {} characters.", "Use at most {}."),
    (
        r"length greater than or equal to (\d+)",
        "too short",
        "Use at least {} characters.",
        "Use at least {}.",
    ),
    (r"value less than or equal to ([-\d.]+)", "too large", "Use at most {}.", "Use at most {}."),
    (r"value greater than or equal to ([-\d.]+)", "too small", "Use at least {}.", "Use at least {}."),
)
"""Part of a constraint -> what the value is, and what to do: for one value, and for a list."""

_NAMES = {
    "functionName": "function name",
    "qualifier": "version or alias",
    "statementId": "statement ID",
    "applyOn": "SnapStart setting",
    "architectures": "architecture",
    "additionalVersionWeights": "weight or number of the additional version",
    "securityGroupIds": "security group's ID",
    "subnetIds": "subnet's ID",
    "variables": "environment variable's name",
    "resource": "resource's ARN",
    "role": "role's ARN",
    "tagKeys": "tag key",
    "tags": "tag",
    "ipAddressType": "IP address type",
    "types": "endpoint type",
    "entries": "event",
    "kMSKeyArn": "KMS key's ARN",
}
"""Member of a request -> how it is called. Other members are called by their own name, in small letters."""

_FORMS = {
    "functionName": "Use the function's name (letters, digits, hyphens and underscores), or its whole ARN.",
    "statementId": "Use only letters, digits, hyphens and underscores.",
    "name": "Use only letters, digits, hyphens and underscores, and not digits alone.",
    "role": "Use the whole ARN of an IAM role, such as arn:aws:iam::123456789012:role/my-role.",
    "resource": "Use the whole ARN of a function, a layer or an event source mapping.",
    "securityGroupIds": "Use IDs that begin with “sg-”.",
    "subnetIds": "Use IDs that begin with “subnet-”.",
    "additionalVersionWeights": "Use the number of a published version.",
    "tags": "Use only letters, digits, spaces and the characters . _ : / = + - @.",
    "variables": "Begin with a letter, and use only letters, digits and underscores.",
    "handler": "Use a handler without spaces, such as app.handler.",
}
"""Member of a request -> the form that its pattern asks for."""
_ALIAS_FORM = (
    "Use the name of an alias: letters, digits, hyphens and underscores, not digits alone and not $LATEST."
)
_VERSION_FORM = "Use a version's number, $LATEST, or the name of an alias."

_UNSHOWN = (
    # What the row says in its own words.
    (re.compile(r"^Event pattern is not valid\. Reason: "), ""),
    (re.compile(r"^Invalid parameter: (?=\S)(?:Attributes Reason: )?(?:FilterPolicy: )?"), ""),
    # The environment's values.
    (re.compile(r"\s*String measured:.*", re.DOTALL), ""),
    # Where the service's parser stood, with the text that it read.
    (re.compile(r"\s+at \[Source:.*", re.DOTALL), ""),
    # Of a service that asked another: its own request, which support cannot use.
    (re.compile(r"\s*\(Service: [^()]*; Request ID: [^()]*\)"), "."),
    (re.compile(r"\s*(?:Must be one of|Please try again with any of the valid types)\s*:\s*\[[^\]]*\]"), ""),
    (re.compile(r"Member must satisfy (?:enum value set|regular expression pattern): .*", re.DOTALL), ""),
)
"""What is left out of AWS's text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """AWS's text, and what it says is allowed.

    Attributes:
        text: The text to show. Where AWS's validation refused values, it says what is wrong with each.
        allowed: What AWS's validation would accept, one sentence for each value; empty for every other text.
    """

    text: str
    allowed: str = ""


def shown(message: str) -> Shown:
    """Reads AWS's text."""
    found = [_in_words(each) for each in _VIOLATION.finditer(message)]
    if found:
        return Shown(" ".join(text for text, _ in found), " ".join(dict.fromkeys(form for _, form in found)))
    for pattern, instead in _UNSHOWN:
        message = pattern.sub(instead, message)
    return Shown(message)


def _in_words(violation: re.Match[str]) -> tuple[str, str]:
    value = violation["quoted"] if violation["quoted"] is not None else violation["bare"]
    members = [part for part in violation["member"].split(".") if part != "member"]
    member = next((part for part in reversed(members) if not part.isdigit()), violation["member"])
    name = _NAMES.get(member) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", member).lower()
    constraint = violation["constraint"]
    several = value.startswith(("[", "{"))
    it = f"“{value.strip('[]')}”" if _may_be_quoted(value, members) else ""
    is_null = not several and "Member must not be null" in constraint and "satisfy" not in constraint
    if value == "null" or is_null:
        return f"The {name} is missing.", f"Give the {name}."
    invalid = f"{it} is not a valid {name}." if it else f"The {name} is not valid."
    if enum := _ENUM.search(constraint):
        return invalid, _choice([each.strip() for each in enum[1].split(",")], name)
    if "regular expression pattern" in constraint:
        return invalid, _form(member, name, constraint)
    for pattern, fault, one, many in _LIMITS:
        limit = re.search(pattern, constraint)
        if limit is None or (several and _is_kept(value, constraint, pattern)):
            continue
        if value.startswith("[") and "length" in pattern:
            number = "many" if "less" in pattern else "few"
            return f"There are too {number} values for the {name}.", many.format(limit[1])
        return f"{it} is {fault} for the {name}." if it else f"The {name} is {fault}.", one.format(limit[1])
    return invalid, f"Give another {name}."


def _is_kept(value: str, constraint: str, pattern: str) -> bool:
    """Whether the numbers of a map keep to this limit, so that another one is broken."""
    numbers = [float(each) for each in re.findall(r"=(-?[\d.]+)", value)]
    bound = re.search(pattern, constraint)
    if not numbers or bound is None or "value" not in pattern:
        return False
    return max(numbers) <= float(bound[1]) if "less" in pattern else min(numbers) >= float(bound[1])


def _may_be_quoted(value: str, members: list[str]) -> bool:
    """Whether a value is short, one, and no secret."""
    secret = any(word in part.lower() for part in members for word in ("environment", "variable", "secret"))
    return 0 < len(value) <= _LONGEST_QUOTED and not value.startswith("{") and "=" not in value and not secret


def _choice(choices: list[str], name: str) -> str:
    if len(choices) > _MOST_CHOICES:
        return f"Choose another {name}."
    *first, last = sorted(choices)
    return f"Use {', '.join(first)} or {last}." if first else f"Use {last}."


def _form(member: str, name: str, constraint: str) -> str:
    if member == "qualifier":
        return _VERSION_FORM if "LATEST" in constraint else _ALIAS_FORM
    return _FORMS.get(member, f"Correct the {name}: it has characters that AWS does not accept there.")
