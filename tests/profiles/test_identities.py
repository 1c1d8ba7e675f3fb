"""The room put together: one keyring for all, and moves that a crash left in the middle.

Checking a profile: against a MiniStack that verifies signatures, other partitions, and odd servers.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.aws.conftest import Answer, AwsFiles, AwsServer, Request, raw_server, sts
from tests.profiles import fake_keyring
from tests.profiles.moving import CONFIG, CREDENTIALS, CTX, KEYS, SECRET, cancelled_at
from tests.sandbox.server.server import Server
from workbench.aws import client_config
from workbench.aws import connection as connection_module
from workbench.aws.connection import ApiCall
from workbench.aws.session import Sessions
from workbench.core.clock import SystemClock
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.files import Paths
from workbench.core.jobs import JobContext
from workbench.core.settings import Settings
from workbench.profiles.identities import Identities, Validation, validate
from workbench.profiles.model import Profile, ProfileKind
from workbench.profiles.secret_store import ASK_VARIABLE, PASSPHRASE_VARIABLE, PassphraseStore, SecretStore
from workbench_sandbox.server.signature import secret_access_key

PASSPHRASE = "open sesame seeds"


@pytest.fixture
def files() -> Path:
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir()
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text(CREDENTIALS)
    return folder


def start() -> Identities:
    """A program that starts."""
    paths = Paths.default()
    return Identities(Settings(paths.config_dir / "settings.json"), paths, SystemClock(), os.environ)


def opened(identities: Identities) -> SecretStore:
    [_, file] = identities.stores()
    assert isinstance(file, PassphraseStore)
    file.unlock(PASSPHRASE)
    return file


def break_off(identities: Identities, store: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A move that ends with the key in both places, as after a crash."""

    def refuse(*_: object) -> None:
        raise WorkbenchError("no")

    with monkeypatch.context() as broken:
        broken.setattr(type(store), "delete", refuse)
        with pytest.raises(Cancelled):
            identities.migrator(store).migrate("dev", "raw", cancelled_at(2))
    assert store.get("dev", CTX) is not None


def test_each_question_goes_to_the_same_keyring() -> None:
    """Its calls go one after the other, on one thread, however many dialogs ask."""
    identities = start()
    assert [*map(id, identities.stores())] == [*map(id, identities.stores())]


