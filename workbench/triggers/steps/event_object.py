"""An object that is put into a bucket to see the event it makes, and deleted again."""

from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.triggers.step import Facts, Running, Step

OBJECT = "object"


def object_step(bucket: str, region: str, owner: str, key: str) -> Step:
    """The step; undoing it deletes the object, its versions included."""
    return Step(
        OBJECT,
        f"Put the object {key} into {bucket}",
        "s3:PutObject",
        region,
        {"bucket": bucket, "owner": owner, "key": key},
        undo="Delete the object",
    )


class ObjectStep:
    """Puts a small text; deletes what that made."""

    def do(self, step: Step, running: Running) -> Facts:
        params, key = _params(step), str(step.args["key"])
        running.note({"key": key})
        answer = running.connection.call(
            "s3",
            "put_object",
            doing=f"put the object {key}",
            Body=b"A test event of Workbench. It may be deleted.\n",
            ContentType="text/plain",
            **params,
        )
        version = answer.get("VersionId")
        return {"key": key} | ({"version": version} if version else {})

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        if not facts.get("key"):
            return
        params, call = _params(step), running.connection.call
        doing = f"delete the test object {facts['key']}"
        for version in self._versions(step, facts, running) or [None]:
            more = {"VersionId": version} if version else {}
            call("s3", "delete_object", doing=doing, **params, **more)

    def _versions(self, step: Step, facts: Facts, running: Running) -> list[Any]:
        """The versions to delete: without an id a versioned bucket would keep the object behind a marker."""
        if facts.get("version"):
            return [facts["version"]]
        params = _params(step)
        prefix = params.pop("Key")
        try:
            answer = running.connection.call("s3", "list_object_versions", Prefix=prefix, **params)
        except WorkbenchError:
            return []  # it may not be read; what can be deleted is deleted
        found = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        return [
            each["VersionId"] for each in found if each["Key"] == prefix and each.get("VersionId") != "null"
        ]


def _params(step: Step) -> dict[str, Any]:
    owner = step.args.get("owner")
    base = {"Bucket": step.args["bucket"], "Key": step.args["key"]}
    return base | ({"ExpectedBucketOwner": owner} if owner else {})
