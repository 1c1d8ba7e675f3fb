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
            "The profile “{profile}” does not exist in the AWS configuration files.",
            "Reload the profiles.",
            _RELOAD,
        ),
    ),
    on(
        "ConfigParseError",
        Rule(
            "{path}{line} cannot be read, so no profile can be used.",
            "Correct the line in a text editor.",
            "profile.open_file",
        ),
    ),
    on(
        "PartialCredentialsError",
        Rule("The credentials are incomplete: {cred_var} is missing ({provider}).", _CORRECT, _EDIT),
    ),
    on(
        "InfiniteLoopConfigError",
        Rule("The source profiles form a loop: {visited_profiles} → {source_profile}.", _CORRECT, _EDIT),
    ),
    on(
        "InvalidConfigError",
        Rule(
            "The profile refers to a profile that does not exist. {error_msg}",
            _CORRECT,
            _EDIT,
            message="does not exist",
        ),
        Rule("The profile is not valid. {error_msg}", _CORRECT, _EDIT),
    ),
    on("NoRegionError", Rule("No region is selected.", "Choose a region.", _REGION)),
    on("InvalidRegionError", Rule("“{region_name}” is not a valid region.", "Choose a region.", _REGION)),
)
_CREDENTIALS: Rows = (
    on(
        "NoCredentialsError",
        Rule(
            "No credentials were found.", "Add credentials to the profile, or choose another profile.", _EDIT
        ),
    ),
    on("SSOTokenLoadError", Rule("You are not signed in to IAM Identity Center.", _SIGN_IN_AGAIN, _SIGN_IN)),
    on(
        "TokenRetrievalError UnauthorizedSSOTokenError",
        Rule("The sign-in to IAM Identity Center has expired.", _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "LoginTokenLoadError LoginRefreshRequired",
        Rule("The console sign-in has expired.", _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on("LoginError", Rule("The console sign-in could not be renewed. {message}", _SIGN_IN_AGAIN, _SIGN_IN)),
    on(
        "RefreshWithMFAUnsupportedError",
        Rule("The session has expired. A new session needs an MFA code.", _SIGN_IN_AGAIN, _SIGN_IN),
    ),
    on(
        "MissingDependencyException",
        Rule("This installation lacks a component that the profile needs. {msg}", "Reinstall Workbench."),
    ),
    on(
        "CredentialRetrievalError",
        Rule(
            "The profile's credential helper failed.",
            "Run the profile's credential_process in a terminal to see its error.",
            _RETRY,
            message="custom-process",
        ),
        Rule("The profile's credential source ({provider}) returned no credentials.", _CORRECT, _EDIT),
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
            "The profile asks for input on a terminal, but there is no terminal.",
            "Choose another profile.",
            _CHOOSE,
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
        Rule("The credentials do not contain {message}.", _CORRECT, _EDIT),
    ),
    on(
        "FileNotFoundError",
        Rule(
            "“{file}” was not found. The profile uses it as a credential helper or token file.",
            _CORRECT,
            _EDIT,
        ),
    ),
    on(
        "PermissionError",
        Rule("You do not have permission to read or run “{file}”.", "Change its permissions.", _RETRY),
    ),
    on("OSError", Rule("{file} {reason}", "Try again.", _RETRY)),
    on(
        "RuntimeError",
        Rule(
            "The profile's credentials have already expired.",
            "Sign in again at their source, then try again.",
            _RETRY,
            message="still expired",
        ),
    ),
    on(
        "ValueError",
        Rule(
            "The profile's endpoint is not a valid URL.",
            _CORRECT,
            _EDIT,
            message="^Invalid endpoint",
        ),
    ),
)
_TRANSPORT: Rows = (
    on("EndpointConnectionError", Rule("Could not connect to {endpoint_url}.", _NETWORK, _RETRY)),
    on("ConnectTimeoutError", Rule("The connection to {endpoint_url} timed out.", _NETWORK, _RETRY)),
    on(
        "ReadTimeoutError",
        Rule(
            "The response from {endpoint_url} timed out.",
            "Check whether the request was completed, then try again.",
            _RETRY,
        ),
    ),
    on(
        "ProxyConnectionError",
        Rule("Could not connect to the proxy.", "Check HTTPS_PROXY and NO_PROXY, then try again.", _RETRY),
    ),
    on(
        "SSLError",
        Rule(
            "This computer does not trust the certificate of {endpoint_url}. A proxy might be "
            "inspecting the traffic.",
            "Set ca_bundle in the profile, or AWS_CA_BUNDLE, to your organization's certificates.",
            _RETRY,
        ),
    ),
    on(
        "ConnectionClosedError",
        Rule(
            "The connection was closed before the response was complete.",
            "Check whether the request was completed, then try again.",
            _RETRY,
        ),
    ),
    on(
        "IncompleteReadError ResponseStreamingError ProtocolError ChecksumError DamagedAnswerError",
        Rule("The response was incomplete or damaged.", "Try again.", _RETRY),
    ),
    on("HTTPClientError ConnectionError", Rule("The connection failed.", _NETWORK, _RETRY)),
    on(
        "ResponseParserError",
        Rule(
            "The response did not come from AWS, but from a proxy, a guest network or another server.",
            "Check the network and the profile's endpoint.",
            _RETRY,
        ),
    ),
)
_REQUEST: Rows = (
    on("ParamValidationError", Rule("The request is not valid. {report}", "Correct the value.")),
    on("EndpointProviderError", Rule("The endpoint is unknown. {msg}", "Choose a region.", _REGION)),
    on(
        "UnknownEndpointError",
        Rule("{service_name} is not available in {region_name}.", "Choose a region.", _REGION),
    ),
    on(
        "PaginationError",
        Rule("AWS returned the same page of the list again, so the list has no end.", "Try again."),
    ),
)

EXCEPTIONS = by_name(_FILES, _CREDENTIALS, _TRANSPORT, _REQUEST)
"""Name of a class -> its rules."""
