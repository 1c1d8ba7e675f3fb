"""Who may speak to the Sandbox: programs of this computer, never a web page.

Owns: the rule. Must not know: what is served. Without it any page that the user visits could create and run a
function as the user: browsers send simple POSTs anywhere, and MiniStack answers
`Access-Control-Allow-Origin: *`.

WORKAROUND row 1: remove when MiniStack refuses foreign origins and hosts itself.
"""

from collections.abc import Iterable

from workbench.sandbox.launcher.asgi import Header, header_values

_ALLOWED_FETCH_SITES = ("none",)


class Guard:
    """Knows the names under which this server may be addressed.

    Args:
        port: The server's port.
    """

    def __init__(self, port: int) -> None:
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        # Browsers and resolvers keep *.localhost on this computer: S3's virtual hosts and API endpoints.
        self._suffix = f".localhost:{port}"

    def refusal(self, headers: Iterable[Header]) -> str:
        """Returns why a request is refused, '' when it is not."""
        headers = list(headers)
        if header_values(headers, b"origin"):
            return "Web pages cannot use the Sandbox."
        sites = header_values(headers, b"sec-fetch-site")
        if any(site not in _ALLOWED_FETCH_SITES for site in sites):
            return "Web pages cannot use the Sandbox."
        hosts = [host.lower() for host in header_values(headers, b"host")]
        if len(hosts) != 1 or not (hosts[0] in self._hosts or hosts[0].endswith(self._suffix)):
            return "The Sandbox only responds to requests to 127.0.0.1 and localhost."
        return ""
