"""KMS keys as sources name them. Pure."""

from workbench.aws.arn import Arn


def customer_key_arn(key: str, source_arn: str) -> str:
    """The ARN of a customer managed key; empty for AWS's own, and for an alias, which names no key.

    Args:
        key: An ARN, an id, an alias; or nothing.
        source_arn: Of what it encrypts: an id is a key of the same account and region.
    """
    if key.startswith("arn:"):
        return key if ":key/" in key else ""
    if not key or key.startswith("alias/"):
        return ""
    place = Arn.parse(source_arn)
    return str(Arn(place.partition, "kms", place.region, place.account_id, f"key/{key}"))