def test_a_move_to_the_passphrase_file_is_recovered_there_once_it_is_open(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring, which is asked first, has nothing of it."""
    first = start()
    break_off(first, opened(first), monkeypatch)
    with fake_keyring.in_use(fake_keyring.Vault()):
        second = start()
        assert second.recover(CTX) == ()  # locked: nobody can be asked now
        assert [each.about.profile for each in second.moves.unfinished("", "")] == ["dev"]
        file = opened(second)
        assert second.recover(CTX) == ("dev",)
        assert second.moves.unfinished("", "") == ()
        assert file.get("dev", CTX) is None
        assert start().recover(CTX) == ()
    assert SECRET in (files / "credentials").read_text()


@pytest.mark.usefixtures("files")
def test_a_move_to_the_keyring_is_recovered_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_keyring.in_use(fake_keyring.Vault()):
        first = start()
        keyring = first.stores()[0]
        break_off(first, keyring, monkeypatch)
        assert start().recover(CTX) == ("dev",)
        assert keyring.get("dev", CTX) is None


@pytest.mark.usefixtures("files")
def test_the_key_of_a_deleted_profile_is_taken_out_of_wherever_it_is() -> None:
    with fake_keyring.in_use(fake_keyring.Vault()):
        identities = start()
        keyring, file = identities.stores()[0], opened(identities)
        keyring.set("gone", KEYS, CTX)
        file.set("gone", KEYS, CTX)
        assert identities.discard("gone", CTX)
        assert (keyring.get("gone", CTX), file.get("gone", CTX)) == (None, None)
        assert not identities.discard("gone", CTX)


def test_without_a_keyring_there_is_nothing_to_discard_there() -> None:
    with fake_keyring.in_use(fake_keyring.Vault(), module="keyrings.alt.file"):
        assert not start().discard("gone", CTX)


def test_a_locked_passphrase_file_may_have_it() -> None:
    opened(start()).set("gone", KEYS, CTX)
    with fake_keyring.in_use(fake_keyring.Vault()), pytest.raises(WorkbenchError) as caught:
        start().discard("gone", CTX)
    assert caught.value.aws_code == "PassphraseNeeded"


def test_what_opens_the_file_is_told_to_our_helper_and_stays_out_of_the_environment() -> None:
    identities = start()
    told: Callable[[], dict[str, str]] = identities._helper_environ
    assert told() == {ASK_VARIABLE: "1"}
    opened(identities)
    assert told() == {ASK_VARIABLE: "1", PASSPHRASE_VARIABLE: PASSPHRASE}
    assert PASSPHRASE_VARIABLE not in os.environ


REGION = "us-east-1"


def profile(name: str = "work", region: str = REGION) -> Profile:
    return Profile(name, ProfileKind.STATIC, region)


def written(aws_files: AwsFiles, url: str, key: str = "AKIDFILE", secret: str = "s") -> Profile:
    """A profile whose requests go to this server."""
    aws_files.config(
        f"[profile work]\nendpoint_url = {url}\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    )
    return profile()


def check(which: Profile, region: str = "") -> Validation:
    return validate(which, region, Sessions(), JobContext())


# ---- a MiniStack that verifies signatures ----------------------------------------------------------------


@pytest.fixture(scope="module")
def strict_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """MiniStack with AUTH=true: keys, signatures and policies count."""
    with Server(tmp_path_factory.mktemp("strict"), AUTH="true") as server:
        yield server


@pytest.fixture(scope="module")
def user(strict_aws: Server) -> tuple[str, str]:
    """Key and secret of a user without any policy."""
    iam = strict_aws.client("iam")
    iam.create_user(UserName="nobody")
    key: dict[str, Any] = iam.create_access_key(UserName="nobody")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def test_a_key_that_aws_does_not_know(aws_files: AwsFiles, strict_aws: Server) -> None:
    """V1."""
    with pytest.raises(
        WorkbenchError,
        match="AWS does not recognize the access key: it was deleted, or the region is not enabled for "
        "the account",
    ) as caught:
        check(written(aws_files, strict_aws.url, "AKIAX" + "A" * 15))
    assert caught.value.action == "profile.choose"


def test_a_wrong_secret(aws_files: AwsFiles, strict_aws: Server, user: tuple[str, str]) -> None:
    """V1."""
    with pytest.raises(WorkbenchError, match="secret access key does not match") as caught:
        check(written(aws_files, strict_aws.url, user[0], "wrong"))
    assert caught.value.action == "profile.edit"


def test_a_user_without_a_policy_is_signed_in_and_may_not_list(
    aws_files: AwsFiles, strict_aws: Server, user: tuple[str, str]
) -> None:
    """V1."""
    found = check(written(aws_files, strict_aws.url, *user))
    assert not found.can_list_functions
    assert found.arn == "arn:aws:iam::000000000000:user/nobody"
    assert found.alias == ""
    assert any("do not have permission to list functions" in warning for warning in found.warnings)


def test_a_good_profile(aws_files: AwsFiles, strict_aws: Server) -> None:
    strict_aws.client("iam").create_account_alias(AccountAlias="acme-dev")
    calls: list[ApiCall] = []
    secret = secret_access_key(strict_aws.run_secret, "000000000000")
    which = written(aws_files, strict_aws.url, "000000000000", secret)
    found = validate(which, REGION, Sessions(), JobContext(), calls.append)
    assert (found.account_id, found.can_list_functions, found.alias) == ("000000000000", True, "acme-dev")
    assert not found.warnings or "clock" not in " ".join(found.warnings)
    assert [call.operation for call in calls] == ["GetCallerIdentity", "ListFunctions", "ListAccountAliases"]


# ---- other partitions ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """A server that knows partitions."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-central-1", "aws")],
)
def test_every_partition_is_asked_in_a_region_of_its_own(
    aws_files: AwsFiles, moto: str, region: str, partition: str
) -> None:
    """V3."""
    found = check(written(aws_files, moto), region)
    assert found.arn.split(":")[1] == partition
    assert (found.region, found.can_list_functions) == (region, True)


# ---- odd servers -----------------------------------------------------------------------------------------


def in_lambda(request: Request) -> bool:
    return request.credential[3] == "lambda"


