"""Clients for the services of IAM Identity Center: its sign-in service (SSO OIDC) and the access portal."""

import os
import threading
from collections.abc import Sequence
from typing import Any

from workbench.aws import service_data
from workbench.aws.access import Access
from workbench.aws.client_config import client_config
from workbench.aws.errors import translate
from workbench.aws.session import Handler
from workbench.profiles.sso.session import SsoSession

_READ_TIMEOUT_S = 10


class OidcClients:
    """Makes clients that sign nothing: a sign-in has no keys yet. Safe from any thread.

    Args:
        endpoint_url: Takes the place of AWS, for tests. AWS_ENDPOINT_URL is not heard: tokens go to AWS.
        handlers: Registered on the session.
    """

    def __init__(self, endpoint_url: str = "", handlers: Sequence[Handler] = ()) -> None:
        self._endpoint_url = endpoint_url
        self._handlers = tuple(handlers)
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def oidc(self, session: SsoSession) -> Any:
        """The client of the sign-in service."""
        return self._client("sso-oidc", session)

    def portal(self, session: SsoSession) -> Any:
        """The client of the access portal."""
        return self._client("sso", session)

    def _client(self, service: str, session: SsoSession) -> Any:
        key = (service, session.region, session.ca_bundle)
        with self._lock:
            if key not in self._clients:
                try:
                    self._clients[key] = self._make(service, session)
                except Exception as error:  # noqa: BLE001 - botocore lets any kind through
                    raise translate(
                        error, failure=f"Could not reach IAM Identity Center in {session.region}."
                    ) from None
            return self._clients[key]

    def _make(self, service: str, session: SsoSession) -> Any:
        import botocore.session
        from botocore import UNSIGNED
        from botocore.config import Config

        # No file is read: a broken one is no reason why nobody can sign in.
        sdk = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        sdk.register_component("data_loader", service_data.loader())
        for event, handler in self._handlers:
            sdk.register(event, handler)
        usual = client_config(
            Access(None, session.region, self._endpoint_url), _READ_TIMEOUT_S, retries=False
        )
        unsigned = Config(signature_version=UNSIGNED, ignore_configured_endpoint_urls=True)  # type: ignore[call-arg]  # the stubs lack it
        return sdk.create_client(
            service,
            region_name=session.region,
            endpoint_url=self._endpoint_url or None,
            verify=None if "AWS_CA_BUNDLE" in os.environ else session.ca_bundle or None,
            config=usual.merge(unsigned),
            aws_access_key_id="",  # given, so that none are looked for
            aws_secret_access_key="",
        )
