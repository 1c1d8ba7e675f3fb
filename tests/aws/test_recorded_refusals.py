"""What AWS really answered when it refused a request that Workbench makes, and what the user reads of it.

The rows are AWS's own (recorded_refusals.json, made by record_refusals.py). Most of what is asserted are
properties that hold for all of them; some are written out by hand.
"""

import json
import re

import pytest
from botocore.exceptions import ClientError

from tests.aws.conftest import says
from tests.aws.documented_refusals import DOCUMENTED
from tests.aws.error_cases import CASES
from tests.aws.record_refusals import RECORDED
from tests.aws.source_error_cases import CASES as SOURCES
from workbench.aws.error_table import HTTP_STATUS
from workbench.aws.errors import CODES, translate
from workbench.core.errors import WorkbenchError

REFUSALS: list[tuple[str, str, str, str]] = [
    (service, operation, code, message)
    for service, operation, code, message in json.loads(RECORDED.read_text("utf-8"))["refusals"]
]

_GENERIC = re.compile(
    r"AWS rejected a value|The request conflicts|It does not exist in this|It already exists"
    r"|Another change of it"
)
_NO_REMEDY = re.compile(r"Check what AWS names|Correct the value\.|Correct the value that AWS names")
_RAW = re.compile(
    r"regular expression|enum value set|\[[^\]]*(?:a-z|A-Z)|\(\?[!:=]|\\d|Member must|at \[Source"
    r"|String measured|\[(?:\S+, ){4}"
)
_WORDS = re.compile(r"[A-Z“$].*[.!?]", re.DOTALL)

_SUBJECTS = (
    # The operation, AWS's text -> a word that the text must have: what the refusal is about.
    (r"", r"Event bus \S+ does not", "event bus"),
    (r"", r"Rule \S+ does not exist|Rule can't", "rule"),
    (r"", r"NonExistentQueue|specified queue does not|A queue already", "queue"),
    (r"", r"(?<!Could not )Topic does not exist|Topic already", "topic"),
    (r"", r"Subscription does not|SubscriptionArn", "subscription"),
    (r"", r"subscription filter does not", "subscription filter"),
    (r"", r"log group|LogGroup", "log group"),
    (r"", r"log stream does not", "log stream"),
    (r"", r"Event source mapping not found", "trigger"),
    (r"", r"provided mapping already exists|event source mapping with", "trigger"),
    (r"", r"Capacity provider not", "capacity provider"),
    (r"", r"code signing configuration cannot", "code signing"),
    (r"", r"find alias|Alias not found|Alias already", "alias"),
    (r"", r"runtime", "runtime"),
    (r"", r"FilterPolicy: ", "filter policy"),
    (r"", r"Event pattern is not valid", "event pattern"),
    (r"", r"statement id|resource policy|No policy", "policy"),
    (r"", r"No such bucket|specified bucket does not", "bucket"),
    (r"", r"EventInvokeConfig", "asynchronous"),
    (r"", r"^Stream not found|Stream: ", "stream"),
    (r"", r"Table: ", "table"),
    (r"", r"[Ss]chedule ?[Ee]xpression", "schedule"),
    (r"lambda:.*Url", r"resource you requested", "URL"),
    (r"lambda:.*Provisioned", r"Provisioned", "provisioned concurrency"),
    (r"lambda:(Add|Remove)Permission", r"Revision Id", "policy"),
    (r"lambda:UpdateAlias", r"Revision Id", "alias"),
    (r"lambda:PublishVersion", r"CodeSHA256", "code"),
    (r"lambda:", r"Function not found: \S*:doesnotexist$", "function does not exist"),
    (r"apigateway:.*Method", r"Method identifier", "method"),
    (r"iam:AttachRolePolicy", r"Policy ", "policy"),
)


def shown(service: str, operation: str, code: str, message: str) -> WorkbenchError:
    answer = ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return translate(answer, failure="Could not do this.", operation=f"{service}:{operation}")


def named(row: tuple[str, str, str, str]) -> str:
    return f"{row[0]}:{row[1]} [{row[2]}] {row[3][:80]}"


def all_shown() -> list[tuple[tuple[str, str, str, str], WorkbenchError]]:
    return [(row, shown(*row)) for row in REFUSALS]


