"""What has to be signed with this run's secrets instead of MiniStack's fixed ones.

WORKAROUND: remove when MiniStack has a secret for each run and signs its links.
"""

import functools
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.keys import Identity, RunKeys
from workbench.sandbox.launcher.request_context import REQUEST
from workbench.sandbox.launcher.signature import presign

_Caller = dict[str, Any] | None

# Source: Lambda's API, FunctionCodeLocation: the link lives 10 minutes.
_LINK_S = 600


def install(keys: RunKeys, host: str) -> None:
    """Puts this run's keys in the place of MiniStack's.

    Args:
        keys: Of this run.
        host: The server's host and port, for links.
    """
    credentials = functools.partial(_credentials, keys)
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = credentials
    lambda_svc._presigned_code_url = functools.partial(_code_link, keys, host)
    lambda_svc._layer_content_url = functools.partial(_layer_link, keys, host)
    iam_evaluator.resolve_caller_identity = functools.partial(_caller, iam_evaluator.resolve_caller_identity)
    app._get_module = functools.partial(_get_module, app._get_module)
    app.set_request_account_id = functools.partial(_set_account, app.set_request_account_id)


def _credentials(keys: RunKeys, config: dict[str, Any]) -> dict[str, str]:
    account_id, _ = lambda_runtime._account_region_from_function_config(config)
    function_arn = ":".join(str(config.get("FunctionArn") or "").split(":")[:7])
    token = keys.token_of(Identity(str(config.get("Role") or ""), function_arn))
    return {
        "AWS_ACCESS_KEY_ID": account_id,
        "AWS_SECRET_ACCESS_KEY": keys.of_function(account_id, token),
        "AWS_SESSION_TOKEN": token,
    }


def _code_link(keys: RunKeys, host: str, function_name: str) -> str:
    """A link to a function's code; the name may have a version behind a colon (see `function_api`)."""
    return _link(keys, host, f"lambda-code/{get_account_id()}/{get_region()}/{function_name}")


def _layer_link(keys: RunKeys, host: str, layer_name: str, version: int) -> str:
    return _link(
        keys, host, f"lambda-layers/{get_account_id()}/{get_region()}/{layer_name}/{version}/content"
    )


def _link(keys: RunKeys, host: str, path: str) -> str:
    account_id = get_account_id()
    secret = keys.of_program(account_id)
    return presign(host, f"/_ministack/{path}", account_id, secret, get_region(), _LINK_S)


def _caller(original: Callable[[str], _Caller], access_key_id: str) -> _Caller:
    """A function is a session of its execution role: GetCallerIdentity says so."""
    caller, context = original(access_key_id), REQUEST.get()
    identity = context.signer.identity if context and context.signer else None
    if caller is None or identity is None:
        return caller
    role = stores.role(identity.role_arn) or {}
    user_id = f"{role.get('RoleId', '')}:{identity.function_arn.rpartition(':')[2]}"
    return {**caller, "userArn": identity.arn, "userId": user_id}


def _get_module(original: Callable[[str], Any], name: str) -> Any:
    """S3 is loaded by its first request. It checks presigned links, with secrets that are not this run's."""
    module = original(name)
    if name == "s3":
        module._verify_presigned_sigv4 = _accept
    return module


def _accept(*_: object) -> None:
    """Stands in for that check, which the gate has made."""


def _set_account(original: Callable[[str], None], access_key_id: str) -> None:
    """Has a key that IAM gave out act in its own account and not in MiniStack's default one."""
    original(app._request_account_scope(access_key_id))
