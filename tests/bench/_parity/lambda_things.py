"""Lambda's things: functions, versions, aliases, layers, mappings."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.bench._parity.place import ROLE, Place

_AT_REST = ("Enabled", "Disabled")
_HANDLER = "def handler(event, context):\n    return event\n"


def package(source: str = _HANDLER, size: int = 0) -> bytes:
    """A package with the handlers `index.handler` and `handler.handler`; of `size` bytes if given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("index.py", "handler.py", "app.py"):
            archive.writestr(name, source)
        if size:
            # An entry's name stands twice in the archive, with 30 and 46 bytes around it; the end has 22.
            there = buffer.tell() + sum(46 + len(each.filename) for each in archive.infolist()) + 22
            padding = zipfile.ZipInfo("x")
            archive.writestr(padding, bytes(size - there - 30 - 46 - 2))
    return buffer.getvalue()


def large_package(unzipped: int) -> bytes:
    """A small package with a file of so many bytes in it."""
    buffer = io.BytesIO(package())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("x", bytes(unzipped))
    return buffer.getvalue()


def _is_settled(found: Mapping[str, Any]) -> bool:
    return found.get("State") != "Pending" and found.get("LastUpdateStatus") != "InProgress"


class LambdaThings(Place):
    """Makes them."""

    def _function(self, name: str) -> None:
        self.make(f"role {ROLE}", {})
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=self.arn("iam", f"role/{ROLE}"),
            Code={"ZipFile": package()},
        )
        self.settle(name)

    def settle(self, name: str) -> None:
        """Waits until a function is active and not being updated."""
        self.until(lambda: _is_settled(self.client("lambda").get_function_configuration(FunctionName=name)))

    def _version(self, name: str, number: str) -> None:
        self.make(f"function {name}", {})
        if "function" in self._absent:
            return
        client = self.client("lambda")
        there = len(client.list_versions_by_function(FunctionName=name)["Versions"]) - 1
        for _ in range(int(number) - there):
            client.update_function_code(FunctionName=name, ZipFile=package(f"{_HANDLER}# {there}\n"))
            self.settle(name)
            client.publish_version(FunctionName=name)
            self.settle(name)
            there += 1

    def _alias(self, name: str, alias: str, version: str = "1") -> None:
        self.make(f"version {name} {version}", {})
        self.client("lambda").create_alias(FunctionName=name, Name=alias, FunctionVersion=version)

    def _busy(self, name: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").update_function_configuration(FunctionName=name, Description="busy")

    def _url(self, name: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")

    def _permission(self, name: str, statement: str, qualifier: str = "") -> None:
        self.make(f"function {name}", {})
        more = {"Qualifier": qualifier} if qualifier else {}
        self.client("lambda").add_permission(
            FunctionName=name,
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn="arn:aws:s3:::parity-bucket",
            **more,
        )

    def _concurrency(self, name: str, reserved: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(reserved)
        )

    def _provisioned(self, name: str, qualifier: str) -> None:
        self.client("lambda").put_provisioned_concurrency_config(
            FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=1
        )

    def _eventconfig(self, name: str, qualifier: str) -> None:
        self.make(f"function {name}", {})
        self.client("lambda").put_function_event_invoke_config(
            FunctionName=name, Qualifier=qualifier, MaximumRetryAttempts=1
        )

    def _layer(self, name: str, version: str = "1") -> None:
        for number in range(int(version)):
            self.client("lambda").publish_layer_version(
                LayerName=name,
                Content={"ZipFile": package(f"{_HANDLER}# {number}\n")},
                CompatibleRuntimes=["python3.12"],
            )

    def _weighted(self, name: str, alias: str) -> None:
        self.make(f"version {name} 2", {})
        self.client("lambda").create_alias(
            FunctionName=name,
            Name=alias,
            FunctionVersion="1",
            Description="custom-alias",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.2}},
        )

    def _describedlayer(self, name: str) -> None:
        self.client("lambda").publish_layer_version(
            LayerName=name,
            Content={"ZipFile": package()},
            Description="x",
            LicenseInfo="x",
            CompatibleRuntimes=["python3.12"],
            CompatibleArchitectures=["x86_64"],
        )

    def _layergrant(self, name: str, statement: str) -> None:
        self.make(f"layer {name}", {})
        self.client("lambda").add_layer_version_permission(
            LayerName=name,
            VersionNumber=1,
            StatementId=statement,
            Action="lambda:GetLayerVersion",
            Principal="*",
        )

    def _signing(self, recorded: str) -> None:
        answer = self.client("lambda").create_code_signing_config(
            AllowedPublishers={
                "SigningProfileVersionArns": [self.arn("signer", "/signing-profiles/parity/aaaaaaaaaa")]
            }
        )
        self.names[recorded] = answer["CodeSigningConfig"]["CodeSigningConfigArn"]

    def _mapping(self, name: str, source: str, recorded: str = "") -> None:
        self.make(f"function {name}", {})
        self.of_arn(source)
        source = self.substituted(source)
        starting = {} if ":sqs:" in source else {"StartingPosition": "TRIM_HORIZON"}
        answer = self.client("lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn=source, **starting
        )
        if recorded:
            self.names[recorded] = answer["UUID"]
        self.until(
            lambda: self.client("lambda").get_event_source_mapping(UUID=answer["UUID"])["State"] in _AT_REST
        )
