"""Templates of new functions: each is created, invoked with its own test event, and answers.

Who may do what deploy.json allows, and nothing else, makes one with a role of its own.
"""

import json
import secrets
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.denying import limit, policies_of
from tests.deploy.bench import zip_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.aws.quotas import known_values
from workbench.code.package import build_package
from workbench.core.errors import WorkbenchError
from workbench.core.files import resources_dir
from workbench.core.jobs import JobContext
from workbench.functions.create import CreationJournal, NewFunction, create
from workbench.functions.deletion import delete_function
from workbench.functions.detail import find
from workbench.functions.roles import new_role_name
from workbench.functions.templates import (
    SOURCES,
    AccountRegion,
    Template,
    language_of,
    load_templates,
)
from workbench.invoke.run import invoke
from workbench_sandbox.rules.runtimes import offered_runtimes

TEMPLATES = load_templates(resources_dir() / "templates")
PLACE = AccountRegion("aws-cn", "cn-north-1", "123456789012")
RUNTIMES = {"python": "python3.13", "nodejs": "nodejs22.x"}
DONE: dict[str, Any] = {"batchItemFailures": []}
ANSWERS: dict[str, dict[str, Any]] = {
    "plain": {"message": "Hello, world!"},
    "s3": {"objects": ["s3://incoming-photos/2026/03/Café terrace.jpg"]},
    "sqs": DONE,
    "sns": {"messages": 1},
    "dynamodb": DONE,
    "kinesis": DONE,
}


def template(source: str, family: str = "python") -> Template:
    [found] = [each for each in TEMPLATES if (each.source, each.language.family) == (source, family)]
    return found


def make(connection: Connection, chosen: Template, folder: Path) -> str:
    """Creates the function of a template, with the role that it asks for."""
    name = f"from-{chosen.source}"
    place = AccountRegion("aws", connection.region, connection.account_id)
    wanted = NewFunction(
        name,
        RUNTIMES[chosen.language.family],
        chosen.language.handler,
        "x86_64",
        role_name=new_role_name(name),
        policy=chosen.policy(name, place),
    )
    package = build_package(chosen.folder, folder / "packages", JobContext()).path.read_bytes()
    create(connection, wanted, package, CreationJournal(folder / "creations"), JobContext())
    return name


def run(connection: Connection, name: str, payload: bytes) -> Any:
    result = invoke(connection, name, payload, "", 10, JobContext())
    assert result.failure is None, result.payload
    return json.loads(result.payload)


def test_every_event_source_has_code_in_every_language() -> None:
    assert [(each.source, each.language.family) for each in TEMPLATES] == [
        (source, family) for source in SOURCES for family in ("python", "nodejs")
    ]
    for each in TEMPLATES:
        module = each.language.handler.partition(".")[0]
        assert [path.partition(".")[0] for path, _ in each.files()] == [module]


@pytest.mark.parametrize("chosen", TEMPLATES, ids=lambda each: f"{each.source}-{each.language.family}")
def test_it_is_created_and_answers_its_test_event(
    chosen: Template, connection: Connection, tmp_path: Path
) -> None:
    if chosen.language.family == "nodejs" and not shutil.which("node"):
        pytest.skip("the Sandbox runs Node.js functions with the computer's own Node.js; there is none")
    name = make(connection, chosen, tmp_path)
    event = (resources_dir() / "events" / f"{chosen.event_name}.json").read_bytes()
    answer = run(connection, name, event)
    if chosen.source == "http":
        assert (answer["statusCode"], answer["headers"]) == (200, {"content-type": "application/json"})
        content = json.loads(answer["body"])
        assert (content["method"], content["path"]) == ("POST", "/orders/1042")
        assert content["body"]["item"] == "teapot"
        broken = {**json.loads(event), "body": "{"}
        assert run(connection, name, json.dumps(broken).encode())["statusCode"] == 400
    elif chosen.source == "schedule":
        assert answer["due"].startswith("2026-03-13T15:00:00")
    else:
        assert answer == ANSWERS[chosen.source]


@pytest.mark.parametrize("family", ["python", "nodejs"])
@pytest.mark.parametrize(
    ("source", "break_it", "failed"),
    [
        ("sqs", lambda records: records[1].update(body="no JSON"), 1),
        ("kinesis", lambda records: records[0]["kinesis"].update(data="!"), 0),
        ("dynamodb", lambda records: records[1]["dynamodb"]["Keys"]["order_id"].clear(), 1),
    ],
)
def test_one_bad_record_is_named_and_the_others_are_done(
    source: str, break_it: Any, failed: int, family: str, connection: Connection, tmp_path: Path
) -> None:
    if family == "nodejs" and not shutil.which("node"):
        pytest.skip("no Node.js")
    chosen = template(source, family)
    event = json.loads((resources_dir() / "events" / f"{chosen.event_name}.json").read_text("utf-8"))
    break_it(event["Records"])
    bad = event["Records"][failed]
    known_by = bad.get("messageId") or bad.get("kinesis", {}).get("sequenceNumber")
    expected = {"batchItemFailures": [{"itemIdentifier": known_by or bad["dynamodb"]["SequenceNumber"]}]}
    assert run(connection, make(connection, chosen, tmp_path), json.dumps(event).encode()) == expected