def test_there_are_the_refusals_of_the_services_that_workbench_calls() -> None:
    services = {row[0] for row in REFUSALS}
    assert services >= {"lambda", "s3", "sns", "sqs", "events", "scheduler", "logs", "iam", "apigateway"}
    assert len(REFUSALS) > 500


def test_no_refusal_is_told_in_words_that_fit_every_refusal() -> None:
    assert not [
        named(row)
        for row, error in all_shown()
        if _GENERIC.match(error.why) or error.why.strip() == row[3].strip()
    ]


def test_every_refusal_says_what_to_do() -> None:
    assert not [
        named(row)
        for row, error in all_shown()
        if not _WORDS.fullmatch(error.remedy) or _NO_REMEDY.search(error.remedy)
    ]


def test_no_refusal_shows_a_pattern_or_a_list_of_values() -> None:
    assert not [
        f"{named(row)} -> {error.why} {error.remedy}"
        for row, error in all_shown()
        if _RAW.search(f"{error.why} {error.remedy}")
    ]


def test_every_refusal_is_told_in_whole_sentences_with_the_code_of_aws() -> None:
    for row, error in all_shown():
        assert _WORDS.match(error.why), named(row)
        assert error.aws_code == row[2]
        assert str(error).endswith(f"[{row[2]}]")
        assert len(error.why) < 1000, named(row)


@pytest.mark.parametrize(("operation", "text", "word"), _SUBJECTS, ids=[each[2] for each in _SUBJECTS])
def test_a_refusal_names_what_it_is_about(operation: str, text: str, word: str) -> None:
    about = [
        (row, error)
        for row, error in all_shown()
        if re.match(operation, f"{row[0]}:{row[1]}") and re.search(text, row[3])
    ]
    assert about, "no such refusal was recorded"
    assert not [
        f"{named(row)} -> {error.why} {error.remedy}"
        for row, error in about
        if word.lower() not in f"{error.why.replace(row[3], '')} {error.remedy}".lower()
    ]


def test_only_what_lambda_says_of_a_function_sends_the_user_to_the_function() -> None:
    misled = [
        f"{named(row)} -> {error.remedy}"
        for row, error in all_shown()
        if "Reload the function" in error.remedy and row[0] != "lambda"
    ]
    assert not misled


def test_the_environment_that_lambda_repeats_is_nowhere() -> None:
    measured = [row for row in REFUSALS if "String measured" in row[3]]
    assert measured
    for row in measured:
        secret = row[3].replace("xxxxxxxxxx", "hunter2hunter2", 1)
        error = shown(*row[:3], secret)
        everything = f"{error} {error!r} {vars(error)}"
        assert "hunter2" not in everything
        assert "SMALL_VAR" not in everything
        assert "LARGE_VAR" not in everything


def test_a_refused_environment_is_not_repeated_either() -> None:
    """AWS's validation quotes the map that it refuses."""
    error = shown(
        "lambda",
        "UpdateFunctionConfiguration",
        "ValidationException",
        "1 validation error detected: Value '{DB-PASSWORD=hunter2}' at 'environment.variables' failed to "
        "satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression "
        "pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
    )
    assert "hunter2" not in f"{error} {vars(error)}"
    assert error.why == "The environment variable's name is not valid."
    assert error.remedy == "Begin with a letter, and use only letters, digits and underscores."


