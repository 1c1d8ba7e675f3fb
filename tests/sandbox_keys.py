"""Keys of the running Sandbox's accounts, for tests and for the processes that they start.

The secret of a run is in the environment, so that a process which a test starts can reach the Sandbox too.
"""

import os

from workbench.aws.client_config import StaticKeys
from workbench.sandbox.supervisor import Sandbox
from workbench_sandbox.server.signature import secret_access_key

_VARIABLE = "TESTS_SANDBOX_RUN_SECRET"


def publish(sandbox: Sandbox) -> None:
    """Makes a Sandbox the one that `keys_of` has the keys of."""
    os.environ[_VARIABLE] = sandbox._run_secret


def run_secret() -> str:
    """The secret that all keys of this run are computed from."""
    return os.environ[_VARIABLE]


def keys_of(account_id: str) -> StaticKeys:
    """Keys that lead to an account of the Sandbox."""
    return StaticKeys(account_id, secret_access_key(run_secret(), account_id))
