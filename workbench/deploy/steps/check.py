"""Asks AWS whether it would take the code, before anything of the function is changed."""

from workbench.core.errors import WorkbenchError
from workbench.deploy.records import Facts
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running, replaced
from workbench.deploy.steps.stage import code_in_s3
from workbench.functions.detail import get_function


def do(running: Running) -> Facts:
    """A dry run: AWS checks permission and the package in S3, and changes nothing."""
    staging = running.plan.staging
    assert staging is not None, "sent directly, a dry run costs as much as the update"
    running.say("Asking whether AWS would take the code")
    try:
        call_patiently(
            running,
            "update_function_code",
            f"Could not deploy {running.name}.",
            FunctionName=running.name,
            RevisionId=running.revision_id,
            DryRun=True,
            **code_in_s3(running, staging, running.plan.new_sha256),
        )
    except WorkbenchError as error:
        if error.aws_code != "PreconditionFailedException":
            raise
        detail = get_function(running.connection, running.name, "", running.ctx)
        if detail.code_sha256 != running.plan.old_sha256:
            raise replaced(running, detail) from None
        running.revision_id = detail.revision_id  # only its configuration was changed
    return {}