_BY_HAND = (
    (
        "lambda:AddPermission",
        "ValidationException",
        "Value 'example.com' at 'statementId'",
        "“example.com” is not a valid statement ID.",
        "Use only letters, digits, hyphens and underscores.",
    ),
    (
        "lambda:AddPermission",
        "ResourceConflictException",
        "The statement id (s3) provided",
        "The function's policy already has a statement with this ID.",
        "Remove the existing statement, or use another ID.",
    ),
    (
        "lambda:AddPermission",
        "PreconditionFailedException",
        "Call the GetPolicy API",
        "The function's policy was changed in the meantime.",
        "Reload the triggers",
    ),
    (
        "lambda:AddPermission",
        "InvalidParameterValueException",
        "principal was invalid",
        "The permission's principal does not exist.",
        "Check the account, role or service that is permitted.",
    ),
    (
        "lambda:CreateAlias",
        "ValidationException",
        "Value '{2=2.0}'",
        "The weight or number of the additional version is too large.",
        "Use at most 1.0.",
    ),
    (
        "lambda:CreateAlias",
        "ValidationException",
        "Value '{2=-1.0}'",
        "The weight or number of the additional version is too small.",
        "Use at least 0.0.",
    ),
    (
        "lambda:CreateAlias",
        "ValidationException",
        "Value '2024' at 'name'",
        "“2024” is not a valid name.",
        "not digits alone",
    ),
    (
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "runtime parameter of nodejs14.x",
        "Lambda no longer supports this runtime.",
        "Choose a newer runtime.",
    ),
    (
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "Value PYTHON3.9 at 'runtime'",
        "“PYTHON3.9” is not a valid runtime.",
        "Choose another runtime.",
    ),
    (
        "lambda:CreateFunction",
        "ValidationException",
        "Value '[X86_64]' at 'architectures'",
        "“X86_64” is not a valid architecture.",
        "Use arm64 or x86_64.",
    ),
    (
        "lambda:CreateFunction",
        "ResourceNotFoundException",
        "Functions from 'ap-southeast-1'",
        "The function is in another region. Functions from 'ap-southeast-1' are not reachable",
        "Switch to the region",
    ),
    (
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "GetObject. S3 Error Code: NoSuchBucket",
        "The bucket with the package does not exist.",
        "upload the package again",
    ),
    (
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "DescribeSubnets",
        "A subnet does not exist in this region.",
        "Choose subnets of this region.",
    ),
    (
        "lambda:CreateFunction",
        "InvalidParameterValueException",
        "String measured",
        "The environment variables exceed 4 KB in total.",
        "store values in Systems Manager or Secrets Manager",
    ),
    (
        "lambda:GetFunction",
        "ResourceNotFoundException",
        "some-function:$LATEST",
        "The function does not exist in this account and region.",
        "Refresh the list.",
    ),
    (
        "lambda:Invoke",
        "ResourceNotFoundException",
        ":doesnotexist:$LATEST",
        "The function does not exist in this account and region.",
        "Refresh the list.",
    ),
    (
        "lambda:Invoke",
        "ResourceNotFoundException",
        "non-existent-alias",
        "The function has no version or alias of this name.",
        "choose one of its versions or aliases",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "ResourceConflictException",
        "arn:<partition>:kinesis",
        "The function already has a trigger for this source (ESM-DUP).",
        "Open the existing trigger and change it",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "ResourceConflictException",
        "SQS arn",
        "The function already has a trigger for this source (ESM-DUP).",
        "Open the existing trigger and change it",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "InvalidParameterValueException",
        "Stream not found: arn:<partition>:kinesis",
        "The stream does not exist in this account and region.",
        "Check the stream's ARN.",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "InvalidParameterValueException",
        "startingPosition",
        "The starting position is missing.",
        "Give the starting position.",
    ),
    (
        "lambda:CreateEventSourceMapping",
        "ValidationException",
        "'invalid' at 'startingPosition'",
        "“invalid” is not a valid starting position.",
        "Use AT_TIMESTAMP, LATEST or TRIM_HORIZON.",
    ),
    (
        "lambda:PublishVersion",
        "InvalidParameterValueException",
        "CodeSHA256",
        "The code was changed in the meantime",
        "Reload the function, check its code, then publish again.",
    ),
    (
        "lambda:PutFunctionConcurrency",
        "InvalidParameterValueException",
        "UnreservedConcurrentExecution",
        "Too little concurrency of the account would remain unreserved.",
        "Reserve less",
    ),
    (
        "lambda:PutProvisionedConcurrencyConfig",
        "ResourceConflictException",
        "Version is pointed by",
        "A version and an alias that points to it cannot both have provisioned concurrency.",
        "Remove the provisioned concurrency of the other one first.",
    ),
    (
        "lambda:RemovePermission",
        "ResourceNotFoundException",
        "Statement non-existent",
        "The permission is not in the function's policy: it was removed already.",
        "Reload the triggers.",
    ),
    (
        "lambda:GetFunctionUrlConfig",
        "ResourceNotFoundException",
        "The resource you requested",
        "The function has no URL.",
        "Create a function URL first",
    ),
    (
        "lambda:TagResource",
        "ResourceNotFoundException",
        "Event source mapping not found",
        "The event source mapping does not exist: the trigger was deleted.",
        "Reload the triggers.",
    ),
    (
        "events:DescribeEventBus",
        "ResourceNotFoundException",
        "Event bus",
        "The event bus does not exist in this account and region.",
        "Choose another event bus.",
    ),
    (
        "events:DescribeRule",
        "ResourceNotFoundException",
        "Rule",
        "The rule does not exist: it was deleted.",
        "Reload the triggers.",
    ),
    (
        "events:TestEventPattern",
        "InvalidEventPatternException",
        "Filter is not an object",
        "The event pattern is not valid. Filter is not an object",
        "Correct the pattern",
    ),
    (
        "events:TestEventPattern",
        "InvalidEventPatternException",
        "too complex",
        "The wildcards of the event pattern make it too complex.",
        "Use fewer wildcards",
    ),
    (
        "events:PutTargets",
        "LimitExceededException",
        "",
        "The rule has reached the maximum number of targets.",
        "Remove a target",
    ),
    (
        "scheduler:CreateSchedule",
        "ValidationException",
        "rate(10 minutess)",
        "The schedule's expression is not valid. Invalid Schedule Expression rate(10 minutess).",
        "Use rate(5 minutes)",
    ),
    (
        "sns:CreateTopic",
        "InvalidParameter",
        "Topic already exists with different attributes",
        "A topic of this name already exists, with other settings.",
        "Choose another name, or use the existing topic.",
    ),
    (
        "sns:Subscribe",
        "NotFound",
        "Topic does not exist",
        "The topic does not exist in this account and region.",
        "Choose another topic",
    ),
    (
        "sns:Subscribe",
        "InvalidParameter",
        "Bottom must be less than top",
        "The filter policy is not valid. Bottom must be less than top",
        "Correct the filter policy",
    ),
    (
        "sqs:GetQueueAttributes",
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
        "The queue does not exist in this account and region.",
        "Choose another queue",
    ),
    (
        "sqs:CreateQueue",
        "QueueAlreadyExists",
        "DelaySeconds",
        "A queue of this name already exists, with other settings.",
        "Choose another name",
    ),
    (
        "iam:CreateRole",
        "MalformedPolicyDocument",
        "invalid Json",
        "The policy of the role is not valid.",
        "Correct the policy",
    ),
    (
        "s3:HeadBucket",
        "404",
        "Not Found",
        "The bucket does not exist.",
        "Choose another bucket",
    ),
    (
        "s3:CreateBucket",
        "BucketAlreadyOwnedByYou",
        "",
        "You already own a bucket of this name.",
        "Use it, or choose another name.",
    ),
    (
        "apigateway:PutIntegration",
        "BadRequestException",
        "AWS ARN for integration",
        "The function's URI in the API's integration is not valid.",
        "Choose the function again",
    ),
    (
        "logs:StartQuery",
        "ResourceNotFoundException",
        "Log group",
        "The log group does not exist.",
        "Invoke the function, then try again.",
    ),
)


