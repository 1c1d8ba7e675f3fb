"""A function's configuration as a SAM template. Pure.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-resource-function.html
"""

import json
from collections.abc import Iterator

from workbench.functions.export_sources import (
    EXPORTED,
    BucketSource,
    Properties,
    Sources,
    TopicSource,
    comments,
    configured,
    logical_id,
    logical_ids,
    mapping_config,
    not_in_sam,
    other_settings_not_in_sam,
    own_tags,
    sam_members,
    sam_settings,
)
from workbench.functions.model import FunctionDetail
from workbench.functions.yaml_text import Tagged, dump_yaml


def sam_template(
    detail: FunctionDetail, sources: Sources, code_uri: str = "./", *, with_values: bool = False
) -> str:
    """The SAM template of a function, YAML.

    Args:
        sources: The function's event sources.
        code_uri: The folder of the code, relative to the template.
        with_values: Whether to include the values of environment variables. Otherwise each becomes a NoEcho
            parameter, which is asked for at deployment.
    """
    parameters = {} if with_values else logical_ids((name for name, __ in detail.environment), "Env")
    template: Properties = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": detail.description or detail.function_name,
    }
    if parameters:
        template["Parameters"] = {made: {"Type": "String", "NoEcho": True} for made in parameters.values()}
    settings, left = configured(
        detail, lambda row: row.path if row.sam == "" else row.sam, ("environment", "dead_letter_arn")
    )
    properties = _code(detail, code_uri) | settings
    if detail.environment:
        properties["Environment"] = {
            "Variables": {
                name: value if with_values else Tagged("!Ref", parameters[name])
                for name, value in detail.environment
            }
        }
    properties |= _operation(detail) | sam_members(sources.other_settings) | _sources(sources)
    if tags := own_tags(detail.tags):
        properties["Tags"] = tags
    template["Resources"] = {
        logical_id(detail.function_name, "Function"): {
            "Type": "AWS::Serverless::Function",
            "Properties": properties,
        },
        **_buckets(sources),
    }
    return _notes(detail, sources, code_uri, left) + dump_yaml(template)


def _code(detail: FunctionDetail, code_uri: str) -> Properties:
    found: Properties = {"FunctionName": detail.function_name}
    if detail.package_type == "Image":
        return found | {"PackageType": "Image", "ImageUri": detail.image_uri}
    code: str | Properties = code_uri
    if (where := detail.s3_object) is not None:
        # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
        #     sam-property-function-functioncode.html
        code = {"Bucket": where.bucket, "Key": where.key, "StorageMode": "REFERENCE"}
        code |= {"Version": where.version} if where.version else {}
    return found | {"CodeUri": code} | detail.source_key


def _operation(detail: FunctionDetail) -> Properties:
    found: Properties = {"Architectures": list(detail.architectures)}
    if arn := detail.dead_letter_arn:
        found["DeadLetterQueue"] = {"Type": "SNS" if ":sns:" in arn else "SQS", "TargetArn": arn}
    if detail.reserved_concurrency is not None:
        found["ReservedConcurrentExecutions"] = detail.reserved_concurrency
    if detail.is_managed:
        found["PublishToLatestPublished"] = True  # otherwise callers get no version
    return found


def _sources(sources: Sources) -> Properties:
    found: Properties = {}
    if sources.url is not None:
        cors = {"Cors": json.loads(sources.url.cors)} if sources.url.cors else {}
        found["FunctionUrlConfig"] = {
            "AuthType": sources.url.auth_type,
            "InvokeMode": sources.url.invoke_mode,
            **cors,
        }
    made = [*_mapped(sources), *_pushed(sources)]
    events = {
        f"{kind}{number}": {"Type": kind, "Properties": event} for number, (kind, event) in enumerate(made, 1)
    }
    return found | ({"Events": events} if events else {})


def _mapped(sources: Sources) -> Iterator[tuple[str, Properties]]:
    for each in sources.mappings:
        if kind := EXPORTED.get(each.service):
            arn: Properties = {"Queue" if kind == "SQS" else "Stream": each.arn}
            yield kind, arn | mapping_config(each, "MaximumBatchingWindowInSeconds") | sam_settings(each)


def _pushed(sources: Sources) -> Iterator[tuple[str, Properties]]:
    for bucket in sources.buckets:
        event: Properties = {"Bucket": Tagged("!Ref", _bucket_id(bucket)), "Events": list(bucket.events)}
        parts = (("prefix", bucket.prefix), ("suffix", bucket.suffix))
        rules = [{"Name": name, "Value": value} for name, value in parts if value]
        yield "S3", event | ({"Filter": {"S3Key": {"Rules": rules}}} if rules else {})
    for rule in sources.rules:
        state = {} if rule.enabled else {"State": "DISABLED"}
        given = {"Input": rule.input} if rule.input else {}
        if rule.schedule:
            yield "Schedule", {"Schedule": rule.schedule, **given, **state}
        if rule.pattern:
            bus = {"EventBusName": rule.bus} if rule.bus != "default" else {}
            yield "EventBridgeRule", {"Pattern": json.loads(rule.pattern), **bus, **given, **state}
    for topic in sources.topics:
        yield "SNS", {"Topic": topic.arn, **_filter(topic)}


def _filter(topic: TopicSource) -> Properties:
    if not topic.filter_policy:
        return {}
    return {
        "FilterPolicy": json.loads(topic.filter_policy),
        "FilterPolicyScope": topic.scope or "MessageAttributes",
    }


def _bucket_id(bucket: BucketSource) -> str:
    return logical_id(bucket.bucket, "Bucket")


def _buckets(sources: Sources) -> Properties:
    """SAM connects only buckets of the same template.

    Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/
    sam-property-function-s3.html
    """
    return {
        _bucket_id(each): {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": each.bucket},
        }
        for each in sources.buckets
    }


def _notes(detail: FunctionDetail, sources: Sources, code_uri: str, left: list[str]) -> str:
    imported = dict.fromkeys(each.bucket for each in sources.buckets)
    return comments(
        (
            *(
                [f"The code is in {detail.s3_object}: set CodeUri to {code_uri} to deploy local code."]
                if detail.s3_object is not None
                else []
            ),
            *(f"Not in this file: event source {each}" for each in sources.left_out),
            *(
                f"Not in this file: {each}"
                for each in (*left, *not_in_sam(sources), *other_settings_not_in_sam(sources.other_settings))
            ),
            *(
                f"The bucket {each} already exists: import it into the stack, or remove it "
                "and its event here."
                for each in imported
            ),
        )
    )
