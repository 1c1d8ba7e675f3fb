"""AWS's configuration files of a test's own."""

from tests.aws.conftest import AwsFiles, AwsServer, aws_files, aws_server

__all__ = ["AwsFiles", "AwsServer", "aws_files", "aws_server"]
