"""What "access denied" texts say, also hostile ones. The texts are AWS's documented forms."""

import pytest

from workbench.functions.denied import Cause, Denial, denials_in, is_encoded, may_be_denied, why_not

ROLE = "arn:aws:iam::123456789012:role/service-role/orders-role"
CALLER = "arn:aws:sts::123456789012:assumed-role/orders-role/orders"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
INSTANCE = "arn:aws:ec2:eu-central-1:123456789012:instance/i-1"
USUAL = "because no identity-based policy allows the dynamodb:PutItem action"


def text(
    action: str = "dynamodb:PutItem", resource: str = TABLE, why: str = USUAL, user: str = CALLER
) -> str:
    return f"User: {user} is not authorized to perform: {action} on resource: {resource} {why}"


def only(words: str) -> Denial:
    [denial] = denials_in(words)
    return denial


@pytest.mark.parametrize(
    "words",
    [
        f"An error occurred (AccessDeniedException) when calling the PutItem operation: {text()}",
        f"AccessDeniedException: {text()}\n    at throwDefaultError (/var/runtime/x.js:1:2)",
        '{"errorMessage": "' + text() + '"}',
        f"[ERROR] ClientError: {text()}\rTraceback (most recent call last):\r  File",
    ],
)
def test_the_usual_denial(words: str) -> None:
    assert may_be_denied(words)
    assert only(words) == Denial(CALLER, "dynamodb:PutItem", TABLE, Cause.MISSING)
    assert why_not(only(words), ROLE) == ""


@pytest.mark.parametrize(
    ("words", "action", "resource"),
    [
        (  # SQS writes the action in lower case
            text("sqs:sendmessage", "arn:aws:sqs:eu-central-1:123456789012:jobs", "because no identity"),
            "sqs:SendMessage",
            "arn:aws:sqs:eu-central-1:123456789012:jobs",
        ),
        (
            text("SNS:Publish", "arn:aws:sns:eu-central-1:123456789012:news", ""),
            "sns:Publish",
            "arn:aws:sns:eu-central-1:123456789012:news",
        ),
        (text("s3:GetObject", '"arn:aws:s3:::photos/a.txt"'), "s3:GetObject", "arn:aws:s3:::photos/a.txt"),
        (
            text("sts:AssumeRole", "arn:aws:iam::123456789012:role/other", ""),
            "sts:AssumeRole",
            "arn:aws:iam::123456789012:role/other",
        ),
        (
            f"You are not authorized to perform this operation. {text('ec2:StartInstances', INSTANCE)}",
            "ec2:StartInstances",
            INSTANCE,
        ),
        (text("secretsmanager:GetSecretValue", "db-password"), "secretsmanager:GetSecretValue", ""),
        (text("dynamodb:ListTables", "*"), "dynamodb:ListTables", ""),
        (f"User: {CALLER} is not authorized to perform: ses:SendEmail", "ses:SendEmail", ""),
    ],
)
def test_how_services_write_it(words: str, action: str, resource: str) -> None:
    assert (only(words).action, only(words).resource) == (action, resource)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:dynamodb:eu-central-1:123456789012:table/*",
        "arn:aws:dynamodb:*:*:table/orders",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/order?",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/${aws:username}",
        "arn:*:dynamodb:eu-central-1:123456789012:table/orders",
        "arn:aws:iam::123456789012:role/admin",  # not of the action's service
        "arn:aws:dynamodb:eu-central-1:12345678901:table/orders",
        "*",
        "arn",
        TABLE + "x" * 3000,
    ],
)
def test_a_resource_that_is_not_a_single_one_is_left_to_the_user(resource: str) -> None:
    assert only(text(resource=resource)).resource == ""


@pytest.mark.parametrize(
    "words",
    [
        text("dynamodb:*"),
        text("*"),
        text("dynamodb:Put*"),
        text("dynamodb:NoSuchAction"),
        text("nothing:PutItem"),
        text('dynamodb:PutItem","iam:*'),
        text(user="arn:aws:sts::123:assumed-role/orders-role/x"),
        text(user="somebody"),
        "Access Denied",
        "",
    ],
)
def test_only_actions_that_aws_has_are_taken(words: str) -> None:
    assert [each for each in denials_in(words) if each.action != "dynamodb:PutItem"] == []
    if "PutItem" not in words or "123:assumed" in words or "somebody" in words or "nothing" in words:
        assert denials_in(words) == ()


@pytest.mark.parametrize(
    ("why", "cause"),
    [
        ("with an explicit deny in an identity-based policy", Cause.EXPLICIT_DENY),
        ("with an explicit deny in a resource-based policy", Cause.RESOURCE_POLICY),
        ("with an explicit deny in a service control policy", Cause.SERVICE_CONTROL),
        ("with an explicit deny in a resource control policy", Cause.RESOURCE_CONTROL),
        ("with an explicit deny in a permissions boundary", Cause.BOUNDARY),
        ("with an explicit deny", Cause.MISSING),
        ("because no permissions boundary allows the dynamodb:PutItem action", Cause.BOUNDARY),
        ("because no session policy allows the dynamodb:PutItem action", Cause.SESSION),
        ("because no service control policy allows the dynamodb:PutItem action", Cause.SERVICE_CONTROL),
        ("because no resource-based policy allows the dynamodb:PutItem action", Cause.RESOURCE_POLICY),
        ("because no VPC endpoint policy allows the dynamodb:PutItem action", Cause.ENDPOINT),
        ("because no role trust policy allows the sts:AssumeRole action", Cause.TRUST),
    ],
)
def test_what_denied_it(why: str, cause: Cause) -> None:
    denial = only(text(why=why))
    assert denial.cause is cause
    assert bool(why_not(denial, ROLE)) is (cause is not Cause.MISSING)


def test_another_caller_is_not_the_role() -> None:
    for user in (
        CALLER.replace("orders-role", "orders-role2"),
        CALLER.replace("123456789012", "210987654321"),
        "arn:aws:iam::123456789012:user/alice",
    ):
        assert "denied caller" in why_not(only(text(user=user)), ROLE)


def test_a_resource_of_another_account_is_told() -> None:
    other = TABLE.replace("123456789012", "210987654321")
    assert only(text(resource=other)).is_other_account(ROLE)
    assert not only(text()).is_other_account(ROLE)
    assert not only(text("s3:GetObject", "arn:aws:s3:::photos/a")).is_other_account(ROLE)


def test_an_encoded_message_and_each_denial_once() -> None:
    assert is_encoded("UnauthorizedOperation. Encoded authorization failure message: Zm9v")
    assert len(denials_in(f"{text()}\n{text()}\n{text('dynamodb:GetItem')}")) == 2


def test_a_long_text_is_quick() -> None:
    """It ends: no pattern backtracks over the text."""
    for junk in ("User: arn:aws:sts::123456789012:assumed-role/", "is not authorized to perform: s3:", "a"):
        assert denials_in(junk * 50_000) == ()
