"""The Sandbox refuses what API Gateway refuses of REST APIs.

Sources are recorded cases of localstack/localstack (Apache-2.0).
"""

from typing import Any

import pytest

from tests.sandbox.door.world import Case, World

_API = "test_apigateway_api.py::"
_BAD, _GONE = "BadRequestException", "NotFoundException"
_URI = "arn:aws:apigateway:us-east-1:{}:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"


def _api(
    source: str, operation: str, message: str, code: str = _BAD, status: int = 400, **request: Any
) -> Case:
    return Case(source, operation, {"restApiId": "<api>", **request}, code, message, status)


def _new(source: str, message: str, **request: Any) -> Case:
    return Case(
        f"{_API}TestApiGatewayApiRestApi::{source}", "CreateRestApi", {"name": "n", **request}, _BAD, message
    )


def _method(source: str, message: str, http_method: str = "POST", **request: Any) -> Case:
    full = {"resourceId": "<root>", "httpMethod": http_method, "authorizationType": "NONE", **request}
    return _api(f"{_API}TestApiGatewayApiMethod::{source}", "PutMethod", message, **full)


def _integration(source: str, message: str, kind: str, uri: str, **request: Any) -> Case:
    full = {"resourceId": "<root>", "httpMethod": "GET", "type": kind, "uri": uri, **request}
    return _api(source, "PutIntegration", message, **full)


def _change(operation: str, op: str, path: str, value: str, message: str, **more: str) -> Case:
    change = {"op": op, "path": path, "value": value}
    request = {"restApiId": "<api>", "patchOperations": [change], **more}
    return Case(f"{_API}#{op} {path}", operation, request, _BAD, message)


