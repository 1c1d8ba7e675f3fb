"""AWS's configuration files of a test's own."""

from tests.aws.conftest import AwsFiles, aws_files

__all__ = ["AwsFiles", "aws_files"]
