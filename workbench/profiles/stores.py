"""The stores that outlive the program, the best first, and what our helper is told of them."""

import os

from workbench.core.paths import Paths
from workbench.core.policy import NO_POLICY, Policy
from workbench.profiles.passphrase_store import PassphraseStore
from workbench.profiles.secret_store import KeyringStore, SecretStore

PASSPHRASE_VARIABLE = "WORKBENCH_PASSPHRASE"
"""Lets `workbench credentials` open the passphrase file, as it can ask nobody."""
ASK_VARIABLE = "WORKBENCH_MAY_ASK"
"""Set by Workbench for its own helper: a person is there, whom the keyring may ask for its password."""


def stores_of_helper(paths: Paths) -> tuple[SecretStore, ...]:
    """Where the helper looks for keys: in the keyring, then in the passphrase file if there is one."""
    keyring, file = KeyringStore(may_ask=ASK_VARIABLE in os.environ), passphrase_file(paths)
    return (keyring, file) if file.path.exists() else (keyring,)


def told_to_helper(file: PassphraseStore) -> dict[str, str]:
    """What the environment of our helper has besides when this program's window is open."""
    return {ASK_VARIABLE: "1"} | ({PASSPHRASE_VARIABLE: file.passphrase} if file.passphrase else {})


def passphrase_file(paths: Paths, policy: Policy = NO_POLICY) -> PassphraseStore:
    """The file that stands in for a keyring, locked unless the environment has its passphrase."""
    return PassphraseStore(paths.data_dir / "keys.json", os.environ.get(PASSPHRASE_VARIABLE, ""), policy)