_GET: dict[str, Any] = {"resourceId": "<root>", "httpMethod": "GET"}
_LAMBDA = "test_apigateway_lambda.py::test_put_integration_aws_proxy_uri#"
_POST = {"integrationHttpMethod": "POST"}
CASES = [
    *(
        Case(f"{_API}#{operation}", operation, {"restApiId": "api_id"}, _GONE, "Invalid API identifier specified 000000000000:api_id", 404)
        for operation in ("GetRestApi", "GetResources", "GetAuthorizers", "GetRequestValidators", "DeleteRestApi")
    ),
    _new("#create-empty-desc", "Description cannot be an empty string", description=""),
    _new("#string-compression-size", "Invalid minimum compression size, must be between 0 and 10485760", minimumCompressionSize=-1),
    _new("#create-with-empty-types", "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.", endpointConfiguration={"types": []}),
    _new("#create-with-two-types", "Cannot create an api with multiple Endpoint Types.", endpointConfiguration={"types": ["EDGE", "REGIONAL"]}),
    _new("#create-with-private-type-and-ipv4-ip-address-type", "Only dualstack ipAddressType is supported for Private APIs.", endpointConfiguration={"ipAddressType": "ipv4", "types": ["PRIVATE"]}),
    _api(f"{_API}TestApiGatewayApiResource#delete-subresource", "DeleteResource", "Invalid Resource identifier specified", _GONE, 404, resourceId="gone"),
    _api(f"{_API}TestApiGatewayApiMethod#delete-deleted-method-response", "DeleteMethod", "Invalid Method identifier specified", _GONE, 404, resourceId="<root>", httpMethod="PUT"),
    _api("API_CreateResource.html#part", "CreateResource", "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.", parentId="<root>", pathPart="a/b"),
    _method("#wrong-method", "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY", "WRONG"),
    _method("#missing-authorizer-id", "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.", authorizationType="CUSTOM"),
    _method("#invalid-request-validator", "Invalid Request Validator identifier specified", requestValidatorId="fake-validator"),
    _method("#invalid-model-name", "Invalid model identifier specified: petModel", requestModels={"application/json": "petModel"}),
    _method("#req-params-same-name", "Parameter names must be unique across querystring, header and path", requestParameters={"method.request.querystring.optional": False, "method.request.header.optional": False}),
    _method("#put-method-request-param-wrong-type", "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]", requestParameters={"method.request.path.testPath": True, "true": True}),
    _integration(f"{_LAMBDA}put-integration-lambda-uri", "AWS ARN for integration must contain path or action", "AWS_PROXY", "arn:aws:lambda:us-east-1:000000000000:function:f", **_POST),
    _integration(f"{_LAMBDA}put-integration-wrong-arn", "Invalid ARN specified in the request", "AWS_PROXY", "bad-arn:lambda:path/2015-03-31/functions/f/invocations", **_POST),
    _integration(f"{_LAMBDA}put-integration-wrong-firehose", "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.", "AWS_PROXY", _URI.format("firehose"), **_POST),
    _integration("test_apigateway_common.py#required-integration-method-HTTP", "Enumeration value for HttpMethod must be non-empty", "HTTP", "http://example.com"),
    _integration("test_apigateway_common.py#invalid-uri-HTTP", "Invalid HTTP endpoint specified for URI", "HTTP", "non-valid-http", **_POST),
    _integration(f"{_LAMBDA}put-integration-bad-lambda-arn", "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.", "AWS_PROXY", "arn:aws:apigateway:us-east-1:lambda:path/random/value/f/invocations", **_POST),
    _integration("test_apigateway_common.py#required-integration-method-HTTP_PROXY", "Enumeration value for HttpMethod must be non-empty", "HTTP_PROXY", "http://example.com"),
    Case(f"{_API}TestApiGatewayApiAuthorizer#wrong-rest-api-id-create-authorizer", "CreateAuthorizer", {"restApiId": "gone", "name": "n", "type": "TOKEN"}, "ConflictException", "Unable to complete operation due to concurrent modification. Please try again later.", 409),
    Case(f"{_API}TestApiGatewayApiRequestValidator#wrong-rest-api-id-create-validator", "CreateRequestValidator", {"restApiId": "gone", "name": "n"}, _BAD, "Invalid REST API identifier specified"),
    _change("UpdateRestApi", "add", "/binaryMediaTypes", "image/gif", "Invalid patch path /binaryMediaTypes"),
    _change("UpdateRestApi", "replace", "/minimumCompressionSize", "-1", "Invalid minimum compression size, must be between 0 and 10485760"),
    _change("UpdateRestApi", "replace", "/endpointConfiguration/ipAddressType", "wrong", "ipAddressType must be either ipv4 or dualstack."),
    _change("UpdateRestApi", "replace", "/endpointConfiguration/ipAddressType", "ipv4", "Only dualstack ipAddressType is supported for Private APIs.", restApiId="<private>"),
    _change("UpdateRestApi", "remove", "/endpointConfiguration/ipAddressType", "ipv4", "Invalid patch operation specified. Must be one of: [replace]"),
    _change("UpdateRestApi", "replace", "/endpointConfiguration/types/0", "wrong", "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"),
    _change("UpdateRestApi", "remove", "/endpointConfiguration/types/0", "EDGE", "Invalid patch operation specified. Must be 'add'|'remove'|'replace'"),
    _change("UpdateModel", "add", "/wrong-path", "x", "Invalid patch path  '/wrong-path' specified for op 'add'. Please choose supported operations", modelName="Error"),
    _change("UpdateModel", "replace", "/name", "x", "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]", modelName="Error"),
    _change("UpdateModel", "replace", "/schema", "", "Model schema must have at least 1 property or array items defined", modelName="Error"),
    _change("UpdateRequestValidator", "replace", "/invalidPath", "true", "Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]", requestValidatorId="<validator>"),
    _change("UpdateRequestValidator", "replace", "/name", "", "Request Validator name cannot be blank", requestValidatorId="<validator>"),
    _change("UpdateResource", "replace", "/invalid", "x", "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]", resourceId="<root>"),
    _change("UpdateStage", "add", "/accessLogSettings/randomValue", "x", "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]", stageName="dev"),
    _change("UpdateStage", "replace", "/accessLogSettings", "x", "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]", stageName="dev"),
    _change("UpdateStage", "remove", "/accessLogSettings/format", "", "Cannot remove method setting accessLogSettings/format because there is no method setting for this method ", stageName="dev"),
    _change("UpdateStage", "replace", "/accessLogSettings/format", "", "Access Log value must not be empty", stageName="dev"),
    _change("UpdateMethod", "add", "/operationName", "x", "Invalid patch operation specified. Must be one of: [replace]", **_GET),
    _change("UpdateMethod", "add", "/httpMethod", "PUT", "Invalid patch path /httpMethod", **_GET),
    _change("UpdateMethod", "replace", "/requestParameters", "x", "Invalid patch path /requestParameters", **_GET),
    _change("UpdateMethod", "add", "/requestModels/application/json", "Empty", "Invalid patch path /requestModels/application/json", **_GET),
    _change("UpdateMethod", "replace", "/requestValidatorId", "fake", "Invalid Request Validator identifier specified", **_GET),
    _change("UpdateMethod", "replace", "/authorizationType", "CUSTOM", "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.", **_GET),
    _change("UpdateMethodResponse", "remove", "/wrong/x", "x", "Invalid patch path /wrong/x", **_GET, statusCode="200"),
    _api(f"{_API}#model", "UpdateModel", "Invalid model name specified: mySchema", _GONE, 404, modelName="mySchema", patchOperations=[]),
    _api(f"{_API}#parameter", "UpdateMethodResponse", "Invalid parameter name specified", _GONE, 404, **_GET, statusCode="200", patchOperations=[{"op": "replace", "path": "/responseParameters/wrong", "value": "true"}]),
    _api(f"{_API}#content-type", "UpdateMethodResponse", "Content-Type specified was not found", _GONE, 404, **_GET, statusCode="200", patchOperations=[{"op": "remove", "path": "/responseModels/wrong"}]),
    _api(f"{_API}#status", "UpdateMethodResponse", "Invalid Response status code specified", _GONE, 404, **_GET, statusCode="201", patchOperations=[]),
    _api(f"{_API}#non-existent-status-code", "DeleteIntegrationResponse", "Invalid Response status code specified", _GONE, 404, **_GET, statusCode="201"),
    _api(f"{_API}#non-existent-method", "DeleteIntegrationResponse", "Invalid Integration identifier specified", _GONE, 404, resourceId="<root>", httpMethod="POST", statusCode="200"),
    _api(f"{_API}#invalid-responseTemplates-2", "PutIntegrationResponse", "Validation Result: warnings : [], errors : [Invalid content type specified: 123]", **_GET, statusCode="200", responseTemplates={"123": "{}"}),
    _api(f"{_API}#documentation", "GetDocumentationPart", "Invalid Documentation part identifier specified", _GONE, 404, documentationPartId="gone"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refused(world: World, case: Case) -> None:
    world.refuses("apigateway", case)


def test_what_is_there_already_is_refused(world: World) -> None:
    taken = _method("API_PutMethod.html#again", "Method already exists for this resource", "GET")
    again = Case(taken.source, taken.operation, taken.request, "ConflictException", taken.message, 409)
    world.refuses("apigateway", again)


def test_accepted(world: World) -> None:
    where = {"restApiId": "<api>", "resourceId": "<root>"}
    accepted: list[tuple[str, dict[str, Any]]] = [
        ("CreateRestApi", {"name": "second", "description": "d", "endpointConfiguration": {"types": ["REGIONAL"]}}),
        ("CreateResource", {"restApiId": "<api>", "parentId": "<root>", "pathPart": "{proxy+}"}),
        ("CreateResource", {"restApiId": "<api>", "parentId": "<root>", "pathPart": "a.b_c-d"}),
        ("PutMethod", {**where, "httpMethod": "ANY", "authorizationType": "NONE", "requestModels": {"application/json": "Empty"}, "requestParameters": {"method.request.querystring.a": True, "method.request.header.b": False}}),
        ("PutIntegration", {**where, "httpMethod": "ANY", "type": "AWS_PROXY", "uri": _URI.format("lambda"), **_POST}),
        ("PutIntegration", {**where, "httpMethod": "GET", "type": "MOCK"}),
        ("PutIntegration", {**where, "httpMethod": "GET", "type": "HTTP_PROXY", "uri": "https://example.com/a", **_POST}),
    ]  # fmt: skip
    for operation, request in accepted:
        world.call("apigateway", operation, request)