def refusal(code: str, message: str) -> Answer:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return Answer(403, body.encode())


class WrongClock:
    """A clock that is off by so many minutes."""

    def __init__(self, minutes: float) -> None:
        self._off = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._off

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.mark.parametrize(("minutes", "words"), [(3, "3 min ahead of AWS's"), (-4, "4 min behind AWS's")])
def test_a_clock_that_is_off_is_told_before_aws_refuses(
    aws_files: AwsFiles, aws_server: AwsServer, minutes: int, words: str
) -> None:
    """V2."""
    aws_server.reply = lambda request: (
        Answer(200, b'{"Functions": []}', "application/json") if in_lambda(request) else sts(request)
    )
    which = written(aws_files, aws_server.url)
    found = validate(which, REGION, Sessions(), JobContext(), clock=WrongClock(minutes))
    assert any(words in warning for warning in found.warnings)


def test_a_clock_that_aws_refuses_is_told_with_its_minutes(
    aws_files: AwsFiles, aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V2: the server's Date header against this computer's time."""
    monkeypatch.setattr(connection_module, "SystemClock", lambda: WrongClock(12))
    aws_server.reply = lambda _: refusal("SignatureDoesNotMatch", "Signature expired: is now earlier than")
    with pytest.raises(WorkbenchError, match="This computer's clock is 12 min ahead"):
        check(written(aws_files, aws_server.url))


def test_a_server_that_never_answers_is_given_up(
    aws_files: AwsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V4: 10 s of silence in the program, 0.3 s here, and no second try."""
    for module in (client_config, connection_module):
        monkeypatch.setattr(module, "PROBE_READ_TIMEOUT_S", 0.3)
    end, asked = threading.Event(), list[bytes]()

    def silence(client: socket.socket) -> None:
        asked.append(client.recv(65536))
        end.wait(60)

    with raw_server(silence) as url:
        with pytest.raises(WorkbenchError, match="timed out") as caught:
            check(written(aws_files, url))
        end.set()
    assert caught.value.action == "connection.retry"
    assert len(asked) == 1


def test_a_region_that_is_not_enabled_is_told_from_a_bad_key(
    aws_files: AwsFiles, aws_server: AwsServer
) -> None:
    def only_at_home(request: Request) -> Answer:
        if request.credential[2] == "af-south-1":
            return refusal("InvalidClientTokenId", "The security token included in the request is invalid.")
        return sts(request)

    aws_server.reply = only_at_home
    with pytest.raises(
        WorkbenchError, match="region af-south-1 is not enabled for account 1234567"
    ) as caught:
        check(written(aws_files, aws_server.url), "af-south-1")
    assert caught.value.action == "profile.choose_region"
    assert caught.value.aws_code == "InvalidClientTokenId"


def test_a_bad_key_stays_a_bad_key_everywhere(aws_files: AwsFiles, aws_server: AwsServer) -> None:
    aws_server.reply = lambda _: refusal("InvalidClientTokenId", "invalid")
    with pytest.raises(
        WorkbenchError,
        match="AWS does not recognize the access key: it was deleted, or the region is not enabled for "
        "the account",
    ):
        check(written(aws_files, aws_server.url), "af-south-1")


def test_another_failure_of_the_listing_is_a_failure(aws_files: AwsFiles, aws_server: AwsServer) -> None:
    aws_server.reply = lambda request: (
        Answer(400, b'{"__type": "ValidationException"}', "application/json")
        if in_lambda(request)
        else sts(request)
    )
    with pytest.raises(WorkbenchError, match="rejected a value"):
        check(written(aws_files, aws_server.url))


def test_a_check_can_be_cancelled(aws_files: AwsFiles, aws_server: AwsServer) -> None:
    stop = threading.Event()

    def answer_late(request: Request) -> Answer:
        stop.set()
        return sts(request)

    aws_server.reply = answer_late
    with pytest.raises(Cancelled):
        validate(written(aws_files, aws_server.url), REGION, Sessions(), JobContext(stop=stop))
    assert len(aws_server.requests) == 1


def test_a_profile_that_is_gone_says_so(aws_files: AwsFiles, tmp_path: Path) -> None:
    aws_files.config("[profile other]\n")
    with pytest.raises(WorkbenchError, match="does not exist in the AWS configuration files"):
        check(profile("ghost"))
