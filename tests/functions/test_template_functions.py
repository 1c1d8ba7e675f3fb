"""The functions of other people's templates: found where they are, and never trusted."""

import json
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.functions.template_functions import (
    Tagged,
    TemplateFunction,
    code_folder_of,
    load_yaml,
    read_template,
)

SAM = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    CodeUri: src/
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub ${AWS::StackName}-hello
      Handler: app.handler
      Role: !GetAtt Role.Arn
      Events:
        Root: {Type: Api, Properties: {Method: get, Path: /hello}}
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Orders: {Type: SQS, Properties: {Queue: !GetAtt [Orders, Arn]}}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: {"Fn::Sub": "plain-${Stage}"}
      Handler: index.handler
      Runtime: nodejs22.x
      Code: {S3Bucket: b, S3Key: k}
  Packed:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: !Ref Image, FunctionUrlConfig: {AuthType: NONE}}
  Orders: {Type: AWS::SQS::Queue}
"""
SERVERLESS = """\
service: shop
provider:
  name: aws
  runtime: nodejs22.x
  stage: ${opt:stage, 'dev'}
functions:
  hello-world:
    handler: src/hello.handler
    events:
      - http: GET hello
      - httpApi: {method: POST, path: /orders}
      - sqs: !GetAtt Orders.Arn
      - schedule: rate(1 day)
      - alexaSkill
  named:
    name: exactly-this
    handler: app.handler
    runtime: python3.13
  packed:
    image: {uri: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/x:1}
