"""What AWS answers to a payload that cannot be read: text that is not JSON or XML, values of another type.

Sources: recorded answers ("class java.lang.Boolean can not be converted to an String" of API Gateway,
"MalformedXML" of S3, "Could not parse request body into json" of Lambda).
"""

from typing import Any

from workbench.sandbox.launcher.door.call import Refused
from workbench.sandbox.launcher.door.requests import NoOperation, NotReadable, Target
from workbench.sandbox.launcher.refusals import Protocol

_SERIALIZATION = "SerializationException"
_JAVA = {
    "string": "String",
    "boolean": "Boolean",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "timestamp": "Timestamp",
    "blob": "Blob",
}
_MALFORMED_XML = "The XML you provided was not well-formed or did not validate against our published schema"


def refusal_of(target: Target, error: NotReadable) -> Refused:
    """Returns the refusal of a request whose payload cannot be read."""
    service, protocol = target.service.name, target.protocol
    if protocol is Protocol.S3:
        if error.is_syntax:
            return Refused("MalformedXML", _MALFORMED_XML)
        return Refused("InvalidArgument", f"Provided argument is not of type {_java(error.kind)}")
    if protocol in (Protocol.QUERY, Protocol.EC2, Protocol.REST_XML):
        text = "Request is not well formed" if error.is_syntax else _converted(error)
        return Refused("MalformedInput", text)
    if service == "lambda" and error.is_syntax:
        return Refused(
            "InvalidRequestContentException",
            "Could not parse request body into json: Could not parse payload into json: "
            f"{error.detail or 'Unexpected character'}",
        )
    if error.is_syntax:
        return Refused(_SERIALIZATION, "Request body is not well formed")
    if protocol is Protocol.REST_JSON:
        return Refused(_SERIALIZATION, _cast(error))
    return Refused(_SERIALIZATION, _converted(error))


def refusal_of_unknown(error: NoOperation) -> Refused:
    """Returns the refusal of a request for an operation that the service does not have."""
    if error.protocol is Protocol.EC2:
        text = f"The action {error.detail} is not valid for this web service."
        return Refused("InvalidAction", text)
    if error.protocol is Protocol.QUERY:
        version = error.service.api_version
        text = f"Could not find operation {error.detail or 'unspecified'} for version {version}"
        return Refused("InvalidAction", text)
    is_rest = error.protocol in (Protocol.REST_JSON, Protocol.REST_XML)
    return Refused("UnknownOperationException", "", 404 if is_rest else 400)


def _java(kind: str) -> str:
    return _JAVA.get(kind, kind.capitalize())


def _cast(error: NotReadable) -> str:
    """The words of REST services."""
    value, wanted = error.value, _java(error.kind)
    if isinstance(value, dict | list):
        return (
            "Start of structure or map found where not expected."
            if isinstance(value, dict)
            else ("Start of list found where not expected")
        )
    if error.kind in ("structure", "map"):
        return "Unexpected token. Expected start of structure or map"
    if error.kind == "list":
        return "Expected list or null"
    return f"class {_class(value)} can not be converted to an {wanted}"


def _class(value: Any) -> str:
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, int | float):
        return "com.amazon.coral.value.json.numbers.TruncatingBigNumber"
    return "java.lang.String"


def _converted(error: NotReadable) -> str:
    """The words of services with one path."""
    value, wanted = error.value, _java(error.kind)
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    if error.kind in ("structure", "map"):
        return "Unexpected value type in payload"
    if error.kind == "list":
        return "Expected list or null"
    if isinstance(value, bool):
        token = "TRUE_VALUE" if value else "FALSE_VALUE"
    elif isinstance(value, int):
        token = "NUMBER_VALUE"
    elif isinstance(value, float):
        token = "DECIMAL_VALUE"
    else:
        token = "STRING_VALUE"
    return f"{token} can not be converted to {'an' if wanted[0] in 'IO' else 'a'} {wanted}"
