"""What signing in works with, handed in by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.aws.session import Sessions
from workbench.profiles.mfa import MfaSessions
from workbench.profiles.sso.cache import TokenCache
from workbench.profiles.sso.clients import OidcClients
from workbench.profiles.write import ConfigWriter


@dataclass(frozen=True, slots=True, eq=False)
class SignInTools:
    """The parts of the program that know of sign-ins.

    Attributes:
        environ: Names the configuration files.
        sessions: Those that connections use; dropped once a sign-in has changed what they hold.
        mfa: Sign-ins with a code.
        clients: Of IAM Identity Center; live as long as the program.
        tokens: The stored sign-ins to IAM Identity Center.
        writer: Adds profiles to the configuration file.
        open_browser: Shows an address; False when there is no browser. Called on the main thread.
    """

    environ: Mapping[str, str]
    sessions: Sessions
    mfa: MfaSessions
    clients: OidcClients
    tokens: TokenCache
    writer: ConfigWriter
    open_browser: Callable[[str], bool]
