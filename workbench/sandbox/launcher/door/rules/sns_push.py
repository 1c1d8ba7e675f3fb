"""What SNS refuses of mobile push: applications and endpoints."""

from collections.abc import Callable, Mapping

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule

_CASES = "sns/test_sns.py::TestSNSPlatform"
_MAX_NAME = 256
_MAX_DATA_BYTES = 2048
_PLATFORMS = ("ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "FCM", "GCM", "MACOS", "MACOS_SANDBOX", "MPNS", "WNS")  # fmt: skip
_ENDPOINT_ATTRIBUTES = ("CustomUserData", "Enabled", "Token")
_WITH_APPLICATION = (
    "CreatePlatformEndpoint",
    "GetPlatformApplicationAttributes",
    "ListEndpointsByPlatformApplication",
    "SetPlatformApplicationAttributes",
)
_WITH_ENDPOINT = ("GetEndpointAttributes", "SetEndpointAttributes")


def _invalid(what: str) -> Refused:
    return Refused("InvalidParameter", f"Invalid parameter: {what}")


def _check_name(call: Call) -> None:
    name = str(call.parameters.get("Name", ""))
    if not name:
        raise _invalid(f"{name} Reason: cannot be empty")
    if len(name) > _MAX_NAME:
        raise _invalid(f"{name} Reason: must be at most {_MAX_NAME} characters long")
    platform = call.parameters.get("Platform")
    if platform not in _PLATFORMS:
        raise _invalid(f"Platform Reason: {platform} is not supported")


def _check_credentials(call: Call) -> None:
    attributes = call.parameters.get("Attributes", {})
    for one, other in (
        ("PlatformPrincipal", "PlatformCredential"),
        ("PlatformCredential", "PlatformPrincipal"),
    ):
        if (
            one in attributes
            and other not in attributes
            and call.parameters.get("Platform") in ("ADM", "BAIDU")
        ):
            raise _invalid(f"Attributes Reason: {one} attribute provided without {other}")


def _check_there(member: str, noun: str, find: Callable[[str], object]) -> Callable[[Call], None]:
    def check(call: Call) -> None:
        arn = str(call.parameters.get(member, ""))
        if (parts := len(arn.split(":"))) < 6:
            raise _invalid(f"{member} Reason: An ARN must have at least 6 elements, not {parts}")
        if find(arn) is None:
            raise Refused("NotFound", f"{noun} does not exist", 404)

    return check


def _check_endpoint_attributes(call: Call) -> None:
    attributes: Mapping[str, str] = call.parameters.get("Attributes", {})
    for name, value in attributes.items():
        if name not in _ENDPOINT_ATTRIBUTES:
            raise _invalid(f"Attributes Reason: Invalid attribute name: {name}")
        if name == "CustomUserData" and len(value.encode("utf-8", "surrogatepass")) > _MAX_DATA_BYTES:
            raise _invalid(
                f"Attributes Reason: Invalid value for attribute: {name}: must be at most {_MAX_DATA_BYTES} bytes long "
                "in UTF-8 encoding"
            )


def _check_same_endpoint(call: Call) -> None:
    token = call.parameters.get("Token")
    for each in stores.platform_endpoints():
        present = each["attributes"]
        if (
            each["application_arn"] != call.parameters.get("PlatformApplicationArn")
            or present.get("Token") != token
        ):
            continue
        wanted = {
            "CustomUserData": call.parameters.get("CustomUserData"),
            **call.parameters.get("Attributes", {}),
        }
        if any(value is not None and value != present.get(name, "") for name, value in wanted.items()):
            raise _invalid(
                f"Token Reason: Endpoint {each['arn']} already exists with the same Token, but different attributes."
            )


RULES: tuple[Rule, ...] = (
    Rule(
        ("CreatePlatformApplication",),
        _check_name,
        (
            f"{_CASES}ApplicationCrud::test_create_platform_application_invalid_name[too-long]#invalid-application-name",
        ),
    ),
    Rule(
        ("CreatePlatformApplication",),
        _check_credentials,
        (
            f"{_CASES}ApplicationCrud::test_create_platform_application_invalid_attributes[missing-credential]#platform-application-no-attributes",
        ),
    ),
    Rule(
        _WITH_APPLICATION,
        _check_there("PlatformApplicationArn", "PlatformApplication", stores.platform_application),
        (f"{_CASES}EndpointCrud::test_create_platform_endpoint_non_existent_app#create-platform-endpoint",),
    ),
    Rule(
        _WITH_ENDPOINT,
        _check_there("EndpointArn", "Endpoint", stores.platform_endpoint),
        (
            f"{_CASES}EndpointCrud::test_get_platform_endpoint_attributes_non_existent_endpoint#set-platform-endpoint-attributes-non-existent-app",
        ),
    ),
    Rule(
        ("CreatePlatformEndpoint", "SetEndpointAttributes"),
        _check_endpoint_attributes,
        (
            f"{_CASES}EndpointCrud::test_set_platform_endpoint_attributes_invalid_attributes[Invalid_Name_Principal]#set-platform-endpoint-invalid-attributes",
        ),
    ),
    Rule(
        ("CreatePlatformEndpoint",),
        _check_same_endpoint,
        (
            f"{_CASES}EndpointCrud::test_create_platform_endpoint_idempotency#create-platform-endpoint-different-token",
        ),
    ),
)
