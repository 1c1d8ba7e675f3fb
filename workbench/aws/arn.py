"""Amazon Resource Names, taken apart and put together."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account_id:resource`.

    Attributes:
        resource: All after the account, such as "function:hello" or "role/service-role/name". It may hold
            colons and slashes.
    """

    partition: str
    service: str
    region: str
    account_id: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn":
        """Takes an ARN apart.

        Raises:
            ValueError: The text is not an ARN.
        """
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise ValueError(f"not an ARN: {text!r}")
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account_id}:{self.resource}"

    @property
    def resource_type(self) -> str:
        """The type: "function" of "function:hello", "role" of "role/name", empty for "my-bucket"."""
        kind, _, rest = self.resource.partition(self._separator)
        return kind if rest else ""

    @property
    def resource_id(self) -> str:
        """What follows the type: "hello:7" of "function:hello:7", "path/name" of "role/path/name"."""
        kind, _, rest = self.resource.partition(self._separator)
        return rest or kind

    @property
    def _separator(self) -> str:
        return min(":/", key=lambda mark: self.resource.find(mark) % (len(self.resource) + 1))

    def with_resource(self, resource: str) -> "Arn":
        """Another resource of the same service, region and account."""
        return replace(self, resource=resource)
