"""Fixtures of this room."""

from tests.aws_stub import aws

__all__ = ["aws"]
