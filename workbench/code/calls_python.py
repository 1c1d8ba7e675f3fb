"""Calls of boto3 in Python: clients, resources, paginators, presigned URLs and the transfer methods of S3.

Modules are parsed and their assignments followed: names of the module, attributes of self, what functions
return, and imports of each other. Where several values reach a name, the last one counts.
"""

import ast
import warnings
from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass

from workbench.aws.services import ResourceAction, operation_named, resource_action, service_named
from workbench.code.found_call import CONTAINERS, COPY_SOURCE, Arguments, FoundCall, Value
from workbench.core.jobs import JobContext

_BOTO = ("boto3", "aioboto3", "botocore.session", "aiobotocore.session", "boto3.session")
_MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class _Boto:
    """The module boto3, or a session of it."""


@dataclass(frozen=True, slots=True)
class _Client:
    service: str


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource of boto3, such as a table; the service itself has no kind."""

    service: str
    kind: str = ""
    identifiers: Arguments = ()


@dataclass(frozen=True, slots=True)
class _Paginator:
    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class _Imported:
    """A name of another module, or with an empty name the module."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class _Environment:
    """os.environ."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts that an expression may have."""

    values: tuple[Value, ...]


_Known = _Boto | _Client | _Resource | _Paginator | _Imported | _Environment | _Texts
_Names = MutableMapping[str, _Known]


@dataclass(frozen=True, slots=True)
class _Transfer:
    """A method of S3's clients that makes other requests.

    Attributes:
        operations: What it needs.
        names: Its arguments by position; empty for those that are no parameter.
    """

    operations: tuple[str, ...]
    names: tuple[str, ...]


_TRANSFERS: Mapping[str, _Transfer] = {
    "upload_file": _Transfer(("PutObject",), ("", "Bucket", "Key")),
    "upload_fileobj": _Transfer(("PutObject",), ("", "Bucket", "Key")),
    "download_file": _Transfer(("GetObject",), ("Bucket", "Key", "")),
    "download_fileobj": _Transfer(("GetObject",), ("Bucket", "Key", "")),
    "copy": _Transfer(("CopyObject",), ("CopySource", "Bucket", "Key")),
}
_OF_BUCKET: Mapping[str, _Transfer] = {
    "upload_file": _Transfer(("PutObject",), ("", "Key")),
    "upload_fileobj": _Transfer(("PutObject",), ("", "Key")),
    "download_file": _Transfer(("GetObject",), ("Key", "")),
    "download_fileobj": _Transfer(("GetObject",), ("Key", "")),
    "copy": _Transfer(("CopyObject",), ("CopySource", "Key")),
}
_OF_OBJECT: Mapping[str, _Transfer] = {
    "upload_file": _Transfer(("PutObject",), ()),
    "upload_fileobj": _Transfer(("PutObject",), ()),
    "download_file": _Transfer(("GetObject",), ()),
    "download_fileobj": _Transfer(("GetObject",), ()),
    "copy": _Transfer(("CopyObject",), ("CopySource",)),
}
_INJECTED = {"": _TRANSFERS, "Bucket": _OF_BUCKET, "Object": _OF_OBJECT, "ObjectSummary": _OF_OBJECT}


