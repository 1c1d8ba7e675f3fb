"""How sizes are said where there is no window: in powers of 1024, as Lambda's limits are meant."""


def megabytes(size_bytes: int) -> str:
    """The number alone: "57.2" for 60,000,000 bytes."""
    return f"{size_bytes / 1024**2:,.1f}"