"""


def test_a_sam_template() -> None:
    assert read_template(SAM, "template.yaml") == (
        TemplateFunction(
            "Hello",
            "!Sub ${AWS::StackName}-hello",
            "app.handler",
            "python3.13",
            ("Api get /hello", "Schedule rate(1 day)", "SQS !GetAtt Orders.Arn"),
            "src",
        ),
        TemplateFunction("Plain", "!Sub plain-${Stage}", "index.handler", "nodejs22.x", (), ""),
        TemplateFunction("Packed", "", "", "python3.13", ("FunctionUrl",), ""),
    )


def test_a_serverless_file() -> None:
    hello, named, packed = read_template(SERVERLESS, "serverless.yml")
    assert hello == TemplateFunction(
        "HelloDashworldLambdaFunction",
        "shop-${opt:stage, 'dev'}-hello-world",
        "src/hello.handler",
        "nodejs22.x",
        (
            "http GET hello",
            "httpApi POST /orders",
            "sqs !GetAtt Orders.Arn",
            "schedule rate(1 day)",
            "alexaSkill",
        ),
        ".",
    )
    assert (named.function_name, named.runtime) == ("exactly-this", "python3.13")
    assert packed.code_folder == ""


def test_json_and_a_list_of_functions_are_read_too() -> None:
    text = (
        '{"service": {"name": "shop"}, "provider": {}, "functions": [{"a": {"handler": "x.y"}}, {"b": null}]}'
    )
    assert [each.function_name for each in read_template(text, "serverless.json")] == [
        "shop-dev-a",
        "shop-dev-b",
    ]


@pytest.mark.parametrize(
    ("code", "folder"),
    [
        ("CodeUri: ./src/", "./src"),
        ("CodeUri: ../shared", "../shared"),
        ("CodeUri: s3://bucket/key", ""),
        ("CodeUri: {Bucket: b, Key: k}", ""),
        ("CodeUri: !Ref Code", ""),
        ("InlineCode: x", ""),
        ("InlineCode: x, CodeUri: src", ""),
        ("Timeout: 3", "."),
    ],
)
def test_the_folder_of_the_code(code: str, folder: str) -> None:
    text = f"Resources:\n  A:\n    Type: AWS::Serverless::Function\n    Properties: {{{code}}}\n"
    (found,) = read_template(text, "template.yaml")
    assert found.code_folder == folder


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a SAM"),
        ("- a\n- b\n", "not a SAM"),
        ("Resources: nothing\n", "not a SAM"),
        ("functions: {}\n", "not a SAM"),
        ("a: [1\nb: 2\n", "Line 2"),
        ("a: b: c\n", "Line 1"),
        ("a: \x00\n", "understand"),
        ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
        ("? [a]\n: 1\n", "unhashable"),
        ("x: " + "[" * 1500 + "\n", "RecursionError"),
        ("x" * 1_000_001, "too large for a template"),
    ],
)
def test_what_is_no_template_says_why(text: str, why: str) -> None:
    with pytest.raises(WorkbenchError, match=why) as caught:
        read_template(text, "odd.yaml")
    assert caught.value.what == "odd.yaml could not be read."


@pytest.mark.parametrize(
    "resource",
    [
        "null",
        "7",
        "[]",
        "{Type: AWS::Serverless::Function}",
        "{Type: AWS::Serverless::Function, Properties: []}",
        "{Type: AWS::Serverless::Function, Properties: {Events: [1], Handler: {a: b}, FunctionName: [x]}}",
        "{Type: AWS::Serverless::Function, Properties: {Events: {E: null, F: {Type: [], Properties: 3}}}}",
        "{Type: !Sub AWS::Serverless::Function}",
    ],
)
def test_odd_shapes_are_left_out_and_break_nothing(resource: str) -> None:
    plain = "{Type: AWS::Lambda::Function, Properties: {Handler: a.b}}"
    text = f"Resources:\n  Odd: {resource}\n  Good: {plain}\n"
    *_, good = read_template(text, "template.yaml")
    assert (good.logical_id, good.handler) == ("Good", "a.b")


def test_a_few_lines_that_stand_for_gigabytes_are_read_at_once() -> None:
    levels = "".join(f"  L{n}: &l{n} [*l{n - 1}, *l{n - 1}, *l{n - 1}, *l{n - 1}]\n" for n in range(1, 40))
    laughs = f"Resources:\n  L0: &l0 [x]\n{levels}"
    function = "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: !Sub [*l39, *l39]}}\n"
    (found,) = read_template(laughs + function, "template.yaml")
    assert found.function_name == "!Sub ….…"


def test_merges_that_double_with_every_level_are_read_at_once() -> None:
    levels = "".join(f"L{n}: &l{n} {{<<: [*l{n - 1}, *l{n - 1}]}}\n" for n in range(1, 40))
    assert load_yaml(f"L0: &l0 {{a: 1}}\n{levels}", "")["L39"] == {"a": 1}


def test_dates_and_tags_stay_as_they_are_written() -> None:
    read = load_yaml("v: 2010-09-09\nr: !Ref Name\ng: !GetAtt [A, Arn]\nm: !Transform {Name: x}\n", "")
    assert read["v"] == "2010-09-09"
    assert (read["r"], read["g"]) == (Tagged("!Ref", "Name"), Tagged("!GetAtt", ("A", "Arn")))
    assert str(read["g"]) == "!GetAtt A.Arn"
    assert str(read["m"]) == "!Transform …"


def test_a_template_leads_to_no_folder_outside_its_project(tmp_path: Path) -> None:
    keys = tmp_path / "home" / ".ssh"
    keys.mkdir(parents=True)
    project = tmp_path / "home" / "work" / "project"
    for folder in (".git", "deploy", "src"):
        (project / folder).mkdir(parents=True)
    (project / "deploy" / "link").symlink_to(keys)
    template = project / "deploy" / "template.yaml"
    found = {}
    for uri in ("../src", ".", "../../../.ssh", str(keys), "link", "~/.ssh", "../..", "a" * 5000):
        template.write_text(
            json.dumps(
                {"Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": uri}}}}
            )
        )
        (function,) = read_template(template.read_text(), template.name)
        found[uri] = code_folder_of(template, function)
    assert {uri: folder for uri, folder in found.items() if folder} == {
        "../src": project / "src",
        ".": project / "deploy",
    }
