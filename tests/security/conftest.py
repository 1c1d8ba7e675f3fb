"""Real language servers, also for attacks."""

from tests.code.language.conftest import root, start  # noqa: F401
