"""Calls of the AWS SDKs in JavaScript and TypeScript: commands of version 3, clients of versions 2 and 3.

There is no parser of JavaScript here: comments, strings and regular expressions are told apart from code, and
the few forms that the SDKs' documentation shows are recognized in the rest.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.aws.services import operation_named, service_named
from workbench.code.found_call import CONTAINERS, COPY_SOURCE, Arguments, FoundCall, Value
from workbench.code.javascript import without_comments

_NAME = r"(?<![\w$])[A-Za-z_$][\w$]*+"  # whole: names of a stranger may be as long as the file
_CLIENT, _DOCUMENT, _STORAGE, _V2 = (
    "@aws-sdk/client-",
    "@aws-sdk/lib-dynamodb",
    "@aws-sdk/lib-storage",
    "aws-sdk",
)
_DOCUMENT_OPERATIONS = {
    "batchexecutestatement": "BatchExecuteStatement",
    "batchget": "BatchGetItem",
    "batchwrite": "BatchWriteItem",
    "delete": "DeleteItem",
    "executestatement": "ExecuteStatement",
    "executetransaction": "ExecuteTransaction",
    "get": "GetItem",
    "put": "PutItem",
    "query": "Query",
    "scan": "Scan",
    "transactget": "TransactGetItems",
    "transactwrite": "TransactWriteItems",
    "update": "UpdateItem",
}
"""What the document clients of DynamoDB call, in lower case."""
_S3_METHODS = {"upload": "PutObject", "headbucket": "HeadBucket"}
_IMPORT = re.compile(
    rf"\bimport\s+(?:type\s+)?((?:{_NAME}\s*,\s*)?(?:\{{[^{{}}]{{0,4000}}\}}|\*\s*as\s+{_NAME}|{_NAME}))"
    r"\s*from\s*(['\"])"
)
_REQUIRE = re.compile(
    rf"\b(?:const|let|var)\s+(\{{[^{{}}]{{0,4000}}\}}|{_NAME})\s*=\s*[^;=\n]{{0,80}}?(?:require|import)\s*\(\s*(['\"])"
)
_REQUIRE_MEMBER = re.compile(rf"\s*['\"]\s*\)+\s*\.\s*({_NAME})")
_NEW = re.compile(rf"\bnew\s+({_NAME}(?:\s*\.\s*{_NAME}){{0,3}})\s*\(")
_ASSIGNED = re.compile(
    rf"((?:this\s*\.\s*)?#?{_NAME})\s*(?::\s*[\w$.<>\s]{{1,80}})?(?<![=!<>])=(?!=)\s*[\w$.\s(]{{0,80}}$"
)
_METHOD = re.compile(rf"((?:\bthis\s*\.\s*)?#?{_NAME})\s*(?:\?\s*)?\.\s*({_NAME})\s*\(")
_FROM = re.compile(rf"({_NAME})\s*\.\s*from\s*\(")
_FUNCTION = re.compile(rf"(?<![.\w$])({_NAME})\s*\(")
_CONSTANT = re.compile(rf"\b(?:const|let|var)\s+({_NAME})\s*(?::\s*string)?\s*=\s*")
_FROM_ENVIRONMENT = re.compile(r"\b(?:const|let|var)\s+\{([^{}]{0,2000})\}\s*=\s*process\s*\.\s*env\b")
_ENVIRONMENT = re.compile(rf"process\s*\.\s*env\s*(?:\.\s*({_NAME})|\[\s*(['\"]))!?")
_DEFAULT = re.compile(r"\s*(?:\?\?|\|\|)\s*(['\"])")
_KEY = re.compile(rf"({_NAME})\s*(:|(?=[,}}]))\s*")
_MEMBER = re.compile(rf"[()\[\]{{}}]|{_KEY.pattern}")
_OBJECT = re.compile(rf"({_NAME})\s*(?::[^=;\n]{{1,80}})?=\s*\{{")
_ONLY_ARGUMENT = re.compile(rf"\s*({_NAME})\s*\)")
_IDENTIFIER = re.compile(rf"({_NAME})\s*(?=[,}})\];]|$)")
_MAX_ARGUMENT = 20_000


@dataclass(frozen=True, slots=True)
class _Import:
    """What a local name means: a name of a module; empty for the module itself."""

    module: str
    name: str


def javascript_calls(path: str, text: str) -> Iterator[FoundCall]:
    """The calls in one file."""
    if "aws-sdk" in text:
        yield from _Script(path, text).calls()


class _Script:
    """One file.

    Its code is kept twice, with the same length: with its strings, and with their contents blanked, so that
    what is found in the code is no text of a string.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text, self._code = without_comments(text)
        self._imports = dict(self._imported())
        self._constants = self._known_constants()
        self._objects: dict[str, list[int]] = {}  # where the objects begin that a name is given
        for match in _OBJECT.finditer(self._code):
            self._objects.setdefault(match[1], []).append(match.end())

    def calls(self) -> Iterator[FoundCall]:
        """The calls, in no particular order."""
        clients: dict[str, tuple[str, bool]] = {}  # service, and whether it is a document client
        for match in _NEW.finditer(self._code):
            found = self._made(match[1])
            if found is None:
                continue
            service, operation, is_document = found
            if operation:
                yield self._call(match.start(), match.end(), service, operation)
            elif name := self._assigned(match.start()):
                clients[name] = service, is_document
        for match in _FROM.finditer(self._code):
            known = self._imports.get(match[1])
            is_document = known == _Import(_DOCUMENT, "DynamoDBDocument")
            if is_document and (name := self._assigned(match.start())):
                clients[name] = "dynamodb", True
        yield from self._methods(clients)
        for match in _FUNCTION.finditer(self._code):
            known = self._imports.get(match[1])
            if known is not None and known.name.startswith("paginate"):
                service = _service_of(known.module)
                operation = _operation(
                    service, known.name.removeprefix("paginate"), known.module == _DOCUMENT
                )
                if operation:
                    yield self._call(match.start(), match.end(), service, operation)

    def _methods(self, clients: Mapping[str, tuple[str, bool]]) -> Iterator[FoundCall]:
        for match in _METHOD.finditer(self._code):
            client = clients.get(_compact(match[1]))
            if client is None:
                continue
            (service, is_document), method = client, match[2]
            if method in ("getSignedUrl", "getSignedUrlPromise"):
                method = self._string_at(match.end())
            elif method == "createPresignedPost":
                method = "putObject"
            if operation := _operation(service, method, is_document):
                yield self._call(match.start(), match.end(), service, operation)

    def _made(self, expression: str) -> tuple[str, str, bool] | None:
        """What `new X` makes: service, the operation of a command (empty for a client), document client."""
        names = _compact(expression).split(".")
        known = self._imports.get(names[0])
        if known is None:
            return None
        names = [*filter(None, (known.name,)), *names[1:]]
        if known.module.startswith(_V2):
            if known.module.startswith(f"{_V2}/clients/") and known.name in ("", "default"):
                names = [known.module.rpartition("/")[2], *names]
            if not names:
                return None
            if names[-1] == "DocumentClient":
                return "dynamodb", "", True
            service = service_named(names[0])
            return (service, "", False) if service else None
        service, name = _service_of(known.module), names[-1] if names else ""
        if not service or not name:
            return None
        if known.module == _STORAGE:
            return ("s3", "PutObject", False) if name == "Upload" else None
        if name.endswith("Command"):
            operation = _operation(service, name.removesuffix("Command"), known.module == _DOCUMENT)
            return (service, operation, False) if operation else None
        return (service, "", False) if not name.endswith("Client") else None

    def _call(self, begin: int, inside: int, service: str, operation: str) -> FoundCall:
        line = self._code.count("\n", 0, begin) + 1
        return FoundCall(self._path, line, service, operation, self._arguments(inside))

    def _assigned(self, begin: int) -> str:
        """The variable or attribute that an expression is assigned to; empty for none."""
        before = self._code[max(0, begin - 300) : begin]
        match = _ASSIGNED.search(before.rpartition(";")[2])
        return _compact(match[1]) if match else ""

    # Imports and constants ----------------------------------------------------------------------------------

    def _imported(self) -> Iterator[tuple[str, _Import]]:
        for pattern in (_IMPORT, _REQUIRE):
            for match in pattern.finditer(self._code):
                module = self._string_from(match.end() - 1)
                if not module.startswith(("@aws-sdk/", _V2)):
                    continue
                member = _REQUIRE_MEMBER.match(self._code, match.end() + len(module))
                if member and pattern is _REQUIRE:
                    yield match[1], _Import(module, member[1])
                    continue
                yield from _names_in(match[1], module)

    def _known_constants(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for match in _FROM_ENVIRONMENT.finditer(self._code):
            for part in match[1].split(","):
                name, _separator, local = part.partition(":")
                local = (local or name).partition("=")[0].strip()
                if re.fullmatch(_NAME, local):
                    found[local] = Value("", name.partition("=")[0].strip())
        for match in _CONSTANT.finditer(self._code):
            value = self._value_at(match.end(), found)
            if value is not None:
                found[match[1]] = value
        return found

    def _value_at(self, position: int, constants: Mapping[str, Value]) -> Value | None:
        """The value of the expression that begins here, if it is a literal, a variable or a constant."""
        if self._code[position : position + 1] in ("'", '"', "`") and (text := self._string_from(position)):
            return None if "${" in text else Value(text)
        if match := _ENVIRONMENT.match(self._code, position):
            name, end = match[1], match.end()
            if not name:
                name = self._string_from(match.end() - 1)
                end = self._code.find("]", end) + 1
            default = _DEFAULT.match(self._code, end)
            return Value(self._string_from(default.end() - 1) if default else "", name)
        match = _IDENTIFIER.match(self._code, position)
        return constants.get(match[1]) if match else None

    def _arguments(self, inside: int) -> Arguments:
        """The known members of the objects among the arguments that begin here."""
        begin, end = inside, _closing(self._code, inside - 1)
        variable = _ONLY_ARGUMENT.match(self._code, inside)
        if variable:
            begins = self._objects.get(variable[1], [])
            if not (number := bisect_left(begins, inside)):
                return ()
            begin, end = begins[number - 1], _closing(self._code, begins[number - 1] - 1)
        found: list[tuple[str, tuple[Value, ...]]] = []
        around, name = [""] if variable else [], ""
        for match in _MEMBER.finditer(self._code, begin, end):
            if match[0] in "([{":
                around.append(name)
                name = ""
            elif match[0] in ")]}":
                around[-1:] = []
                name = ""
            else:
                name, constants = match[1], self._constants
                value = self._value_at(match.end(), constants) if match[2] else constants.get(name)
                is_known = value is not None or name == COPY_SOURCE
                if is_known and CONTAINERS.issuperset(filter(None, around)):
                    found.append((name, (value,) if value is not None else ()))
        return tuple(found)

    def _string_from(self, position: int) -> str:
        """The string whose quote is here; empty if there is none."""
        quote = self._code[position : position + 1]
        end = self._code.find(quote, position + 1) if quote in ("'", '"', "`") else -1
        return self._text[position + 1 : end] if end > position else ""

    def _string_at(self, position: int) -> str:
        """The string that is the first argument."""
        match = re.compile(r"\s*").match(self._code, position)
        return self._string_from(match.end() if match else position)


def _names_in(clause: str, module: str) -> Iterator[tuple[str, _Import]]:
    """The local names of an import, or of a destructuring."""
    outside, _brace, rest = clause.partition("{")
    for part in rest.partition("}")[0].split(","):
        words = [each for each in re.split(r"\s+as\s+|\s*:\s*|\s+", part.strip()) if each and each != "type"]
        if words:
            yield words[-1], _Import(module, words[0])
    for part in outside.split(","):
        words = part.replace("*", " ").replace(" as ", " ").split()
        if words:
            yield words[-1], _Import(module, "")


def _service_of(module: str) -> str:
    """The service of a module of version 3, as botocore names it."""
    if module == _DOCUMENT:
        return "dynamodb"
    if module == _STORAGE:
        return "s3"
    return service_named(module.removeprefix(_CLIENT)) if module.startswith(_CLIENT) else ""


def _operation(service: str, method: str, is_document: bool) -> str:
    if not service or not method:
        return ""
    if is_document:
        return _DOCUMENT_OPERATIONS.get(method.lower(), "")
    if service == "s3" and method.lower() in _S3_METHODS:
        return _S3_METHODS[method.lower()]
    return operation_named(service, method)


def _compact(expression: str) -> str:
    return re.sub(r"\s+", "", expression)


def _closing(code: str, position: int) -> int:
    """The end of what the bracket at a position opens; at most `_MAX_ARGUMENT` characters on."""
    depth = 0
    for match in re.compile(r"[()\[\]{}]").finditer(code, position, position + _MAX_ARGUMENT):
        depth += 1 if match[0] in "([{" else -1
        if depth == 0:
            return match.end()
    return min(len(code), position + _MAX_ARGUMENT)
