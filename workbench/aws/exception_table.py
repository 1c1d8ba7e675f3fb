"""The table of what goes wrong before AWS answers: files, credentials, the network. Data only.

Rows are named by an exception's class or one of its bases. Texts may quote the details of a botocore
exception by their names. Never quoted are what a credential helper printed and what a configuration file
holds: both may be secrets.
Source: exceptions.py, credentials.py, tokens.py and utils.py of botocore 1.43.
"""

from workbench.aws.error_rule import Rows, Rule, by_name, on

_EDIT = "Correct it in the AWS configuration files, then reload."
_NETWORK = "Check the network, then try again."
_SSO = "Run “aws sso login” for the profile, then try again."
_LOGIN = "Run “aws login” for the profile, then try again."
_RETRY = "connection.retry"
_RELOAD = "profile.reload"
_CHOOSE = "profile.choose"
_REGION = "profile.choose_region"

_FILES: Rows = (
    on(
        "ProfileNotFound",
        Rule(
            "The profile “{profile}” is not in the AWS configuration files.", "Reload the profiles.", _RELOAD
        ),
    ),
    on(
        "ConfigParseError",
        Rule(
            "{path}{line} cannot be read, and with it every profile.",
            "Correct the line, then reload.",
            _RELOAD,
        ),
    ),
    on(
        "PartialCredentialsError",
        Rule("The key is only half there: {cred_var} is missing ({provider}).", _EDIT, _RELOAD),
    ),
    on(
        "InfiniteLoopConfigError",
        Rule("The roles of the profiles form a loop: {visited_profiles} → {source_profile}.", _EDIT, _RELOAD),
    ),
    on(
        "InvalidConfigError",
        Rule("The profile points to a missing one. {error_msg}", _EDIT, _RELOAD, message="does not exist"),
        Rule("The profile is not consistent. {error_msg}", _EDIT, _RELOAD),
    ),
    on("NoRegionError", Rule("No region is chosen.", "Choose a region.", _REGION)),
    on("InvalidRegionError", Rule("“{region_name}” is no region.", "Choose a region.", _REGION)),
)
_CREDENTIALS: Rows = (
    on(
        "NoCredentialsError",
        Rule("There are no credentials here.", "Add some to the profile, or choose another.", _CHOOSE),
    ),
    on("SSOTokenLoadError", Rule("You are not signed in to IAM Identity Center.", _SSO, _RETRY)),
    on(
        "TokenRetrievalError UnauthorizedSSOTokenError",
        Rule("The sign-in to IAM Identity Center has expired.", _SSO, _RETRY),
    ),
    on("LoginTokenLoadError LoginRefreshRequired", Rule("The console sign-in has ended.", _LOGIN, _RETRY)),
    on("LoginError", Rule("The console sign-in could not be renewed. {message}", _LOGIN, _RETRY)),
    on(
        "RefreshWithMFAUnsupportedError",
        Rule("The session has expired, and a new one needs an MFA code.", "Choose another profile.", _CHOOSE),
    ),
    on(
        "MissingDependencyException",
        Rule("This installation lacks what the profile needs. {msg}", "Install Workbench again."),
    ),
    on(
        "CredentialRetrievalError",
        Rule(
            "The profile's credential helper failed.",
            "Run its credential_process in a terminal to see what it says.",
            _RETRY,
            message="custom-process",
        ),
        Rule("No credentials came from where the profile says ({provider}).", _EDIT, _RETRY),
    ),
    on(
        "JSONDecodeError UnicodeDecodeError",
        Rule(
            "The profile's credential helper, or a cache of credentials, holds something else than JSON.",
            "Run the profile's credential_process in a terminal, or sign in again.",
            _RETRY,
        ),
    ),
    on(
        "EOFError",
        Rule(
            "The profile asks something on a terminal, and there is none.", "Choose another profile.", _CHOOSE
        ),
    ),
    on(
        "KeyError",
        Rule(
            "The stored sign-in to IAM Identity Center is damaged.", _SSO, _RETRY, message="^'[0-9a-f]{40}'$"
        ),
        Rule("The credentials lack {message}.", _EDIT, _RELOAD),
    ),
    on(
        "FileNotFoundError",
        Rule(
            "“{file}” was not found. The profile names it as a helper program or as a token's file.",
            _EDIT,
            _RELOAD,
        ),
    ),
    on(
        "PermissionError",
        Rule("“{file}” may not be read or run by this user.", "Change its permissions.", _RETRY),
    ),
    on("OSError", Rule("{file} {reason}", "Try again.", _RETRY)),
)
_TRANSPORT: Rows = (
    on("EndpointConnectionError", Rule("There is no connection to {endpoint_url}.", _NETWORK, _RETRY)),
    on("ConnectTimeoutError", Rule("{endpoint_url} did not take the connection in time.", _NETWORK, _RETRY)),
    on(
        "ReadTimeoutError",
        Rule(
            "{endpoint_url} took too long to answer.",
            "Look whether it was done all the same, then try again.",
            _RETRY,
        ),
    ),
    on(
        "ProxyConnectionError",
        Rule(
            "There is no connection to the proxy.", "Check HTTPS_PROXY and NO_PROXY, then try again.", _RETRY
        ),
    ),
    on(
        "SSLError",
        Rule(
            "This computer does not trust the certificate of {endpoint_url}. Maybe a proxy reads along.",
            "Name your organisation's certificates as ca_bundle in the profile, or in AWS_CA_BUNDLE.",
            _RETRY,
        ),
    ),
    on(
        "ConnectionClosedError",
        Rule(
            "The connection broke before the whole answer came.",
            "Look whether it was done all the same, then try again.",
            _RETRY,
        ),
    ),
    on(
        "IncompleteReadError ResponseStreamingError ProtocolError ChecksumError",
        Rule("The answer broke off or was damaged on its way.", "Try again.", _RETRY),
    ),
    on("HTTPClientError ConnectionError", Rule("The connection failed.", _NETWORK, _RETRY)),
    on(
        "ResponseParserError",
        Rule(
            "What answered is not AWS: the page of a proxy or of a guest network, or another server.",
            "Check the network and the profile's endpoint.",
            _RETRY,
        ),
    ),
)
_REQUEST: Rows = (
    on("ParamValidationError", Rule("The request is not valid. {report}", "Correct the value.")),
    on("EndpointProviderError", Rule("The endpoint is not known. {msg}", "Choose a region.", _REGION)),
    on(
        "UnknownEndpointError",
        Rule("{service_name} is not offered in {region_name}.", "Choose a region.", _REGION),
    ),
    on("PaginationError", Rule("AWS's listing does not end: the same page came again.", "Try again.")),
)

EXCEPTIONS = by_name((*_FILES, *_CREDENTIALS, *_TRANSPORT, *_REQUEST))
"""Name of a class -> its rules."""
