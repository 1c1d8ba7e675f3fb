"""The region engine: where source and function are decides before AWS is asked."""

import json

import pytest

from workbench.triggers.kinds.table import RULES
from workbench.triggers.model import FixKind, Location, Severity, SourceKind, Verdict
from workbench.triggers.plan import check_locations

F = Location("aws", "us-east-1", "111111111111")
ELSEWHERE = Location("aws", "eu-west-1", "111111111111")
OTHERS = Location("aws", "us-east-1", "222222222222")
ROLE = "arn:aws:iam::111111111111:role/worker"
SEVERITIES = {Verdict.ALLOW: Severity.NOTICE, Verdict.WARN: Severity.WARN, Verdict.BLOCK: Severity.BLOCK}


@pytest.mark.parametrize("kind", RULES)
def test_every_kind_has_a_rule_and_one_place_always_fits(kind: SourceKind) -> None:
    assert check_locations(kind, F, F) == ()


@pytest.mark.parametrize("kind", RULES)
def test_another_region_is_judged_by_the_table(kind: SourceKind) -> None:
    (finding,) = check_locations(kind, ELSEWHERE, F)
    assert finding.severity is SEVERITIES[RULES[kind].region]
    assert finding.check_id == ("GEN-REGION-OK" if finding.severity is Severity.NOTICE else "GEN-REGION")
    assert "eu-west-1" in finding.what
    assert "us-east-1" in finding.what
    assert finding.why


@pytest.mark.parametrize("kind", RULES)
def test_another_account_is_judged_by_the_table(kind: SourceKind) -> None:
    (finding,) = check_locations(kind, OTHERS, F)
    assert (finding.check_id, finding.severity) == ("GEN-ACCOUNT", SEVERITIES[RULES[kind].account])
    assert "222222222222" in finding.what
    assert "111111111111" in finding.what


@pytest.mark.parametrize("kind", RULES)
def test_another_partition_blocks_before_region_and_account(kind: SourceKind) -> None:
    (finding,) = check_locations(kind, ELSEWHERE, Location("aws-cn", "cn-north-1", "333333333333"))
    assert (finding.check_id, finding.severity) == ("GEN-PARTITION", Severity.BLOCK)
    assert "AWS China Regions" in finding.what
    assert "AWS's commercial Regions" in finding.what


def test_a_queue_elsewhere_names_both_regions_and_offers_ways_out() -> None:
    (finding,) = check_locations(SourceKind("sqs"), ELSEWHERE, F, "arn:aws:sqs:eu-west-1:111111111111:orders")
    assert finding.what == "The queue orders is in eu-west-1; the function is in us-east-1."
    assert finding.why == "Lambda only polls queues in its own region."
    assert [(fix.kind, fix.region) for fix in finding.fixes] == [
        (FixKind.SWITCH_REGION, "eu-west-1"),
        (FixKind.PICK_FUNCTION, "eu-west-1"),
        (FixKind.COPY_FUNCTION, "eu-west-1"),
    ]


def test_a_bucket_elsewhere_offers_a_topic_between() -> None:
    (finding,) = check_locations(
        SourceKind("s3"), Location("aws", "eu-central-1", ""), F, "arn:aws:s3:::photos"
    )
    assert finding.what == "The bucket photos is in eu-central-1; the function is in us-east-1."
    assert finding.fixes[-1].kind is FixKind.OTHER_SOURCE
    assert finding.fixes[-1].source_kind == SourceKind("sns")


def test_a_bucket_whose_region_nobody_knows_is_a_warning_without_an_account() -> None:
    (finding,) = check_locations(SourceKind("s3"), Location("aws", "", ""), F, "arn:aws:s3:::photos")
    assert (finding.check_id, finding.severity) == ("GEN-REGION", Severity.WARN)


def test_another_accounts_queue_comes_with_the_policy_its_owner_needs() -> None:
    arn = "arn:aws:sqs:us-east-1:222222222222:orders"
    (finding,) = check_locations(SourceKind("sqs"), OTHERS, F, arn, ROLE)
    (fix,) = finding.fixes
    assert fix.kind is FixKind.SHOW_POLICY
    (statement,) = json.loads(fix.text)["Statement"]
    assert statement["Principal"] == {"AWS": ROLE}
    assert statement["Resource"] == arn
    assert "sqs:ReceiveMessage" in statement["Action"]


def test_a_forbidden_region_hides_what_is_said_of_the_account() -> None:
    away = Location("aws", "eu-west-1", "222222222222")
    assert [finding.check_id for finding in check_locations(SourceKind("sqs"), away, F)] == ["GEN-REGION"]
    assert [finding.check_id for finding in check_locations(SourceKind("sns"), away, F)] == [
        "GEN-REGION-OK",
        "GEN-ACCOUNT",
    ]


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:dynamodb:eu-west-1:1:table/Orders/stream/2026-01-01T00:00:00.000", "the table Orders"),
        ("arn:aws:kinesis:eu-west-1:1:stream/clicks", "the stream clicks"),
        ("arn:aws:logs:eu-west-1:1:log-group:/aws/x:*", "log group /aws/x"),
    ],
)
def test_sources_are_named_as_people_name_them(arn: str, name: str) -> None:
    kinds = {"dynamodb": SourceKind("dynamodb"), "kinesis": SourceKind("kinesis"), "logs": SourceKind("logs")}
    (finding,) = check_locations(kinds[arn.split(":")[2]], ELSEWHERE, F, arn)
    assert name.lower() in finding.what.lower()


@pytest.mark.parametrize(
    ("kind", "arn", "name"),
    [
        ("mq", "arn:aws:mq:eu-west-1:111111111111:broker:jobs:b-1", "broker jobs"),
        ("msk", "arn:aws:kafka:eu-west-1:111111111111:cluster/clicks/0-1", "cluster clicks"),
        ("documentdb", "arn:aws:rds:eu-west-1:111111111111:cluster:docs", "cluster docs"),
        (
            "dynamodb",
            "arn:aws:dynamodb:eu-west-1:111111111111:table/t/stream/2026-01-01T00:00:00.000",
            "table t",
        ),
        ("logs", "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/x", "log group /aws/x"),
        ("events", "arn:aws:events:eu-west-1:111111111111:rule/nightly", "rule nightly"),
    ],
)
def test_a_source_elsewhere_is_called_by_its_name(kind: str, arn: str, name: str) -> None:
    (finding, *_) = check_locations(SourceKind(kind), ELSEWHERE, F, arn)
    assert finding.what.startswith(f"The {name} is in eu-west-1;")
