"""The policy file: what it can say, which errors name what, and which files are not trusted."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.policy import (
    MAX_BYTES,
    NO_POLICY,
    Policy,
    Rule,
    TierRule,
    fault_of,
    policy_path,
    read_policy,
)

OWNER = os.getuid() if hasattr(os, "getuid") else 0
Write = Callable[[object], Path]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "workbench"
    folder.mkdir(mode=0o755)
    return folder / "policy.json"


@pytest.fixture
def write(path: Path) -> Write:
    """Writes the file as an administrator does: a value as JSON, or bytes as they are."""

    def write(content: object) -> Path:
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        path.chmod(0o644)
        return path

    return write


def read(path: Path) -> Policy:
    return read_policy(path, OWNER)


def why(path: Path) -> str:
    """Why a file is not trusted; it must be in force as strictly as can be then."""
    policy = read(path)
    assert policy == Policy.strictest(path, "") or policy.problem is not None
    assert policy.forbidden == frozenset(Rule)
    assert policy.forced_tier("anyone", ()) == "read-only"
    assert not policy.keeps_payloads
    assert policy.max_invocation_age_days is None, "nothing is deleted because of a file that is not trusted"
    assert policy.packages_days is None
    assert policy.problem is not None
    assert policy.problem.remedy.startswith(
        "Inform the administrator of this computer. The policy is read again when Workbench starts"
    )
    return policy.problem.why


def test_without_a_file_everything_is_allowed(path: Path) -> None:
    assert read(path) == NO_POLICY
    assert not any(map(NO_POLICY.forbids, Rule))
    assert NO_POLICY.keeps_payloads


def test_every_rule_can_be_set(write: Write) -> None:
    policy = read(
        write(
            {
                "forbid": [rule.value for rule in Rule],
                "tiers": [
                    {"tier": "production", "profiles": ["*prod*"], "accounts": ["1234567890??"]},
                    {"tier": "read-only", "profiles": ["audit"]},
                ],
                "retention": {"invocations_days": 30, "packages_days": 90},
            }
        )
    )
    assert policy.problem is None
    assert policy.forbidden == frozenset(Rule)
    assert policy.tiers == (
        TierRule("production", ("*prod*",), ("1234567890??",)),
        TierRule("read-only", ("audit",)),
    )
    assert (policy.max_invocation_age_days, policy.packages_days) == (30, 90)


def test_what_is_not_set_is_allowed(write: Write) -> None:
    policy = read(write({"forbid": ["installs"]}))
    assert [rule for rule in Rule if policy.forbids(rule)] == [Rule.INSTALLS]
    assert policy.forced_tier("prod", ["123456789012"]) is None
    assert policy.max_invocation_age_days is None


def test_a_byte_order_mark_is_no_fault(write: Write) -> None:
    assert read(write(b'\xef\xbb\xbf{"forbid": ["sandbox"]}')).forbids(Rule.SANDBOX)


@pytest.mark.parametrize(
    ("name", "accounts", "tier"),
    [
        ("my-prod", [], "production"),
        ("dev", ["123456789012"], "production"),
        ("dev", ["999999999999", "123456789012"], "production"),
        ("dev", ["999999999999"], None),
        ("audit", [], "read-only"),
        ("audit", ["123456789012"], "read-only"),  # the stricter one of two
        ("", [], None),
    ],
)
def test_a_tier_is_forced_by_name_or_account(name: str, accounts: list[str], tier: str | None) -> None:
    policy = Policy(
        tiers=(TierRule("production", ("*prod*",), ("123456789012",)), TierRule("read-only", ("audit",)))
    )
    assert policy.forced_tier(name, accounts) == tier


def test_a_tier_without_patterns_is_for_all() -> None:
    assert Policy(tiers=(TierRule("production"),)).forced_tier("", ()) == "production"


def test_stored_keys_include_raw_ones() -> None:
    assert Policy(frozenset({Rule.STORED_KEYS})).forbids(Rule.RAW_KEYS)
    assert not Policy(frozenset({Rule.RAW_KEYS})).forbids(Rule.STORED_KEYS)


def test_no_payload_is_kept_for_0_days_and_figures_for_one() -> None:
    policy = Policy(invocations_days=0)
    assert not policy.keeps_payloads
    assert policy.max_invocation_age_days == 1


def test_a_refusal_says_who_and_what() -> None:
    policy = Policy(frozenset({Rule.INSTALLS}))
    with pytest.raises(WorkbenchError, match="Set by your organization: dependencies cannot be installed"):
        policy.check(Rule.INSTALLS, "The dependencies were not installed.")
    policy.check(Rule.SANDBOX, "The Sandbox was not started.")


INVALID = [
    (b"", "line 1, column 1"),
    (b'{\n "forbid": [\n', "line 3, column 1"),
    (b"[]", "the file must be an object"),
    (b"null", "the file must be an object"),
    (b'{"forbids": []}', "unknown key “forbids”. Valid keys are forbid, tiers, retention."),
    (b'{"forbid": [], "forbid": ["sandbox"]}', "the key “forbid” occurs twice"),
    (b'{"retention": {"packages_days": 1, "packages_days": 9}}', "the key “packages_days” occurs twice"),
    (b'{"forbid": "sandbox"}', "forbid must be a list"),
    (b'{"forbid": ["sandbox", "Sandbox"]}', "forbid[1] is “Sandbox”"),
    (b'{"forbid": [true]}', "forbid[0] is “true”"),
    (b'{"forbid": [{"a": 1}]}', "forbid[0] is"),
    (b'{"tiers": {}}', "tiers must be a list"),
    (b'{"tiers": ["read-only"]}', "tiers[0] must be an object"),
    (b'{"tiers": [{"profiles": ["a"]}]}', "tiers[0].tier is “null”"),
    (b'{"tiers": [{"tier": "normal"}]}', "tiers[0].tier is “normal”"),
    (b'{"tiers": [{"tier": "read-only", "profile": "a"}]}', "unknown key “profile” in tiers[0]"),
    (b'{"tiers": [{"tier": "read-only", "profiles": []}]}', "tiers[0].profiles is empty"),
    (b'{"tiers": [{"tier": "read-only", "profiles": "a"}]}', "tiers[0].profiles must be a list"),
    (b'{"tiers": [{"tier": "read-only", "profiles": [1]}]}', "tiers[0].profiles[0] must be a string"),
    (b'{"tiers": [{"tier": "read-only", "accounts": ["prod"]}]}', "tiers[0].accounts[0] is “prod”"),
    (b'{"tiers": [{"tier": "read-only", "accounts": [123456789012]}]}', "tiers[0].accounts[0] must be"),
    (b'{"retention": 3}', "retention must be an object"),
    (b'{"retention": {"days": 3}}', "unknown key “days” in retention"),
    (b'{"retention": {"invocations_days": -1}}', "retention.invocations_days must be"),
    (b'{"retention": {"invocations_days": 1.5}}', "retention.invocations_days must be"),
    (b'{"retention": {"invocations_days": true}}', "retention.invocations_days must be"),
    (b'{"retention": {"invocations_days": "30"}}', "retention.invocations_days must be"),
    (b'{"retention": {"invocations_days": null}}', "retention.invocations_days must be"),
    (b'{"retention": {"packages_days": 0}}', "retention.packages_days must be"),
    (b'{"retention": {"packages_days": 36501}}', "retention.packages_days must be"),
    (b'{"retention": {"packages_days": ' + b"9" * 6000 + b"}}", "too many digits"),
    (b'{"retention": {"packages_days": NaN}}', "NaN is not a valid JSON value"),
    (b'{"retention": {"packages_days": Infinity}}', "Infinity is not a valid JSON value"),
    (b"[" * 60_000, "nested too deeply"),
    (b'{"a":' * 12_000, "nested too deeply"),
    (b'{"forbid": ["sandbox\xff"]}', "byte 21 is not UTF-8 text"),
    ('{"forbid": ["sandbox"]}'.encode("utf-16"), "is not UTF-8 text"),
    (b'{"forbid": ["\\ud800"]}', "forbid[0] is"),
    (b'{"forbid": ["sandbox"]}\x00', "line 1, column 24"),
    (b'{"forbid": []}' + b" " * MAX_BYTES, "it is larger than 64 KB"),
]


@pytest.mark.parametrize(("content", "reason"), INVALID, ids=[str(each[0][:50]) for each in INVALID])
def test_what_is_wrong_with_a_file_is_named(write: Write, content: bytes, reason: str) -> None:
    said = why(write(content))
    assert reason in said
    assert len(said) < 400
    said.encode()


def test_a_file_that_is_far_too_large_is_not_read_whole(path: Path) -> None:
    path.write_bytes(b"")
    os.truncate(path, 1 << 40)  # nothing but a hole: no memory would hold it
    path.chmod(0o644)
    assert "larger than 64 KB" in why(path)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are not Windows's")
class TestUntrusted:
    """A file that somebody else than the administrator may have written."""

    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o777])
    def test_written_by_group_or_others(self, write: Write, mode: int) -> None:
        path = write({})
        path.chmod(mode)
        assert f"(mode {mode:o})" in why(path)

    @pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
    def test_in_a_folder_that_others_can_write(self, write: Write, mode: int) -> None:
        path = write({})
        path.parent.chmod(mode)
        assert str(path.parent) in why(path)

    def test_below_a_folder_that_others_can_write(self, write: Write) -> None:
        path = write({})
        path.parent.parent.chmod(0o777)
        assert str(path.parent.parent) in why(path)
        path.parent.parent.chmod(0o1777)  # as /tmp: what is in it cannot be replaced by others
        assert read(path).problem is None

    def test_a_link(self, write: Write, tmp_path: Path) -> None:
        real = write({}).rename(tmp_path / "elsewhere.json")
        link = tmp_path / "workbench" / "policy.json"
        link.symlink_to(real)
        assert "is a link" in why(link)
        real.unlink()
        assert "is a link" in why(link)  # one that leads nowhere is not "no file"

    def test_a_folder_in_its_place(self, path: Path) -> None:
        path.mkdir()
        assert "is not a regular file" in why(path)

    def test_a_pipe_in_its_place_does_not_block(self, path: Path) -> None:
        os.mkfifo(path, 0o644)
        assert "is not a regular file" in why(path)

    def test_a_file_in_the_place_of_its_folder(self, path: Path) -> None:
        path.parent.rmdir()
        path.parent.write_text("")
        assert "cannot be read" in why(path)


as_root = pytest.mark.skipif(OWNER != 0, reason="needs root, to be another user")


@as_root
def test_a_file_of_another_user_is_not_trusted(write: Write) -> None:
    path = write({})
    os.chown(path, 1234, 0)
    assert "belongs to user 1234" in why(path)


@as_root
def test_a_folder_of_another_user_is_not_trusted(write: Write) -> None:
    path = write({})
    os.chown(path.parent, 1234, 0)
    assert f"{path.parent} belongs to user 1234" in why(path)


@as_root
@pytest.mark.parametrize("hidden", ["file", "folder"])
def test_a_file_that_may_not_be_read_is_not_no_file(write: Write, hidden: str) -> None:
    path = write({})
    for folder in path.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    (path if hidden == "file" else path.parent).chmod(0o600)
    code = (
        "import os, sys; from pathlib import Path; from workbench.core.policy import read_policy\n"
        "os.setgroups([]); os.setgid(1234); os.setuid(1234)\n"
        "print(read_policy(Path(sys.argv[1])).problem)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, timeout=30
    )
    assert "cannot be read: Permission denied" in found.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the path is that of Linux")
def test_no_variable_of_the_environment_chooses_another_file(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(write({"forbid": ["sandbox"]}).parent.parent)
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", "WORKBENCH_HOME", "WORKBENCH_POLICY"):
        monkeypatch.setenv(name, folder)
    for name in ("ProgramData", "ALLUSERSPROFILE", "SYSTEMROOT", "PREFIX", "SNAP", "APPDIR", "ROOT"):
        monkeypatch.setenv(name, folder)
    assert policy_path() == Path("/etc/workbench/policy.json")


# What Windows writes for a file that administrators made below ProgramData, and for worse ones.
GOOD = "O:BAG:DUD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)"
FOLDER = "O:BAG:DUD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)"


@pytest.mark.parametrize(
    ("descriptor", "is_folder", "reason"),
    [
        (GOOD, False, ""),
        (GOOD.replace("O:BA", "O:SY"), False, ""),
        (FOLDER + "(A;CIID;DCLCRPCR;;;BU)", True, ""),  # users may add files, and cannot replace any
        (GOOD.replace("O:BA", "O:S-1-5-21-1-2-3-1001"), False, "belongs to S-1-5-21-1-2-3-1001"),
        (GOOD.replace("O:BA", "O:BU"), False, "belongs to BU"),
        (GOOD + "(A;;FW;;;BU)", False, "can be changed by BU"),
        (GOOD + "(A;;0x1301bf;;;AU)", False, "can be changed by AU"),
        (GOOD + "(A;;GA;;;WD)", False, "can be changed by WD"),
        (GOOD + "(A;;WD;;;S-1-5-21-1-2-3-1001)", False, "can be changed by S-1-5-21-1-2-3-1001"),
        (GOOD + "(A;;DC;;;BU)", False, "can be changed by BU"),
        (GOOD + "(A;;ZZ;;;BU)", False, "can be changed by BU"),  # a right that is not known
        (GOOD + "(D;;FA;;;BU)", False, ""),
        (FOLDER + "(A;;DT;;;BU)", True, "can be changed by BU"),
        (FOLDER + "(A;;SD;;;BU)", True, "can be changed by BU"),
        ("O:BAG:DUD:NO_ACCESS_CONTROL", False, "has no access list"),
        ("O:BAG:DU", False, "has no access list"),
        ("", False, "owner of policy.json cannot be read"),
    ],
)
def test_windows_access_lists(descriptor: str, is_folder: bool, reason: str) -> None:
    fault = fault_of(descriptor, Path("policy.json"), is_folder=is_folder)
    assert reason in fault
    assert bool(fault) == bool(reason)
