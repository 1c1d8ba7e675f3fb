"""Tables as ARNs name them. Must not know: event source mappings."""

from workbench.aws.arn import Arn
from workbench.aws.connection import Connection


def table_of(arn: str) -> str:
    """The ARN of the table that an ARN of a table or of its stream names."""
    return arn.partition("/stream/")[0]


def asked_name(connection: Connection, table_arn: str) -> str:
    """How DynamoDB is asked for a table: by its name, or, of another account, by its ARN."""
    own = Arn.parse(table_arn).account_id == connection.account_id
    return table_arn.rpartition("/")[2] if own else table_arn
