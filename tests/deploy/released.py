"""A function in use, a deploy that does all there is, and what the function is before and after it."""

from tests.deploy.bench import CTX, HANDLER, Bench, deploy
from tests.deploy.scripted import NEW
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest, Upload
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.versions import list_aliases, list_versions

WANTED = Wanted(timeout_s=9, environment=(("MODE", "new"),))
OPTIONS = DeployOptions(
    undo_on_failure=True,
    upload=Upload.S3,
    smoke_test=SmokeTest("nothing", "{}"),
    publish=True,
    alias=AliasMove("prod", Shift.CANARY, 10, 0.01),
)


def release(bench: Bench) -> Bench:
    """Gives the function a version and an alias for it, and an edit that is not deployed yet."""
    options = DeployOptions(publish=True, alias=AliasMove("prod"), upload=Upload.S3)
    bench.workspace.save("app.py", HANDLER + "# 1\n")
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=options)
    bench.workspace.save("app.py", NEW)
    return bench


def state_of(bench: Bench) -> dict[str, object]:
    detail = get_function(bench.connection, bench.function_name, "", CTX)
    (alias,) = list_aliases(bench.connection, bench.function_name, CTX)
    versions = list_versions(bench.connection, bench.function_name, CTX)
    return {
        "code": bench.remote_file("app.py"),
        "timeout_s": detail.timeout_s,
        "environment": detail.environment,
        "alias": (alias.version, alias.weights),
        "versions": sorted(version.version for version in versions if version.version.isdecimal()),
    }


OLD_STATE = {
    "code": HANDLER + "# 1\n",
    "timeout_s": 3,
    "environment": (),
    "alias": ("1", ()),
    "versions": ["1"],
}
NEW_STATE = {
    "code": NEW,
    "timeout_s": 9,
    "environment": (("MODE", "new"),),
    "alias": ("2", ()),
    "versions": ["1", "2"],
}
