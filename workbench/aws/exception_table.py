"""The table of what goes wrong before AWS answers: files, credentials, the network. Data only.

Rows are named by an exception's class or one of its bases. Texts may quote the details of a botocore
exception by their names. Never quoted are what a credential helper printed and what a configuration file
holds: both may be secrets.
Source: exceptions.py, credentials.py, tokens.py and utils.py of botocore 1.43.
"""

from workbench.aws.error_rule import Rows, Rule, by_name, on

_CORRECT = "Correct the profile."
_NETWORK = "Check the network, then try again."
_SIGN_IN_AGAIN = "Sign in, then try again."
_RETRY = "connection.retry"
_RELOAD = "profile.reload"
_CHOOSE = "profile.choose"
_EDIT = "profile.edit"
_SIGN_IN = "profile.sign_in"
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
            "Correct the line in an editor.",
            "profile.open_file",
        ),
    ),
    on(
        "PartialCredentialsError",
        Rule("The key is only half there: {cred_var} is missing ({provider}).", _CORRECT, _EDIT),
    ),
    on(
        "InfiniteLoopConfigError",
        Rule(
            "The roles of the profiles form a loop: {visited_profiles} → {source_profile}.", _CORRECT, _EDIT
        ),
    ),
    on(
        "InvalidConfigError",
        Rule("The profile points to a missing one. {error_msg}", _CORRECT, _EDIT, message="does not exist"),
        Rule("The profile is not consistent. {error_msg}", _CORRECT, _EDIT),
    ),
    on("NoRegionError", Rule("No region is chosen.", "Choose a region.", _REGION)),
    on("InvalidRegionError", Rule("“{region_name}” is no region.", "Choose a region.", _REGION)),
)
_CREDENTIALS: Rows = (
    on(
        "NoCredentialsError",
        Rule("There are no credentials here.", "Add some to the profile, or choose another.", _EDIT),
    ),
    on("SSOTokenLoadError", Rule("You are not signed in to IAM Identity Center.", _SIGN_IN_AGAIN, _SIGN_IN)),
    on(
        "TokenRetrievalError UnauthorizedSSOTokenError",
        Rule("The sign-in to IAM Identity Center has expired.", _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "LoginTokenLoadError LoginRefreshRequired",
        Rule("The console sign-in has ended.", _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on("LoginError", Rule("The console sign-in could not be renewed. {message}", _SIGN_IN_AGAIN, _SIGN_IN)),
    on(
        "RefreshWithMFAUnsupportedError",
        Rule("The session has expired, and a new one needs an MFA code.", _SIGN_IN_AGAIN, _SIGN_IN),
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
        Rule("No credentials came from where the profile says ({provider}).", _CORRECT, _EDIT),
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
            "The stored sign-in to IAM Identity Center is damaged.",
            _SIGN_IN_AGAIN,
            _SIGN_IN,
            message="^'[0-9a-f]{40}'$",
        ),
        Rule("The credentials lack {message}.", _CORRECT, _EDIT),
    ),
    on(
        "FileNotFoundError",
        Rule(
            "“{file}” was not found. The profile names it as a helper program or as a token's file.",
            _CORRECT,
            _EDIT,
        ),
    ),
    on(
        "PermissionError",
        Rule("“{file}” may not be read or run by this user.", "Change its permissions.", _RETRY),
    ),
    on("OSError", Rule("{file} {reason}", "Try again.", _RETRY)),
    on(
        "RuntimeError",
        Rule(
            "The keys that the profile gets have run out already.",
            "Sign in again where they come from, then try again.",
            _RETRY,
            message="still expired",
        ),
    ),
    on(
        "ValueError",
        Rule(
            "The profile's endpoint is no address of a server.",
            _CORRECT,
            _EDIT,
            message="^Invalid endpoint",
        ),
    ),
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
        "IncompleteReadError ResponseStreamingError ProtocolError ChecksumError DamagedAnswerError",
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
