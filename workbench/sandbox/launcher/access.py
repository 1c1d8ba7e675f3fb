"""What has to be signed with this run's secrets instead of MiniStack's fixed ones.

WORKAROUND: remove when MiniStack has a secret for each run and signs its links.
"""

import functools
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from workbench.sandbox.launcher.keys import RunKeys
from workbench.sandbox.launcher.signature import presign

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
    app._get_module = functools.partial(_get_module, app._get_module)
    app.set_request_account_id = functools.partial(_set_account, app.set_request_account_id)


def _credentials(keys: RunKeys, config: dict[str, Any]) -> dict[str, str]:
    account_id, _ = lambda_runtime._account_region_from_function_config(config)
    return {
        "AWS_ACCESS_KEY_ID": account_id,
        "AWS_SECRET_ACCESS_KEY": keys.of_functions(account_id),
        "AWS_SESSION_TOKEN": keys.role_token(str(config.get("Role") or "")),
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
    secret = keys.of_functions(account_id)
    return presign(host, f"/_ministack/{path}", account_id, secret, get_region(), _LINK_S)


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
