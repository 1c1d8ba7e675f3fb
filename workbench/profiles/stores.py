"""The stores of this computer that outlive the program, the best first."""

import os

from workbench.core.paths import Paths
from workbench.profiles.passphrase_store import PassphraseStore
from workbench.profiles.secret_store import KeyringStore, SecretStore

PASSPHRASE_VARIABLE = "WORKBENCH_PASSPHRASE"
"""Lets `workbench credentials` open the passphrase file, as it can ask nobody."""


def lasting_stores(paths: Paths) -> tuple[SecretStore, ...]:
    """The keyring, then the passphrase file if there is one."""
    file = passphrase_file(paths)
    if not file.path.exists():
        return (KeyringStore(),)
    return KeyringStore(), file


def passphrase_file(paths: Paths) -> PassphraseStore:
    """The file that stands in for a keyring, locked unless the environment has its passphrase."""
    return PassphraseStore(paths.data_dir / "keys.json", os.environ.get(PASSPHRASE_VARIABLE, ""))
