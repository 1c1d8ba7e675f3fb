r"""Endpoints: how a URL is read, and which servers are AWS's own.

Two programs that read one URL in two ways send a request to one server and check another one:
https://evil\@sts.us-east-1.amazonaws.com is AWS's STS for urllib.parse, and "evil" for urllib3. So a URL is
read here only, by the parser of the connection, and one that another parser could read in another way is
refused.

That a host name ends with amazonaws.com proves nothing: everybody can have a bucket, an API, a load balancer
or a virtual machine below it. AWS's own endpoints are those that botocore's rules give.

urllib3 and botocore are imported inside functions: the GUI thread imports this room.
"""

import functools
import itertools
import re
from dataclasses import dataclass

from workbench.aws import regions

_PORTS = {"http": 80, "https": 443}
# Not as a range up to the last character: that takes 2 ms to compile, at each start.
_AMBIGUOUS = re.compile(r"[\\#]|[^!-~]")
_AMBIGUOUS_IN_SETTING = re.compile(r"[\\#@?]|[^!-~]")
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")
_PASSWORD = re.compile(r"//[^/]*@")
_VARIANTS = ("UseFIPS", "UseDualStack", "UseGlobalEndpoint")
"""Parameters of botocore's rules that choose between AWS's hosts of one service in one region."""
_PLAIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]+))?(?:/.*)?", re.IGNORECASE)
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class AmbiguousUrlError(ValueError):
    """Programs may not agree on the server that a URL means. Its text is the URL, without a password."""

    def __init__(self, url: str) -> None:
        super().__init__(_PASSWORD.sub("//…@", url))


@dataclass(frozen=True, slots=True)
class Origin:
    """The server of a URL. `str` is how it is shown, and stored: "http://127.0.0.1:4566".

    Attributes:
        host: In lower case; an IPv6 address is in brackets.
        port: Never missing: 443 or 80 if the URL has none.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def contains(self, other: "Origin") -> bool:
        """Whether `other` is this server or, as a bucket's host name is, below it."""
        is_below = other.host == self.host or other.host.endswith(f".{self.host}")
        return is_below and (other.scheme, other.port) == (self.scheme, self.port)


def origin_of(url: str) -> Origin:
    """The server that a request to `url` connects to.

    Raises:
        AmbiguousUrlError: It is not an HTTP URL, or contains what parsers read differently.
    """
    return _parse(url, _AMBIGUOUS)


def origin_of_setting(url: str) -> Origin:
    r"""The server of an endpoint as it is written in a setting, where `@` and `?` are refused, too.

    Raises:
        AmbiguousUrlError: As for `origin_of`.
    """
    return _parse(url, _AMBIGUOUS_IN_SETTING)


def _parse(url: str, ambiguous: re.Pattern[str]) -> Origin:
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    if ambiguous.search(url):
        raise AmbiguousUrlError(url)
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise AmbiguousUrlError(url) from None
    scheme, host = parts.scheme or "", (parts.host or "").lower()
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].lower()
    # Nothing was decoded, normalized or skipped on the way: what is written is the host, and perhaps a port.
    is_plain = authority in (host, f"{host}:{parts.port}")
    if scheme not in _PORTS or not is_plain or not _HOST.fullmatch(host) or parts.port == 0:
        raise AmbiguousUrlError(url)
    return Origin(scheme, host, parts.port or _PORTS[scheme])


def shown(url: str) -> str:
    """The server of a URL, for a message; empty if it has none. Never raises."""
    try:
        return str(origin_of(url))
    except AmbiguousUrlError:
        return ""


_REACH_S = 3.0


def is_reachable(url: str) -> bool:
    """Whether the server of a URL, or the proxy on the way to it, takes a connection now. Never raises."""
    import socket
    from urllib import request

    try:
        server = origin_of(url)
        proxy = request.getproxies().get(server.scheme, "")
        if proxy and not request.proxy_bypass(server.host):
            server = origin_of(proxy)
        socket.create_connection((server.host.strip("[]"), server.port), _REACH_S).close()
    except (AmbiguousUrlError, OSError, UnicodeError):
        return False
    return True


def is_local(url: str) -> bool:
    """Whether the server of a URL is this computer. Never raises."""
    try:
        return origin_of(url).host in LOCAL_HOSTS
    except AmbiguousUrlError:
        return False


def is_aws(origin: Origin, service: str, region: str) -> bool:
    """Whether a server is AWS's endpoint of a service in a region, or its FIPS or dual-stack variant.

    Args:
        service: botocore's name of the service ("lambda").
    """
    return (origin.scheme, origin.port) == ("https", 443) and origin.host in _hosts(service, region)


def is_aws_domain(url: str) -> bool:
    """Whether a URL is encrypted, and its host below one of AWS's domains, as those of VPC endpoints are.

    Customers have hosts there, too: this tells AWS from an emulator, and does not make a server trusted.
    """
    try:
        origin = origin_of(url)
    except AmbiguousUrlError:
        return False
    return origin.scheme == "https" and regions.is_aws_host(origin.host)


def may_cost(url: str) -> bool:
    """Whether requests to an endpoint may reach AWS, which charges for some: of a VPC, or through a proxy.

    AWS's ports are the usual ones; emulators have others, or are on this computer. A guess, and no check of a
    server. Does not import what takes long.
    """
    found = _PLAIN.fullmatch(url)
    if not found:
        return True
    scheme, host, port = found[1].lower(), found[2].lower(), found[3]
    return host not in LOCAL_HOSTS and (not port or int(port) == _PORTS[scheme])


@functools.lru_cache(maxsize=256)
def _hosts(service: str, region: str) -> frozenset[str]:
    """AWS's hosts of a service in a region, by botocore's rules; empty for what botocore does not know.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
    """
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError, UnknownServiceError

    loader = regions.loader()
    try:
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
    except UnknownServiceError:
        return frozenset()
    provider = EndpointProvider(rules, loader.load_data("partitions"))
    variants = [name for name in _VARIANTS if name in provider.ruleset.parameters]
    found = set()
    for values in itertools.product((False, True), repeat=len(variants)):
        try:
            url = provider.resolve_endpoint(Region=region, **dict(zip(variants, values, strict=True))).url
            found.add(origin_of(url).host)
        except (EndpointProviderError, AmbiguousUrlError):
            continue  # the partition has no such variant
    return frozenset(found)
