"""Limits agree with the service model where it states them."""

import pytest

from workbench.aws import quotas


@pytest.mark.parametrize(
    ("shape", "fits", "does_not"),
    [
        ("Handler", "app.handler", "h" * 129),
        ("Handler", "app.handler", "with blanks"),
        ("Description", "", "d" * 257),
        ("StatementId", "allow-s3", "with blanks"),
        ("Alias", "prod", "123"),
        ("EnvironmentVariableName", "STAGE", "1STAGE"),
    ],
)
def test_texts(shape: str, fits: str, does_not: str) -> None:
    limit = quotas.text_limit(shape)
    assert limit.accepts(fits)
    assert not limit.accepts(does_not)


def test_numbers() -> None:
    assert quotas.number_limit("Timeout").minimum == 1
    assert quotas.TIMEOUT_USUAL_LIMIT_S == 1800
    assert quotas.number_limit("Timeout").maximum == 5400  # on managed instances
    assert quotas.number_limit("MemorySize").minimum == 128
    assert quotas.number_limit("EphemeralStorageSize").minimum == 512


def test_runtimes_come_from_the_installed_model() -> None:
    runtimes = quotas.known_values("Runtime")
    assert {"python3.13", "nodejs22.x", "provided.al2023"} <= set(runtimes)


@pytest.mark.parametrize("name", ["hello", "a" * 64, "A-b_9"])
def test_function_names(name: str) -> None:
    assert quotas.is_function_name(name)


@pytest.mark.parametrize("name", ["", "a" * 65, "with blanks", "ümlaut", "a.b", "a\n"])
def test_what_no_function_can_be_called(name: str) -> None:
    assert not quotas.is_function_name(name)


def test_the_environment_is_measured_in_bytes() -> None:
    assert quotas.environment_size_bytes({}) == 0
    assert quotas.environment_size_bytes({"A": "ü"}) == len('{"A":"ü"}'.encode())
    assert quotas.environment_size_bytes({"A": "x" * 4096}) > quotas.ENVIRONMENT_LIMIT_BYTES
