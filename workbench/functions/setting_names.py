"""What a setting of a function is called in an error."""

_TITLES = {
    "role_arn": "Execution role",
    "kms_key_arn": "KMS key",
    "dead_letter_arn": "Dead-letter queue",
    "environment": "Environment variables",
    "ephemeral_storage_mb": "Ephemeral storage (/tmp)",
    "image_uri": "Image URI",
    "snap_start": "SnapStart",
    "tracing": "AWS X-Ray tracing",
}
_UNITS = ("_mb", "_s", "_days")


def setting_name(name: str, key: str = "") -> str:
    """The title of a setting, such as "Memory" for memory_mb.

    Args:
        name: As an attribute of FunctionDetail.
        key: Which one, of settings that there are several of: the name of an environment variable.
    """
    plain = name
    for unit in _UNITS:
        plain = plain.removesuffix(unit)
    title = _TITLES.get(name) or plain.replace("_", " ").capitalize()
    return f"{title.removesuffix('s')} {key}" if key else title
