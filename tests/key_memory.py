"""A key that was derived from a passphrase once in a process of tests is not derived again.

To derive one takes half a second on purpose; a test that writes a passphrase file and opens it again does so
for the same passphrase and salt.
"""

import hashlib
from functools import lru_cache


def pytest_configure() -> None:
    """Puts it in place. A salt is random: what is not asked for again soon never is."""
    vars(hashlib)["scrypt"] = lru_cache(maxsize=64)(hashlib.scrypt)
