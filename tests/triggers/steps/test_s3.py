"""One rule in and out of a bucket's notifications, with AWS's exact answers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.aws_stub import ANY, StubbedAws
from tests.triggers.pushing import Trial
from tests.triggers.steps.doing import Doing
from tests.triggers.values import ARN
from workbench.core.errors import WorkbenchError
from workbench.triggers.execute import STEP_RUNS
from workbench.triggers.steps import Step
from workbench.triggers.steps.s3 import (
    OBJECT,
    Change,
    change_step,
    entry_of,
    fingerprint,
    notification_step,
    object_step,
    values_of,
)

GET, PUT = "get_bucket_notification_configuration", "put_bucket_notification_configuration"
BUCKET = {"Bucket": "photos", "ExpectedBucketOwner": "111111111111"}
QUEUE = {"Id": "q", "QueueArn": "arn:aws:sqs:us-east-1:111111111111:q", "Events": ["s3:ObjectRemoved:*"]}
BEFORE: dict[str, Any] = {"QueueConfigurations": [QUEUE], "EventBridgeConfiguration": {}}
RULE: Any = entry_of("wb-s3-1", ARN, ("s3:ObjectCreated:*",), "in/", "")
WITH = BEFORE | {"LambdaFunctionConfigurations": [RULE]}
UNREACHED = "Unable to validate the following destination configurations"
RUN = STEP_RUNS["notification"]


def _add(planned: str = "") -> Step:
    return notification_step("photos", "us-east-1", "111111111111", add=RULE, planned=planned)


def _remove() -> Step:
    return notification_step("photos", "us-east-1", "111111111111", remove=RULE)


def _read(aws: StubbedAws, *answers: dict[str, Any]) -> None:
    for answer in answers:
        aws.answer("s3", GET, answer, BUCKET)


def _put(aws: StubbedAws, configuration: dict[str, Any]) -> None:
    aws.answer("s3", PUT, {}, BUCKET | {"NotificationConfiguration": configuration})


def test_a_rule_is_added_and_all_others_stay(aws: StubbedAws) -> None:
    _read(aws, BEFORE, BEFORE)
    _put(aws, WITH)
    _read(aws, WITH)
    trial = Trial(aws.connection)
    facts = RUN.do(_add(fingerprint(BEFORE)), trial.running)
    assert trial.notes == facts == {"added": RULE, "removed": None}
    _read(aws, WITH, WITH)
    _put(aws, BEFORE)
    RUN.undo(_add(), facts, trial.running)


def test_a_rule_that_is_there_is_not_added_again(aws: StubbedAws) -> None:
    _read(aws, WITH, WITH)
    RUN.do(_add(fingerprint(BEFORE)), Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def _unreached(arn: str) -> dict[str, str]:
    """As AWS answered, recorded."""
    return {"ArgumentName1": f"{arn}, null", "ArgumentValue1": f"Not authorized to invoke function [{arn}]"}


def test_a_rule_of_others_that_s3_cannot_use_is_named_and_not_waited_for(aws: StubbedAws) -> None:
    gone = f"{ARN}-gone"
    other: Any = entry_of("theirs", gone, ("s3:ObjectRemoved:*",), "", "")
    before = {"LambdaFunctionConfigurations": [other]}
    _read(aws, before, before)
    aws.refuse("s3", PUT, "InvalidArgument", UNREACHED, error_meta=_unreached(gone))
    trial = Trial(aws.connection)
    with pytest.raises(WorkbenchError) as caught:
        RUN.do(_add(), trial.running)
    assert "“theirs”" in caught.value.why
    assert gone in caught.value.why
    assert "Remove the rule “theirs”" in caught.value.remedy
    assert caught.value.aws_code == "InvalidArgument"
    aws.assert_all_asked()


def test_a_grant_that_s3_has_not_heard_of_is_waited_for(aws: StubbedAws) -> None:
    _read(aws, BEFORE, BEFORE)
    aws.refuse("s3", PUT, "InvalidArgument", UNREACHED, error_meta=_unreached(ARN))
    _read(aws, BEFORE, BEFORE)
    _put(aws, WITH)
    _read(aws, WITH)
    RUN.do(_add(), Trial(aws.connection).running)
    aws.assert_all_asked()


def test_a_stale_rule_is_removed_for_good(aws: StubbedAws) -> None:
    """S3 would refuse to have it back."""
    step = notification_step("photos", "us-east-1", "111111111111", remove=RULE, for_good=True)
    _read(aws, WITH, WITH)
    _put(aws, BEFORE)
    _read(aws, BEFORE)
    trial = Trial(aws.connection)
    facts = RUN.do(step, trial.running)
    RUN.undo(step, facts, trial.running)
    assert step.undo == ""
    aws.assert_all_asked()


def test_a_configuration_that_changed_since_the_plan_is_left_alone(aws: StubbedAws) -> None:
    _read(aws, {"EventBridgeConfiguration": {}})
    with pytest.raises(WorkbenchError, match="S3-RACE"):
        RUN.do(_add(fingerprint(BEFORE)), Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_a_configuration_that_changes_just_before_the_put_is_left_alone(aws: StubbedAws) -> None:
    _read(aws, BEFORE, {"EventBridgeConfiguration": {}})
    with pytest.raises(WorkbenchError, match="S3-RACE"):
        RUN.do(_add(), Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_s3_is_given_time_to_hear_of_the_grant(aws: StubbedAws) -> None:
    for _ in range(2):
        _read(aws, BEFORE, BEFORE)
        aws.refuse("s3", PUT, "InvalidArgument", UNREACHED)
    _read(aws, BEFORE, BEFORE)
    _put(aws, WITH)
    _read(aws, WITH)
    trial = Trial(aws.connection)
    RUN.do(_add(), trial.running)
    assert trial.slept == [1.0, 2.0]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "InvalidArgument",
            "The notification destination service region is not valid for the bucket location constraint",
        ),
        ("AccessDenied", "Access Denied"),
    ],
)
def test_any_other_refusal_is_said_at_once_in_aws_words(aws: StubbedAws, code: str, text: str) -> None:
    _read(aws, BEFORE, BEFORE)
    aws.refuse("s3", PUT, code, text)
    trial = Trial(aws.connection)
    with pytest.raises(WorkbenchError) as caught:
        RUN.do(_add(), trial.running)
    assert caught.value.aws_code == code
    assert trial.slept == []
    if code == "InvalidArgument":
        assert text in caught.value.why


def test_a_rule_that_never_shows_up_is_said(aws: StubbedAws) -> None:
    _read(aws, BEFORE, BEFORE)
    _put(aws, WITH)
    _read(aws, *[BEFORE] * 6)
    with pytest.raises(WorkbenchError, match="a moment after this change"):
        RUN.do(_add(), Trial(aws.connection).running)


def test_undoing_what_was_never_sent_makes_no_call(aws: StubbedAws) -> None:
    RUN.undo(_add(), {}, Trial(aws.connection).running)
    assert aws.calls == []


def test_undoing_what_did_not_arrive_changes_nothing(aws: StubbedAws) -> None:
    _read(aws, BEFORE)
    RUN.undo(_add(), {"added": RULE, "removed": None}, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_a_rule_that_somebody_changed_since_is_not_taken_back(aws: StubbedAws) -> None:
    theirs = {**RULE, "Events": ["s3:ObjectRemoved:*"]}
    _read(aws, {"LambdaFunctionConfigurations": [theirs]})
    with pytest.raises(WorkbenchError, match="left unchanged"):
        RUN.undo(_add(), {"added": RULE, "removed": None}, Trial(aws.connection).running)


def test_the_last_rule_is_removed_and_brought_back_as_it_was(aws: StubbedAws) -> None:
    only = {"LambdaFunctionConfigurations": [{**RULE, "Events": ["s3:ObjectCreated:Put"]}]}
    _read(aws, only, only)
    _put(aws, {})
    _read(aws, {})
    trial = Trial(aws.connection)
    facts = RUN.do(_remove(), trial.running)
    _read(aws, {}, {})
    _put(aws, only)
    RUN.undo(_remove(), facts, trial.running)


def test_a_removed_rule_whose_id_is_taken_again_is_not_put_beside_it(aws: StubbedAws) -> None:
    theirs = {**RULE, "Events": ["s3:ObjectRemoved:*"]}
    _read(aws, {"LambdaFunctionConfigurations": [theirs]})
    RUN.undo(_remove(), {"added": None, "removed": RULE}, Trial(aws.connection).running)
    assert not any(call.is_write for call in aws.calls)


def test_a_rule_is_given_as_its_parameters() -> None:
    entry = entry_of("r", ARN, ("s3:ObjectCreated:Put", "s3:ObjectRemoved:*"), "a+b/", ".j%3Dpg")
    assert values_of(entry) == {
        "Events": ("s3:ObjectCreated:Put", "s3:ObjectRemoved:*"),
        "Prefix": "a b/",
        "Suffix": ".j=pg",
        "LambdaFunctionArn": ARN,
    }


@pytest.mark.parametrize(
    ("add", "remove", "title", "undo"),
    [
        (RULE, None, "Add the rule", "Remove the rule again"),
        (RULE, RULE, "Change the rule", "Restore the rule"),
        (None, RULE, "Remove the rule", "Restore the rule"),
    ],
)
def test_a_plan_says_what_it_does_to_a_bucket_and_how_that_is_undone(
    add: Any, remove: Any, title: str, undo: str
) -> None:
    step = notification_step("photos", "us-east-1", "", add=add, remove=remove)
    assert step.title.startswith(f"{title} wb-s3-1 of the bucket photos")
    assert step.undo == undo


def test_a_rule_of_that_name_that_calls_something_else_is_not_removed(aws: StubbedAws) -> None:
    other = {**RULE, "LambdaFunctionArn": ARN + ":prod"}
    _read(aws, {"LambdaFunctionConfigurations": [other]})
    with pytest.raises(WorkbenchError, match="calls another target"):
        RUN.do(_remove(), Trial(aws.connection).running)


def test_a_changed_rule_is_put_back(aws: StubbedAws) -> None:
    new: Any = {**RULE, "Events": ["s3:ObjectRemoved:*"]}
    step = notification_step("photos", "us-east-1", "111111111111", add=new, remove=RULE)
    changed = BEFORE | {"LambdaFunctionConfigurations": [new]}
    _read(aws, WITH, WITH)
    _put(aws, changed)
    _read(aws, changed)
    trial = Trial(aws.connection)
    facts = RUN.do(step, trial.running)
    _read(aws, changed, changed)
    _put(aws, WITH)
    RUN.undo(step, facts, trial.running)
    _read(aws, WITH)
    RUN.undo(step, facts, trial.running)  # twice is once


BODY = "A test event of Workbench. It may be deleted.\n"
DESCRIBED = {"ContentType": "text/plain", "Metadata": {"workbench-test": "m-1"}}
PUT_STEP = object_step("photos", "us-east-1", "123456789012", "in/m.jpg", "m-1", BODY, "text/plain")
OWN = {"Bucket": "photos", "Key": "in/m.jpg", "ExpectedBucketOwner": "123456789012"}


def test_tags_are_put_and_deleted(aws: StubbedAws) -> None:
    tags = {"TagSet": [{"Key": "workbench", "Value": "test"}]}
    aws.answer("s3", "put_object_tagging", {}, {**OWN, "Tagging": tags})
    Doing(aws.connection, change_step(PUT_STEP, Change.TAG)).do()
    aws.answer("s3", "put_object_tagging", {}, {**OWN, "Tagging": tags})
    aws.answer("s3", "delete_object_tagging", {}, OWN)
    Doing(aws.connection, change_step(PUT_STEP, Change.UNTAG)).do()


@pytest.mark.parametrize(
    ("earlier", "version"), [({}, {}), ({OBJECT: {}}, {}), ({OBJECT: {"version": "v1"}}, {"VersionId": "v1"})]
)
def test_the_version_that_was_put_is_deleted(
    aws: StubbedAws, earlier: dict[str, Any], version: dict[str, str]
) -> None:
    aws.answer("s3", "delete_object", {}, OWN | version)
    Doing(aws.connection, change_step(PUT_STEP, Change.DELETE), earlier).do()


def test_nothing_is_deleted_twice(aws: StubbedAws) -> None:
    aws.answer("s3", "list_object_versions", {"Versions": []})
    Doing(aws.connection, PUT_STEP).undo({"key": "in/m.jpg"})


MINE: dict[str, Any] = {"Metadata": {"workbench-test": "m-1"}}
THEIRS: dict[str, Any] = {"Metadata": {}}


def _at(version: str, second: int, key: str = "in/m.jpg", *, latest: bool = False) -> dict[str, Any]:
    moment = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
    return {"Key": key, "VersionId": version, "LastModified": moment, "IsLatest": latest}


def test_the_tests_versions_and_the_markers_on_them_are_deleted_and_nothing_of_others(
    aws: StubbedAws,
) -> None:
    key, other = "in/m.jpg", "in/m.jpg.bak"  # S3 lists by prefix
    versions = [_at("v6", 6), _at("v4", 4), _at("v2", 2), _at("v1", 1), _at("o1", 4, other)]
    markers = [_at("m7", 7, latest=True), _at("m5", 5), _at("m3", 3), _at("m0", 0), _at("o2", 5, other)]
    asked = {"Bucket": "photos", "ExpectedBucketOwner": "123456789012", "Prefix": key}
    aws.answer("s3", "list_object_versions", {"Versions": versions, "DeleteMarkers": markers}, asked)
    for version, metadata in (("v6", THEIRS), ("v4", MINE), ("v2", MINE), ("v1", THEIRS)):
        aws.answer("s3", "head_object", metadata, OWN | {"VersionId": version})
    for version in ("m5", "v4", "m3", "v2"):
        aws.answer("s3", "delete_object", {}, OWN | {"VersionId": version})
    Doing(aws.connection, PUT_STEP).undo({"key": key})


def test_a_marker_below_the_tests_version_stays(aws: StubbedAws) -> None:
    """A marker of the same second: were it deleted, an object that the user has deleted would be back."""
    found = {"Versions": [_at("v2", 2, latest=True)], "DeleteMarkers": [_at("m1", 2)]}
    aws.answer("s3", "list_object_versions", found)
    aws.answer("s3", "head_object", MINE, OWN | {"VersionId": "v2"})
    aws.answer("s3", "delete_object", {}, OWN | {"VersionId": "v2"})
    Doing(aws.connection, PUT_STEP).undo({"key": "in/m.jpg"})


def test_a_journal_of_an_earlier_version_of_workbench_is_undone(aws: StubbedAws) -> None:
    args = {name: PUT_STEP.args[name] for name in ("bucket", "owner", "key")}
    aws.answer("s3", "list_object_versions", {"Versions": [_at("v1", 1, latest=True)]})
    aws.answer("s3", "delete_object", {}, OWN | {"VersionId": "v1"})
    Doing(aws.connection, replace(PUT_STEP, args=args)).undo({"key": "in/m.jpg"})


def test_another_object_of_the_key_is_never_overwritten(aws: StubbedAws) -> None:
    aws.refuse("s3", "put_object", "PreconditionFailed", "At least one of the pre-conditions failed", 412)
    aws.answer("s3", "head_object", THEIRS, OWN)
    with pytest.raises(WorkbenchError, match="already has an object with this key") as caught:
        Doing(aws.connection, PUT_STEP).do()
    assert caught.value.aws_code == "PreconditionFailed"
    assert "another key" in caught.value.remedy


def test_an_object_whose_answer_was_lost_is_the_tests(aws: StubbedAws) -> None:
    aws.refuse("s3", "put_object", "PreconditionFailed", "At least one of the pre-conditions failed", 412)
    aws.answer("s3", "head_object", MINE, OWN)
    assert Doing(aws.connection, PUT_STEP).do()["made"]


@pytest.mark.parametrize(
    ("made", "answer", "is_deleted"),
    [
        (True, None, True),
        (True, MINE, True),
        (True, THEIRS, False),
        (False, None, False),
        (False, MINE, True),
    ],
)
@pytest.mark.parametrize("version", ["", "v1"])
def test_the_object_is_deleted_also_by_who_may_not_list_its_versions(
    aws: StubbedAws, version: str, *, made: bool, answer: dict[str, Any] | None, is_deleted: bool
) -> None:
    aws.refuse("s3", "list_object_versions", "AccessDenied", "Access Denied", 403)
    more = {"VersionId": version} if version else {}
    if answer is None:
        aws.refuse("s3", "head_object", "403", "Forbidden", 403)
    else:
        aws.answer("s3", "head_object", answer, OWN | more)
    if is_deleted:
        aws.answer("s3", "delete_object", {}, OWN | more)
    facts = {"key": "in/m.jpg", **({"version": version} if version else {})}
    Doing(aws.connection, PUT_STEP).undo(facts | ({"made": True} if made else {}))


def test_an_object_that_was_never_put_is_not_deleted(aws: StubbedAws) -> None:
    Doing(aws.connection, PUT_STEP).undo({})
    assert aws.calls == []


def test_an_object_is_copied_onto_itself(aws: StubbedAws) -> None:
    copied = {"CopySource": "photos/in/m.jpg", "MetadataDirective": "REPLACE", **DESCRIBED}
    aws.answer("s3", "copy_object", {}, OWN | copied)
    Doing(aws.connection, change_step(PUT_STEP, Change.COPY)).do()


def test_a_deletion_that_leaves_no_marker_is_said(aws: StubbedAws) -> None:
    doing = Doing(aws.connection, change_step(PUT_STEP, Change.MARK))
    aws.answer("s3", "delete_object", {"DeleteMarker": True}, OWN)
    doing.do()
    aws.answer("s3", "delete_object", {}, OWN)
    with pytest.raises(WorkbenchError, match="No delete marker was created") as caught:
        doing.do()
    assert "photos is not versioned" in caught.value.why


def test_an_object_is_uploaded_again_in_parts(aws: StubbedAws) -> None:
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u1"}, {**OWN, **DESCRIBED})
    sent = {**OWN, "UploadId": "u1", "PartNumber": 1, "Body": ANY, "ContentMD5": "zeLg/uXhLuRlazzoiZbSyQ=="}
    aws.answer("s3", "upload_part", {"ETag": "e1"}, sent)
    parts = {"Parts": [{"PartNumber": 1, "ETag": "e1"}]}
    aws.answer("s3", "complete_multipart_upload", {}, {**OWN, "UploadId": "u1", "MultipartUpload": parts})
    doing = Doing(aws.connection, change_step(PUT_STEP, Change.MULTIPART))
    doing.do()
    aws.refuse("s3", "abort_multipart_upload", "NoSuchUpload", "The specified upload does not exist.", 404)
    doing.undo()


def test_an_upload_that_may_not_be_ended_is_said(aws: StubbedAws) -> None:
    aws.refuse("s3", "abort_multipart_upload", "AccessDenied", "Access Denied", 403)
    with pytest.raises(WorkbenchError, match="Could not end the test upload"):
        Doing(aws.connection, change_step(PUT_STEP, Change.MULTIPART)).undo({"upload_id": "u1"})


def test_an_upload_that_was_broken_off_is_ended(aws: StubbedAws) -> None:
    aws.answer("s3", "create_multipart_upload", {"UploadId": "u1"}, {**OWN, **DESCRIBED})
    aws.refuse("s3", "upload_part", "AccessDenied", "no", 403)
    doing = Doing(aws.connection, change_step(PUT_STEP, Change.MULTIPART))
    with pytest.raises(Exception, match="AccessDenied"):
        doing.do()
    aws.answer("s3", "abort_multipart_upload", {}, {**OWN, "UploadId": "u1"})
    doing.undo()


def test_an_object_is_put_with_the_checksum_that_object_lock_asks_for(aws: StubbedAws) -> None:
    more = {"Body": BODY.encode(), "ContentMD5": "zeLg/uXhLuRlazzoiZbSyQ==", "IfNoneMatch": "*"}
    aws.answer("s3", "put_object", {}, {**OWN, **DESCRIBED, **more})
    Doing(aws.connection, PUT_STEP).do()