def python_calls(texts: Mapping[str, str], ctx: JobContext) -> Iterator[FoundCall]:
    """The calls in modules, which may import each other; one that cannot be parsed has none.

    Args:
        texts: The sources by path ("src/app.py").
    """
    trees = {path: tree for path, text in texts.items() if "import" in text and (tree := _parsed(text))}
    modules: dict[str, _Module] = {}
    for path, tree in trees.items():
        modules[_dotted(path)] = _Module(path, tree, modules)
    for _round in range(3):  # what one module exports, another one uses, and exports
        for module in modules.values():
            ctx.check()
            module.read()
    for module in modules.values():
        yield from module.calls


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Module:
    """One module: what its names mean, and its calls."""

    def __init__(self, path: str, tree: ast.Module, modules: Mapping[str, "_Module"]) -> None:
        self.path, self._tree, self._modules = path, tree, modules
        self.names: dict[str, _Known] = {}
        self.calls: dict[FoundCall, None] = {}
        self._attributes: dict[str, _Known] = {}  # of self, in any class
        self._returned: dict[str, _Known] = {}  # by the function's name
        self._evaluated: dict[int, _Known | None] = {}  # by the node's identity
        self._depth = 0

    def read(self) -> None:
        """Follows its statements; to be called again once other modules were read."""
        self._evaluated.clear()
        self._block(self._tree.body, self.names, function="")

    # Statements ---------------------------------------------------------------------------------------------

    def _block(self, body: list[ast.stmt], names: _Names, function: str) -> None:
        later: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] = []
        for statement in body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                later.append(statement)
            else:
                self._statement(statement, names, function)
        for definition in later:  # they see all names of the block
            inner: _Names = ChainMap({}, names)
            name = "" if isinstance(definition, ast.ClassDef) else definition.name
            self._block(definition.body, inner, name)

    def _statement(self, statement: ast.stmt, names: _Names, function: str) -> None:
        match statement:
            case ast.Import(names=imported):
                for each in imported:
                    name = each.asname or each.name.partition(".")[0]
                    names[name] = self._imported_module(each.name if each.asname else name)
            case ast.ImportFrom(module=module, names=imported, level=level):
                for each in imported:
                    names[each.asname or each.name] = self._imported_name(module or "", each.name, level)
            case ast.Assign(targets=targets, value=value):
                known = self._evaluate(value, names)
                for target in targets:
                    self._bind(target, known, names)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._bind(target, self._evaluate(value, names), names)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    known = self._evaluate(item.context_expr, names)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, known, names)
                self._block(body, names, function)
            case ast.Return(value=value) if value is not None:
                known = self._evaluate(value, names)
                if function and known is not None:
                    self._returned[function] = known
            case _:
                for child in ast.iter_child_nodes(statement):
                    self._child(child, names, function)

    def _child(self, node: ast.AST, names: _Names, function: str) -> None:
        if isinstance(node, ast.stmt):
            self._block([node], names, function)
        elif isinstance(node, ast.expr):
            self._evaluate(node, names)
        else:  # a handler of an exception, a case of match
            for child in ast.iter_child_nodes(node):
                self._child(child, names, function)

    def _bind(self, target: ast.expr, known: _Known | None, names: _Names) -> None:
        if isinstance(target, ast.Name):
            if known is not None:
                names[target.id] = known
            else:
                names.pop(target.id, None)
        elif isinstance(target, ast.Attribute) and known is not None:
            self._attributes[target.attr] = known

    def _imported_module(self, name: str) -> _Known:
        if name in _BOTO:
            return _Boto()
        return _Imported(name, "")

    def _imported_name(self, module: str, name: str, level: int) -> _Known:
        if level:
            package = _dotted(self.path).split(".")
            parts = package if self.path.endswith("__init__.py") else package[:-1]
            base = parts[: len(parts) - level + 1]
            module = ".".join((*base, module) if module else base)
        if module in _BOTO:
            return _Boto() if name in ("Session", "session", "get_session") else _Imported(module, name)
        if module == "os" and name == "environ":
            return _Environment()
        return _Imported(module, name)

    # Expressions --------------------------------------------------------------------------------------------

    def _evaluate(self, node: ast.expr, names: _Names) -> _Known | None:
        """What an expression means; notes the calls in it. None if that is unknown."""
        if self._depth > _MAX_DEPTH:
            return None
        if id(node) not in self._evaluated:  # arguments are looked at by what takes them, too
            self._depth += 1
            self._evaluated[id(node)] = self._expression(node, names)
            self._depth -= 1
        return self._evaluated[id(node)]

    def _expression(self, node: ast.expr, names: _Names) -> _Known | None:
        match node:
            case ast.Constant(value=str(text)):
                return _Texts((Value(text),))
            case ast.Name(id=name):
                return self._followed(names.get(name))
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(value, attr, names)
            case ast.Call():
                return self._call(node, names)
            case ast.Subscript(value=value, slice=key):
                known, of_key = self._evaluate(value, names), self._evaluate(key, names)
                return _variable(of_key) if isinstance(known, _Environment) else None
            case ast.BoolOp(values=values):
                return _first([self._evaluate(each, names) for each in values])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._evaluate(test, names)
                return _first([self._evaluate(each, names) for each in (body, orelse)])
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                known = self._evaluate(value, names)
                if isinstance(node, ast.NamedExpr):
                    self._bind(node.target, known, names)
                return known
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                found = [self._evaluate(each, names) for each in elements]
                texts = tuple(value for each in found if isinstance(each, _Texts) for value in each.values)
                return _Texts(texts) if texts else None
            case ast.Lambda(body=body):
                self._evaluate(body, ChainMap({}, names))
            case _:
                self._inside(node, names)
        return None

    def _inside(self, node: ast.AST, names: _Names) -> None:
        """The calls inside an expression that means nothing itself."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._evaluate(child, names)
            elif isinstance(child, ast.comprehension):
                self._inside(child, names)

    def _followed(self, known: _Known | None) -> _Known | None:
        """What a name of another module of the code means."""
        for _step in range(5):
            if not isinstance(known, _Imported) or not known.name:
                return known
            module = self._module(known.module)
            if module is None:
                whole = self._module(f"{known.module}.{known.name}".strip("."))
                return _Imported(f"{known.module}.{known.name}".strip("."), "") if whole else known
            found = module.names.get(known.name)
            if found is None:
                whole = self._module(f"{known.module}.{known.name}".strip("."))
                return _Imported(f"{known.module}.{known.name}".strip("."), "") if whole else known
            known = found
        return known

    def _module(self, name: str) -> "_Module | None":
        if name in self._modules:
            return self._modules[name]
        ends = f".{name}"
        return next((each for dotted, each in self._modules.items() if dotted.endswith(ends)), None)

    def _attribute(self, value: ast.expr, attr: str, names: _Names) -> _Known | None:
        known = self._evaluate(value, names)
        match known:
            case _Boto() if attr in ("session", "Session"):
                return known
            case _Imported(module="os", name="") if attr == "environ":
                return _Environment()
            case _Imported(module=module, name=""):
                if self._module(module) is None and self._module(f"{module}.{attr}") is None:
                    return _Imported(module, attr)
                return self._followed(_Imported(module, attr))
            case _Resource():
                return _collection(known, attr)
            case None if isinstance(value, ast.Name):
                return self._followed(self._attributes.get(attr))
        return None

    # Calls --------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, names: _Names) -> _Known | None:
        arguments = self._arguments(node, names)
        if isinstance(node.func, ast.Attribute):
            owner = self._evaluate(node.func.value, names)
            known = self._method(node, owner, node.func.attr, arguments, names)
            if known is not None or owner is not None:
                return known
            return self._returned.get(node.func.attr)
        if isinstance(node.func, ast.Name):
            known = self._followed(names.get(node.func.id))
            match known:
                case _Boto():
                    return known
                case _Imported(module=module, name="client" | "resource" as kind) if module in _BOTO:
                    return self._made(kind, node, names)
                case _Imported(module="os", name="getenv"):
                    return self._environment_get(node, names)
                case _Imported(module=module, name=name) if (other := self._module(module)) is not None:
                    return other._returned.get(name)
            return self._returned.get(node.func.id)
        self._evaluate(node.func, names)
        return None

    def _method(
        self, node: ast.Call, owner: _Known | None, method: str, arguments: Arguments, names: _Names
    ) -> _Known | None:
        match owner:
            case _Boto():
                if method in ("client", "create_client", "resource"):
                    return self._made("resource" if method == "resource" else "client", node, names)
                return owner if method in ("Session", "session", "get_session") else None
            case _Client(service=service):
                return self._of_client(node, service, method, arguments, names)
            case _Resource():
                return self._of_resource(node, owner, method, arguments, names)
            case _Paginator(service=service, operation=operation) if method == "paginate":
                self._note(node, service, operation, arguments)
            case _Environment() if method == "get":
                return self._environment_get(node, names)
            case _Imported(module="os", name="") if method == "getenv":
                return self._environment_get(node, names)
            case _Imported(module=module, name="") if (other := self._module(module)) is not None:
                return other._returned.get(method)
            case _Texts() if method in ("strip", "lower", "upper"):
                return owner if method == "strip" else None
        return None

    def _made(self, kind: str, node: ast.Call, names: _Names) -> _Known | None:
        """The client or resource that a call makes."""
        by_name = [each.value for each in node.keywords if each.arg == "service_name"]
        first = next(iter((*node.args, *by_name)), None)
        known = self._evaluate(first, names) if first is not None else None
        text = known.values[0].text if isinstance(known, _Texts) else ""
        service = service_named(text) if text else ""
        if not service:
            return None
        return _Client(service) if kind == "client" else _Resource(service)

    def _of_client(
        self, node: ast.Call, service: str, method: str, arguments: Arguments, names: _Names
    ) -> _Known | None:
        if service == "s3" and method in _TRANSFERS:
            self._transfer(node, _TRANSFERS[method], arguments, names)
        elif method == "get_paginator":
            if operation := self._operation_in(node, service, ("operation_name",), names):
                return _Paginator(service, operation)
        elif method == "generate_presigned_url":
            if operation := self._operation_in(node, service, ("ClientMethod",), names):
                self._note(node, service, operation, arguments)
        elif method == "generate_presigned_post" and service == "s3":
            self._note(
                node, service, "PutObject", (*self._by_position(node, ("Bucket", "Key"), names), *arguments)
            )
        elif operation := operation_named(service, method):
            self._note(node, service, operation, arguments)
        return None

    def _of_resource(
        self, node: ast.Call, owner: _Resource, method: str, arguments: Arguments, names: _Names
    ) -> _Known | None:
        transfers = _INJECTED.get(owner.kind, {}) if owner.service == "s3" else {}
        if owner.kind and method in transfers:
            self._transfer(node, transfers[method], (*arguments, *owner.identifiers), names)
            return None
        if owner.service == "dynamodb" and owner.kind == "Table" and method == "batch_writer":
            self._note(node, "dynamodb", "BatchWriteItem", _renamed(owner.identifiers, _OF_TABLE))
            return None
        found = resource_action(owner.service, owner.kind, method)
        if found is None:
            return None
        positional = self._by_position(node, tuple(found.inputs), names)
        given = _renamed((*positional, *arguments), found)
        known = _renamed(owner.identifiers, found)
        if found.operation:
            self._note(node, owner.service, found.operation, (*given, *known))
        if not found.kind:
            return None
        own = tuple((found.identifiers.get(name, name), values) for name, values in owner.identifiers)
        return _Resource(owner.service, found.kind, (*own, *positional, *arguments))

    def _transfer(self, node: ast.Call, transfer: _Transfer, arguments: Arguments, names: _Names) -> None:
        known = _renamed_s3((*self._by_position(node, transfer.names, names), *arguments))
        for operation in transfer.operations:
            self._note(node, "s3", operation, known)

    def _operation_in(self, node: ast.Call, service: str, keywords: tuple[str, ...], names: _Names) -> str:
        """The operation that an argument names."""
        by_name = [each.value for each in node.keywords if each.arg in keywords]
        first = next(iter((*node.args, *by_name)), None)
        known = self._evaluate(first, names) if first is not None else None
        return operation_named(service, known.values[0].text) if isinstance(known, _Texts) else ""

    def _by_position(self, node: ast.Call, parameters: tuple[str, ...], names: _Names) -> Arguments:
        found: list[tuple[str, tuple[Value, ...]]] = []
        for name, argument in zip(parameters, node.args, strict=False):
            if name == COPY_SOURCE:
                found += self._known_in(name, argument, names)
                continue
            known = self._evaluate(argument, names)
            if name and isinstance(known, _Texts):
                found.append((name, known.values))
        return tuple(found)

    def _arguments(self, node: ast.Call, names: _Names) -> Arguments:
        """The known arguments by name; the calls inside any of them are noted."""
        found: list[tuple[str, tuple[Value, ...]]] = []
        for argument in node.args:
            self._evaluate(argument, names)
        for keyword in node.keywords:
            found += self._known_in(keyword.arg or "", keyword.value, names)
        return tuple(found)

    def _known_in(self, name: str, node: ast.expr, names: _Names) -> Arguments:
        found: list[tuple[str, tuple[Value, ...]]] = []
        match node:
            case ast.Dict(keys=keys, values=values):
                members = [(self._key_of(key, names), value) for key, value in zip(keys, values, strict=True)]
                if name == "RequestItems":
                    found += [("TableName", key.values) for key, __ in members if key is not None]
                inner = [
                    self._known_in(key.values[0].text if key else "", value, names) for key, value in members
                ]
                if name in CONTAINERS or not name:
                    found += (each for known in inner for each in known)
                elif name == COPY_SOURCE:
                    found.append((name, _copy_source(dict(each for known in inner for each in known))))
            case ast.List(elts=elements) if any(isinstance(each, ast.Dict) for each in elements):
                for element in elements:
                    found += self._known_in(name, element, names)
            case _:
                known = self._evaluate(node, names)
                if name and isinstance(known, _Texts):
                    found.append((name, known.values))
                elif name == COPY_SOURCE:
                    found.append((name, ()))
        return tuple(found)

    def _key_of(self, key: ast.expr | None, names: _Names) -> _Texts | None:
        known = self._evaluate(key, names) if key is not None else None
        return known if isinstance(known, _Texts) else None

    def _environment_get(self, node: ast.Call, names: _Names) -> _Known | None:
        known = [self._evaluate(each, names) for each in node.args[:2]]
        default = known[1] if len(known) > 1 else None
        found = _variable(known[0] if known else None)
        if found is not None and isinstance(default, _Texts):
            return _Texts((Value(default.values[0].text, found.values[0].variable),))
        return found

    def _note(self, node: ast.Call, service: str, operation: str, arguments: Arguments) -> None:
        self.calls[FoundCall(self.path, node.lineno, service, operation, arguments)] = None


_OF_TABLE = ResourceAction("BatchWriteItem", {"Name": "TableName"})


def _copy_source(members: Mapping[str, tuple[Value, ...]]) -> tuple[Value, ...]:
    """The source of a copy as a text, if its members are literals."""
    parts = [each[0].text for name in ("Bucket", "Key") if (each := members.get(name))]
    return (Value("/".join(parts)),) if len(parts) == 2 and all(parts) else ()


def _first(known: list[_Known | None]) -> _Known | None:
    return next((each for each in known if each is not None), None)


def _variable(known: _Known | None) -> _Texts | None:
    """The value of an environment variable that a text names."""
    return _Texts((Value("", known.values[0].text),)) if isinstance(known, _Texts) else None


def _collection(owner: _Resource, attribute: str) -> _Known | None:
    """A collection of a resource ("objects" of a bucket)."""
    found = resource_action(owner.service, owner.kind, attribute)
    if found is None or not found.is_collection:
        return None
    return _Resource(owner.service, f"{owner.kind}.{attribute}", owner.identifiers)


def _renamed(known: Arguments, action: ResourceAction) -> Arguments:
    """The parameters of a request that the identifiers of a resource are sent as."""
    return tuple((action.parameters.get(name, name), values) for name, values in known)


def _renamed_s3(known: Arguments) -> Arguments:
    """The parameters of requests to S3: buckets and objects have other names for them."""
    names = {"Name": "Bucket", "BucketName": "Bucket", "ObjectKey": "Key"}
    return tuple((names.get(name, name), values) for name, values in known)
