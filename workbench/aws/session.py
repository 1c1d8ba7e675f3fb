"""botocore sessions: one per profile, cached, with shared service data.

They find credentials and settings. Clients of one session are created one at a time.
"""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from workbench.aws.client_config import (
    Access,
    AwsTime,
    StaticKeys,
    give_up_on_silence,
    probe_config,
    stream_uploads,
)
from workbench.aws.regions import loader
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _

Handler = tuple[str, Callable[..., Any]]
"""A botocore event pattern ("before-call.lambda") and its handler."""
HandlersFor = Callable[[Access], Sequence[Handler]]
"""Returns the handlers of one session; called once for each, so that they may have state."""
Prepare = Callable[[Any, Access], None]
"""Prepares a `botocore.session.Session` before its first use: adds credential providers to its chain."""
_Identity = tuple[str | None, StaticKeys | None]
_Stamp = tuple[tuple[int, int, int], ...]

_CREDENTIAL_SERVICES = ("sts", "sso", "sso-oidc", "signin")
_TAKES_FILES = ("lambda", "s3")
_FILES = (("AWS_CONFIG_FILE", "~/.aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))

NO_FILES: dict[str, tuple[None, None, str | None, None]] = {
    # name -> (configuration key, environment variable, default, conversion): only the default is kept
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Session:
    """Makes the clients of one identity. Credentials are found once and refreshed by botocore."""

    def __init__(
        self, access: Access, handlers: Sequence[Handler] = (), prepare: Prepare | None = None
    ) -> None:
        import botocore.session

        self._keys = access.keys
        self.aws_time = AwsTime()
        self.clients: dict[tuple[str, ...], Any] = {}  # created once, for all connections with this session
        self._lock = threading.Lock()
        self._session = botocore.session.Session(
            session_vars=NO_FILES if access.keys else None,
            profile=None if access.keys else access.profile_name,
        )
        self._session.register_component("data_loader", loader())
        for event, handler in handlers:
            self._session.register(event, handler)
        # For botocore's own requests on the way to credentials, whose defaults wait for five minutes.
        self._session.set_default_client_config(probe_config())
        for service in _CREDENTIAL_SERVICES:
            self._session.register(f"needs-retry.{service}", give_up_on_silence)
        if not access.keys:
            self._keep_credentials_local(access.region)
            if prepare is not None:
                prepare(self._session, access)

    def create_client(self, service: str, region: str, endpoint_url: str, config: Any) -> Any:
        """Makes a client. Slow the first time (the service's model is read); thread-safe."""
        keys = self._keys
        with self._lock:  # botocore sessions are not thread-safe
            client = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=endpoint_url or None,
                config=config,
                aws_access_key_id=keys.access_key_id if keys else None,
                aws_secret_access_key=keys.secret_access_key if keys else None,
                aws_session_token=(keys.session_token or None) if keys else None,
            )
        if service in _TAKES_FILES:
            stream_uploads(client)
        return client

    def credentials(self) -> StaticKeys | None:
        """The current keys, refreshed if necessary; None if there are none. Slow; thread-safe."""
        if self._keys:
            return self._keys
        with self._lock:
            found = self._session.get_credentials()
            keys = found.get_frozen_credentials() if found is not None else None
        return StaticKeys(keys.access_key or "", keys.secret_key or "", keys.token or "") if keys else None

    @property
    def ca_bundle(self) -> str:
        """The file of certificates that clients of this session trust; empty for botocore's own."""
        with self._lock:
            return str(self._session.get_config_variable("ca_bundle") or "")

    def _keep_credentials_local(self, region: str) -> None:
        """Removes three surprises from botocore's search for credentials.

        A profile without credentials falls through to the role of the container or virtual machine, which is
        another identity than the chosen one. A profile with an MFA device waits indefinitely at the terminal.
        And a role is assumed in the profile's region even if another one was chosen, and fails without any.
        """
        from botocore.credentials import create_credential_resolver

        resolver = create_credential_resolver(self._session, region_name=region)
        resolver.remove("container-role")
        resolver.remove("iam-role")
        # Not reached if a provider of ours precedes it (profiles/providers.py).
        vars(resolver.get_provider("assume-role"))["_prompter"] = _refuse_prompt
        self._session.register_component("credential_provider", resolver)


def variables_of(keys: StaticKeys | None) -> tuple[tuple[str, str], ...]:
    """Keys as the environment variables that every SDK reads; empty if there are none."""
    if keys is None:
        return ()
    token = (("AWS_SESSION_TOKEN", keys.session_token),) if keys.session_token else ()
    pairs = ("AWS_ACCESS_KEY_ID", keys.access_key_id), ("AWS_SECRET_ACCESS_KEY", keys.secret_access_key)
    return (*pairs, *token)


class Sessions:
    """The program's sessions, created on demand, and again when the configuration files have changed.

    Args:
        handlers: Registered on every session before its first client, so that no client bypasses them: the
            same for all, or made for each.
        prepare: Called with every session that reads the configuration files, before it finds credentials.
    """

    def __init__(
        self, handlers: HandlersFor | Sequence[Handler] = (), prepare: Prepare | None = None
    ) -> None:
        self._handlers_for = handlers if callable(handlers) else lambda __: handlers
        self._prepare = prepare
        self._lock = threading.Lock()
        self._sessions: dict[_Identity, tuple[_Stamp, Session]] = {}

    def get(self, access: Access) -> Session:
        """The session of the access's identity; its region and endpoint do not matter."""
        identity = (access.profile_name, access.keys)
        stamp = () if access.keys else _stamp_files()
        with self._lock:
            known, session = self._sessions.get(identity, (None, None))
            if session is None or known != stamp:
                session = Session(access, self._handlers_for(access), self._prepare)
                self._sessions[identity] = (stamp, session)
            return session

    def forget(self, access: Access) -> None:
        """Drops a useless session, so that the next one searches for credentials again."""
        with self._lock:
            self._sessions.pop((access.profile_name, access.keys), None)

    def forget_all(self) -> None:
        """Drops all sessions, because the configuration files changed or everybody must sign in again."""
        with self._lock:
            self._sessions.clear()


def _stamp_files() -> _Stamp:
    """Changes when the configuration files do."""
    stamps = []
    for variable, usual in _FILES:
        try:
            found = Path(os.environ.get(variable) or usual).expanduser().stat()
            stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
        except OSError:
            stamps.append((0, 0, 0))
    return tuple(stamps)


def _refuse_prompt(__: str) -> NoReturn:
    raise WorkbenchError(
        _("The profile needs an MFA code."),
        _(
            "Its role can only be assumed with a code from the MFA device, and Workbench cannot "
            "ask for it here."
        ),
        _("Sign in with a code, then try again."),
        action="profile.sign_in",
    )
