"""Which calls of AWS services are found in code, and what they need."""

from pathlib import Path

import pytest

from workbench.aws.needs import Need, Scope
from workbench.code.calls import find_calls, needs_of_calls, needs_of_code
from workbench.core.jobs import JobContext

SCOPE = Scope("aws", "eu-central-1", "123456789012")
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"


def needs(texts: dict[str, str], **environment: str) -> list[tuple[str, str]]:
    """The (action, resource) pairs that files need, sorted by file and line."""
    ctx = JobContext()
    found = needs_of_calls(find_calls(texts, ctx), environment, SCOPE, ctx)
    return [(need.action, need.resource) for need in found]


def python(code: str, **environment: str) -> list[tuple[str, str]]:
    return needs({"app.py": f"import boto3, os\n{code}"}, **environment)


def script(code: str, **environment: str) -> list[tuple[str, str]]:
    return needs({"index.mjs": code}, **environment)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (
            's3 = boto3.client("s3")\ns3.put_object(Bucket="photos", Key="a.txt")',
            ("s3:PutObject", "arn:aws:s3:::photos/a.txt"),
        ),
        ('boto3.client("s3").head_bucket(Bucket="photos")', ("s3:ListBucket", "arn:aws:s3:::photos")),
        (
            'boto3.client("s3").upload_file("/tmp/x", "photos", "k")',
            ("s3:PutObject", "arn:aws:s3:::photos/k"),
        ),
        (
            'boto3.client("s3").generate_presigned_url("get_object", Params={"Bucket": "photos"})',
            ("s3:GetObject", "arn:aws:s3:::photos/*"),
        ),
        (
            'list(boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket="photos"))',
            ("s3:ListBucket", "arn:aws:s3:::photos"),
        ),
        ('boto3.resource("dynamodb").Table("orders").put_item(Item={})', ("dynamodb:PutItem", TABLE)),
        (
            'with boto3.resource("dynamodb").Table("orders").batch_writer() as b:\n    b.put_item(Item={})',
            ("dynamodb:BatchWriteItem", TABLE),
        ),
        (
            'boto3.client("dynamodb").query(TableName="orders", IndexName="by-user")',
            ("dynamodb:Query", f"{TABLE}/index/by-user"),
        ),
        (
            '[o for o in boto3.resource("s3").Bucket("photos").objects.all()]',
            ("s3:ListBucket", "arn:aws:s3:::photos"),
        ),
        (
            'boto3.client("lambda").invoke(FunctionName="other", Qualifier="live")',
            ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:123456789012:function:other:live"),
        ),
        (
            'boto3.client("secretsmanager").get_secret_value(SecretId="db")',
            (
                "secretsmanager:GetSecretValue",
                "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-??????",
            ),
        ),
        (
            'boto3.client("ssm").get_parameter(Name="/app/key")',
            ("ssm:GetParameter", "arn:aws:ssm:eu-central-1:123456789012:parameter/app/key"),
        ),
        (
            (
                'url = "https://sqs.eu-west-1.amazonaws.com/210987654321/jobs"\n'
                'boto3.client("sqs").send_message(QueueUrl=url, MessageBody="")'
            ),
            ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:210987654321:jobs"),
        ),
        (
            (
                'boto3.client("stepfunctions").start_execution(stateMachineArn='
                '"arn:aws:states:eu-central-1:123456789012:stateMachine:m")'
            ),
            ("states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:m"),
        ),
        ('boto3.client("sesv2").send_email(Content={})', ("ses:SendEmail", "*")),
    ],
)
def test_python(code: str, wanted: tuple[str, str]) -> None:
    assert python(code) == [wanted]


