"""Whose an access key is, read off its id: no network, no permission needed."""

import base64
import re

_KEY_ID = re.compile(r"(?:AKIA|ASIA)[Q-Z2-7][A-Z2-7]{15}")


def account_of_key(access_key_id: str) -> str:
    """The account's 12 digits, empty when the id does not tell.

    Ids made before 2019 begin with a letter before Q after their prefix, and hold no account.

    Source: Tal Be'ery, "A short note on AWS KEY ID" (2023), and Aidan Steele, "AWS Access Key ID formats"
    (2020): behind the prefix, the id in base32 is one bit, the account's 40 bits, and the rest. AWS's own
    sts:GetAccessKeyInfo answers the same without permission, but over the network.
    """
    if not _KEY_ID.fullmatch(access_key_id):
        return ""
    head = int.from_bytes(base64.b32decode(access_key_id[4:])[:6], "big")
    account = (head & 0x7FFFFFFFFF80) >> 7
    return f"{account:012}" if account < 10**12 else ""
