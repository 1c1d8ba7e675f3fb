"""Dependencies in the package and in a layer, deployed to the Sandbox and used there."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.code.dependencies.wheels import AgreedToAll, make_wheel, use_only
from tests.deploy.bench import CTX, Bench, deploy
from workbench.code.dependencies.store import DependencyStore, Target
from workbench.code.dependencies.use import DependencyState
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.dependency_layer import attached_layers, move_to_layer
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.staging import default_bucket
from workbench.functions.account_resources import find_layer, layer_name
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.invoke.run import invoke

USES_LIB = "import lib\n\ndef handler(event, context):\n    return [lib.version, lib.__file__]\n"
THEIRS = "arn:aws:lambda:us-east-1:123456789012:layer:theirs:1"


class Desk:
    """A function in the Sandbox whose code needs lib, of which there are two versions."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.workspace = bench.workspace
        self.store = DependencyStore(bench.folder / "store")
        self.workspace.dependencies.attach(self.store, Target("python3.13"), AgreedToAll())
        self.workspace.save("app.py", USES_LIB)
        self.workspace.save("requirements.txt", "lib==1.0\n")

    def detail(self) -> FunctionDetail:
        return get_function(self.bench.connection, self.bench.function_name, "", CTX)

    def deploy(self) -> DeployOutcome:
        return deploy(self.bench.connection, self.workspace, self.bench.journal, CTX).outcome

    def move(self, ctx: JobContext = CTX) -> str:
        folder = self.bench.folder / "layers"
        return move_to_layer(self.bench.connection, self.workspace, folder, ctx).layer_arn

    def answer(self) -> list[str]:
        """What the deployed code answers: the version of lib, and where it lies."""
        result = invoke(self.bench.connection, self.bench.function_name, b"{}", "", 20, CTX)
        assert not result.function_error, result.payload
        found = json.loads(result.payload)
        assert isinstance(found, list)
        return [str(each) for each in found]


@pytest.fixture
def desk(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    wheels = tmp_path / "wheels"
    for version in ("1.0", "2.0"):
        make_wheel(wheels, "lib", version, {"lib/__init__.py": f"version = {version!r}\n"})
    use_only(wheels, monkeypatch)
    return Desk(bench)


def test_a_deploy_installs_what_is_declared(desk: Desk) -> None:
    assert desk.deploy() is DeployOutcome.DEPLOYED
    assert desk.answer()[0] == "1.0"
    assert desk.bench.remote_file("lib/__init__.py") == "version = '1.0'\n"
    assert desk.deploy() is DeployOutcome.ALREADY_DEPLOYED


def test_a_layer_is_attached_and_the_package_does_without(desk: Desk) -> None:
    arn = desk.move()
    assert desk.detail().layers == ()  # nothing has changed yet
    assert desk.deploy() is DeployOutcome.DEPLOYED
    assert desk.detail().layers == (arn,)
    with pytest.raises(KeyError):
        desk.bench.remote_file("lib/__init__.py")
    version, place = desk.answer()
    assert version == "1.0"
    assert "/python/lib/" in place
    assert desk.deploy() is DeployOutcome.ALREADY_DEPLOYED
    assert not list((desk.bench.folder / "layers").iterdir())


def test_other_dependencies_take_the_place_of_the_layer(desk: Desk) -> None:
    first = desk.move()
    desk.deploy()
    assert desk.move() == first  # the same again is not published again
    desk.workspace.save("requirements.txt", "lib==2.0\n")
    with pytest.raises(WorkbenchError, match="differs from the version that the layer"):
        desk.deploy()
    second = desk.move()
    assert second != first
    desk.deploy()
    assert desk.detail().layers == (second,)
    assert desk.answer()[0] == "2.0"


def test_dependencies_go_back_into_the_package(desk: Desk) -> None:
    desk.move()
    desk.deploy()
    desk.workspace.dependencies.install(desk.workspace.base, CTX)
    desk.deploy()
    assert desk.workspace.dependencies.status(desk.workspace.base).state is DependencyState.READY
    assert "/python/lib/" not in desk.answer()[1]


def test_a_layer_that_somebody_took_off_is_attached_again(desk: Desk) -> None:
    arn = desk.move()
    desk.deploy()
    desk.bench.connection.call(
        "lambda", "update_function_configuration", FunctionName=desk.bench.function_name, Layers=[]
    )
    assert desk.deploy() is not DeployOutcome.ALREADY_DEPLOYED
    assert desk.detail().layers == (arn,)


def test_other_layers_keep_their_order_and_five_are_the_most(desk: Desk) -> None:
    detail = desk.detail()
    old = f"arn:aws:lambda:us-east-1:1:layer:{layer_name('workbench', detail.function_name, 'a' * 12)}:3"
    others = tuple(THEIRS.replace(":1", f":{number}", 1) for number in range(4))
    assert _attached(detail, (others[0], old, others[1])) == (others[0], "new", others[1])
    assert _attached(detail, others) == (*others, "new")
    assert _attached(detail, (*others, old)) == (*others, "new")
    with pytest.raises(WorkbenchError) as caught:
        _attached(detail, (*others, THEIRS))
    assert "has 5 layers already" in caught.value.why


def _attached(detail: FunctionDetail, layers: tuple[str, ...]) -> tuple[str, ...]:
    return attached_layers(replace(detail, layers=layers), "new")


def test_what_cannot_be_published_leaves_the_package_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> str:
        raise WorkbenchError("Could not publish.", "Denied.", aws_code="AccessDeniedException")

    monkeypatch.setattr("workbench.deploy.dependency_layer.publish_layer", refuse)
    with pytest.raises(WorkbenchError, match="Denied"):
        desk.move()
    assert desk.workspace.dependencies.used() is None
    assert desk.deploy() is DeployOutcome.DEPLOYED
    assert desk.answer()[0] == "1.0"


def test_names_of_layers_are_short_enough(desk: Desk) -> None:
    assert layer_name("workbench", "x" * 200, "abc") == f"workbench-{'x' * 126}-abc"
    assert layer_name("a", "b.c d", "e") == "a-b-c-d-e"
    assert find_layer(desk.bench.connection, "never-published", "x", CTX) == ""


def test_a_layer_that_is_too_large_to_be_sent_directly_goes_through_s3(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.deploy.dependency_layer.ZIP_LIMIT_BYTES", 10)
    told: list[Progress] = []
    arn = desk.move(JobContext(told.append))
    assert all(0 <= each.done <= each.total for each in told if each.total)
    desk.deploy()
    assert desk.detail().layers == (arn,)
    assert desk.answer()[0] == "1.0"
    bucket = default_bucket(desk.bench.connection)
    (found,) = desk.bench.connection.call("s3", "list_objects_v2", Bucket=bucket)["Contents"]
    assert found["Key"].startswith(f"workbench/{desk.bench.function_name}/")