def test_python_follows_attributes_functions_and_imports() -> None:
    texts = {
        "src/app.py": "from src.stores import orders, queue\nimport src.stores as stores\n"
        "class Api:\n    def __init__(self):\n        self.table = stores.orders\n"
        "    def run(self):\n        self.table.get_item(Key={})\n"
        "def handler(event, context):\n    orders.put_item(Item={})\n"
        "    queue().send_message(MessageBody='')\n",
        "src/stores.py": "import boto3\norders = boto3.resource('dynamodb').Table('orders')\n"
        "def queue():\n    return boto3.resource('sqs').Queue('https://sqs.x.amazonaws.com/123456789012/q')\n",
    }
    assert needs(texts) == [
        ("dynamodb:GetItem", TABLE),
        ("dynamodb:PutItem", TABLE),
        ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:q"),
    ]


def test_a_copy_needs_its_source_and_its_target() -> None:
    code = 'boto3.client("s3").copy_object(CopySource={"Bucket": "a", "Key": "b"}, Bucket="c", Key="d")'
    assert python(code) == [("s3:GetObject", "arn:aws:s3:::a/b"), ("s3:PutObject", "arn:aws:s3:::c/d")]
    code = 'boto3.client("s3").copy_object(CopySource=source, Bucket="c", Key="d")'
    assert python(code) == [("s3:GetObject", "*"), ("s3:PutObject", "arn:aws:s3:::c/d")]


def test_environment_variables_name_resources() -> None:
    code = 'TABLE = os.environ["TABLE"]\nboto3.resource("dynamodb").Table(TABLE).scan()'
    assert python(code, TABLE="orders") == [("dynamodb:Scan", TABLE)]
    ctx = JobContext()
    texts = {"app.py": f"import boto3, os\n{code}"}
    [need] = needs_of_calls(find_calls(texts, ctx), {}, SCOPE, ctx)
    assert need.resource == "*"
    assert "TABLE has no value" in need.note


def test_an_item_that_looks_like_a_parameter_names_nothing() -> None:
    item = '{"TableName": {"S": "other"}}'
    assert python(f'boto3.client("dynamodb").put_item(TableName="orders", Item={item})') == [
        ("dynamodb:PutItem", TABLE)
    ]
    code = 'import { PutItemCommand } from "@aws-sdk/client-dynamodb";\n'
    assert script(f'{code}new PutItemCommand({{ TableName: "orders", Item: {item} }})') == [
        ("dynamodb:PutItem", TABLE)
    ]


@pytest.mark.parametrize("name", ["*", "a*", "photos?", "${aws:username}", "a b\\n", 'x"y', ""])
def test_a_name_with_a_wildcard_names_no_resource(name: str) -> None:
    assert python(f"boto3.client('s3').list_objects_v2(Bucket={name!r})") == [("s3:ListBucket", "*")]
    arn = f"arn:aws:sns:eu-central-1:123456789012:{name}"
    assert python(f"boto3.client('sns').publish(TopicArn={arn!r}, Message='')") == [("sns:Publish", "*")]