# ---- permissions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_a_role_may_write_its_own_log_and_read_its_own_source_only(source: str) -> None:
    chosen = template(source)
    log, *more = json.loads(chosen.policy("orders", PLACE))["Statement"]
    assert log["Resource"] == "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/aws/lambda/orders:*"
    assert log["Action"] == ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    if not chosen.source_service:
        assert not more
        return
    for statement in more:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert {action.partition(":")[0] for action in actions} == {chosen.source_service}
        assert not any("*" in action for action in actions)
    assert more[0]["Resource"].startswith(f"arn:aws-cn:{chosen.source_service}:cn-north-1:123456789012:")


def test_a_named_source_is_the_only_one_that_may_be_read() -> None:
    queue = "arn:aws:sqs:eu-central-1:123456789012:orders"
    _log, read = json.loads(template("sqs").policy("orders", PLACE, queue))["Statement"]
    assert read["Resource"] == queue


@pytest.mark.parametrize(
    ("source", "text", "accepted"),
    [
        ("sqs", "arn:aws:sqs:eu-central-1:123456789012:orders", True),
        (
            "dynamodb",
            "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2026-03-13T15:00:00.000",
            True,
        ),
        ("kinesis", "arn:aws:kinesis:eu-central-1:123456789012:stream/s", True),
        ("kinesis", "arn:aws:sqs:eu-central-1:123456789012:orders", False),
        ("sqs", "orders", False),
        ("sqs", "", False),
        ("sqs", 'arn:aws:sqs:eu-central-1:123456789012:a"b', False),
        ("sqs", "arn:aws:sqs:eu-central-1:123456789012:a b", False),
    ],
)
def test_a_source_is_an_arn_of_the_templates_service(source: str, text: str, accepted: bool) -> None:
    assert template(source).accepts_source(text) == accepted


# ---- runtimes ----------------------------------------------------------------------------------------------


def test_runtimes_come_from_the_service_model_the_newest_first() -> None:
    known = ("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs22.x", "nodejs24.x", "python3.9", "java21")
    offered = offered_runtimes((*known, "python3.10", "python3.13", "provided.al2023", "python2.7"))
    assert offered == ("python3.13", "python3.10", "nodejs24.x", "nodejs22.x", "java21", "provided.al2023")
    assert {*RUNTIMES.values()} <= {*offered_runtimes(known_values("Runtime"))}


@pytest.mark.parametrize(
    ("runtime", "family"),
    [
        ("python3.13", "python"),
        ("python3.99", "python"),
        ("nodejs40.x", "nodejs"),
        ("java21", ""),
        ("python", ""),
        ("", ""),
        ("python3.13 ", ""),
    ],
)
def test_a_runtime_that_is_not_known_yet_has_its_language(runtime: str, family: str) -> None:
    language = language_of(runtime)
    assert (language.family if language else "") == family


def test_what_an_installer_compiled_beside_the_code_is_no_part_of_it(tmp_path: Path) -> None:
    shutil.copytree(resources_dir() / "templates", tmp_path / "templates")
    cache = tmp_path / "templates/sqs/python/__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "lambda_function.cpython-313.pyc").write_bytes(b"\xf3\r\r\n\xff")
    [chosen] = [each for each in load_templates(tmp_path / "templates") if each.folder == cache.parent]
    assert [path for path, _ in chosen.files()] == ["lambda_function.py"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"event": "sqs"}'])
def test_a_damaged_installation_is_said(tmp_path: Path, damage: str) -> None:
    shutil.copytree(resources_dir() / "templates", tmp_path / "templates")
    (tmp_path / "templates/sqs/template.json").write_text(damage)
    with pytest.raises(WorkbenchError, match="Reinstall Workbench"):
        load_templates(tmp_path / "templates")


def test_the_role_of_a_copy_may_write_to_the_log_group_of_the_original() -> None:
    wanted = NewFunction("copy", "python3.13", "app.handler", "x86_64", settings=json.dumps({"Timeout": 3}))
    shared = json.dumps({"LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/shared/orders"}})
    of_original = NewFunction("copy", "python3.13", "app.handler", "x86_64", settings=shared)
    assert (wanted.log_group, of_original.log_group) == ("/aws/lambda/copy", "/shared/orders")
    policy = json.loads(template("plain").policy("copy", PLACE, log_group=of_original.log_group))
    resource = policy["Statement"][0]["Resource"]
    assert resource == "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/shared/orders:*"


CTX = JobContext()
_STATEMENT = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [_STATEMENT]})


def test_a_function_with_a_role_of_its_own_is_created_and_deleted_by_who_may_deploy(
    access: Access, connection: Connection, tmp_path: Path
) -> None:
    limit(access, policies=policies_of("deploy"))
    name = f"made-{secrets.token_hex(4)}"
    role = new_role_name(name)
    wanted = NewFunction(name, "python3.13", "app.handler", "x86_64", role_name=role, policy=_POLICY)
    journal = CreationJournal(tmp_path / "creations")
    create(connection, wanted, zip_of({"app.py": "handler = print\n"}), journal, CTX)
    delete_function(connection, name, CTX)
    assert not find(connection, "get_function", "", FunctionName=name)
    assert find(connection, "get_role", "", service="iam", RoleName=role)
