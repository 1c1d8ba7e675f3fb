"""Who may do what deploy.json allows, and nothing else, makes a function with a role of its own."""

import json
import secrets
from pathlib import Path

from tests.denying import limit, policies_of
from tests.deploy.bench import zip_of
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.create import CreationJournal, NewFunction, create
from workbench.functions.deletion import delete_function
from workbench.functions.detail import find
from workbench.functions.roles import new_role_name

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
