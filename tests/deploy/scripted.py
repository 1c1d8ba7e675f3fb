"""Lambda's exact answers to a deploy, in order."""

from tests.aws_stub import ANY, StubbedAws
from tests.deploy.bench import Bench

NEW = "def handler(event, context):\n    return 'new'\n"


class Scripted:
    """A Lambda that answers by a script; see tests/aws_stub.py."""

    def __init__(self, bench: Bench, aws: StubbedAws) -> None:
        self._aws = aws
        self._bench = bench
        self.connection = aws.connection

    def function_is(
        self, sha256: str, revision: str, status: str = "Successful", reason: str = "", **more: object
    ) -> None:
        configuration = {
            "FunctionName": self._bench.function_name,
            "FunctionArn": self._bench.workspace.base.function_arn,
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Role": "arn:aws:iam::123456789012:role/r",
            "CodeSize": 100,
            "Timeout": 3,
            "MemorySize": 128,
            "Version": "$LATEST",
            "PackageType": "Zip",
            "LastModified": "2026-11-24T12:00:00.000+0000",
            "CodeSha256": sha256,
            "RevisionId": revision,
            "State": "Active",
            "LastUpdateStatus": status,
            "LastUpdateStatusReason": reason,
            **more,
        }
        answer = {"Configuration": configuration, "Code": {"Location": "https://example/"}}
        self._aws.answer("lambda", "get_function", answer)

    def update_is_refused(self, code: str, message: str, status: int) -> None:
        self._aws.refuse("lambda", "update_function_code", code, message, status)

    def update_is_accepted(self, sha256: str, revision: str, new_revision: str) -> None:
        answer = {"CodeSha256": sha256, "RevisionId": new_revision, "LastUpdateStatus": "InProgress"}
        request = {
            "FunctionName": self._bench.function_name,
            "ZipFile": ANY,
            "RevisionId": revision,
            "Publish": False,
        }
        self._aws.answer("lambda", "update_function_code", answer, request)