def test_operations_that_need_no_permission_are_not_listed() -> None:
    assert python('boto3.client("sts").get_caller_identity()') == []
    assert python('boto3.client("cognito-idp").initiate_auth(AuthFlow="x")') == []
    assert python('boto3.client("nothing").put_object(Bucket="x")\nx.put_object(Bucket="y")') == []


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        (
            (
                'import { S3Client, PutObjectCommand as Put } from "@aws-sdk/client-s3";\n'
                "await s3.send(new Put({ Bucket: process.env.BUCKET, Key: `a` }));"
            ),
            ("s3:PutObject", "arn:aws:s3:::photos/a"),
        ),
        (
            (
                'const { DynamoDBDocumentClient, GetCommand } = require("@aws-sdk/lib-dynamodb");\n'
                'const TABLE = process.env.TABLE ?? "orders";\n'
                "const params = { TableName: TABLE, Key: { id: 1 } };\n"
                "await client.send(new GetCommand(params));"
            ),
            ("dynamodb:GetItem", TABLE),
        ),
        (
            (
                "import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';\n"
                "const doc = DynamoDBDocument.from(c);\n"
                "await doc.update({ TableName: 'orders' });"
            ),
            ("dynamodb:UpdateItem", TABLE),
        ),
        (
            (
                "import { SFN } from '@aws-sdk/client-sfn';\nconst sfn = new SFN({});\n"
                "sfn.startExecution({ stateMachineArn:\n"
                "'arn:aws:states:eu-central-1:123456789012:stateMachine:m' });"
            ),
            ("states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:m"),
        ),
        (
            (
                "import { paginateListObjectsV2 } from '@aws-sdk/client-s3';\n"
                "for await (const p of paginateListObjectsV2({ client }, { Bucket: 'photos' })) {}"
            ),
            ("s3:ListBucket", "arn:aws:s3:::photos"),
        ),
        (
            (
                "const AWS = require('aws-sdk');\nclass A { constructor() { this.s3 = new AWS.S3(); }\n"
                "get() { return this.s3.getObject({ Bucket: 'photos', Key: key }).promise(); } }"
            ),
            ("s3:GetObject", "arn:aws:s3:::photos/*"),
        ),
        (
            (
                "const AWS = require('aws-sdk');\nconst doc = new AWS.DynamoDB.DocumentClient();\n"
                "doc.put({ TableName: 'orders' }).promise();"
            ),
            ("dynamodb:PutItem", TABLE),
        ),
        (
            (
                "import Lambda from 'aws-sdk/clients/lambda';\nconst lambda = new Lambda();\n"
                "lambda.invoke({ FunctionName: 'other' });"
            ),
            ("lambda:InvokeFunction", "arn:aws:lambda:eu-central-1:123456789012:function:other"),
        ),
    ],
)
def test_javascript(code: str, wanted: tuple[str, str]) -> None:
    assert script(code, BUCKET="photos") == [wanted]


def test_comments_strings_and_expressions_are_no_calls() -> None:
    code = (
        'import { PutObjectCommand } from "@aws-sdk/client-s3";\n'
        '// new PutObjectCommand({ Bucket: "a" })\n/* new PutObjectCommand({ Bucket: "b" }) */\n'
        "const text = \"new PutObjectCommand({ Bucket: 'c' })\", re = /[\"']new PutObjectCommand(/;\n"
        'new PutObjectCommand({ Bucket: "d", Key: "k" });\n'
    )
    assert script(code) == [("s3:PutObject", "arn:aws:s3:::d/k")]


def test_only_own_files_of_a_folder_are_looked_at(tmp_path: Path) -> None:
    call = "import boto3\nboto3.client('s3').get_object(Bucket='{}', Key='k')\n"
    for name in ("app.py", "vendored/lib.py", ".venv/lib/site.py", "broken.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(call.format(path.stem) + ("def (" if name == "broken.py" else ""))
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("")
    about = tmp_path / "vendored-1.0.dist-info"
    about.mkdir()
    (about / "RECORD").write_text("vendored/lib.py,,\nvendored-1.0.dist-info/RECORD,,\n")
    found = needs_of_code(tmp_path, {}, SCOPE, JobContext())
    assert found.needs == (Need("s3:GetObject", "arn:aws:s3:::app/k", "app.py:2 calls GetObject"),)


def test_hostile_code_takes_no_longer_than_its_size() -> None:
    """Deep nesting and long runs end; without memory of what was evaluated, this one never would."""
    deep = "x = " + "boto3.client(" * 50 + "'s3'" + ")" * 50
    assert python(deep) == []
    for junk in ("import {" * 20_000, "const a={" * 20_000, "a.b(" * 20_000, "/" * 90_000, "'" * 90_000):
        assert script(f"const AWS = require('aws-sdk');\n{junk}") == []


@pytest.mark.parametrize("junk", ["$" * 395_000, "a" * 395_000, "a$" * 195_000])
def test_a_name_as_long_as_the_file_takes_no_longer_than_its_size(junk: str) -> None:
    assert script(f"const AWS = require('aws-sdk');\n{junk}") == []
    client = "const AWS = require('aws-sdk');\nconst $s3_$ = new AWS.S3();\n$s3_$.listBuckets({});\n"
    assert len(script(f"{client}{junk}")) == 1