@pytest.mark.parametrize(
    ("operation", "code", "part", "why", "remedy"),
    _BY_HAND,
    ids=[f"{each[0]}-{each[2][:24]}" for each in _BY_HAND],
)
def test_a_refusal_in_words(operation: str, code: str, part: str, why: str, remedy: str) -> None:
    service, _, name = operation.partition(":")
    rows = [row for row in REFUSALS if row[:3] == (service, name, code) and part in row[3]]
    assert rows, "not recorded"
    error = shown(*rows[0])
    assert error.why.startswith(why)
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("operation", "code", "message", "why"), DOCUMENTED, ids=[each[3][:40] for each in DOCUMENTED]
)
def test_a_refusal_that_was_not_recorded(operation: str, code: str, message: str, why: str) -> None:
    service, _, name = operation.partition(":")
    error = shown(service, name, code, message)
    assert error.why.startswith(why)
    assert _WORDS.fullmatch(error.remedy)
    assert error.aws_code == code


def test_every_row_of_the_tables_is_reached() -> None:
    rules = {rule for rules in (*CODES.values(), *HTTP_STATUS.values()) for rule in rules}
    reached = {error.why for _, error in all_shown()}
    reached |= {case.why for case in (*CASES, *SOURCES)} | {why for *_, why in DOCUMENTED}
    assert not {rule.why for rule in rules if not any(says(rule, why) for why in reached)}
