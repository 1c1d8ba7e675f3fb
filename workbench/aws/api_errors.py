"""What API Gateway answers about REST and HTTP APIs, and what to do. Data only.

Source: AWS's recorded answers (tests/aws/recorded_refusals.json).
"""

from workbench.aws.error_rule import Rows, Rule, on

_RELOAD = "function.refresh"

APIS: Rows = (
    on(
        "NotFoundException",
        Rule(
            "The API's method does not exist: it was deleted. {message}",
            "Reload the triggers.",
            _RELOAD,
            message="Method",
            operation="apigateway:",
        ),
        Rule(
            "The path does not exist in the API: it was deleted. {message}",
            "Reload the triggers.",
            _RELOAD,
            message="Resource",
            operation="apigateway:",
        ),
        Rule(
            "The API, or a part of it, does not exist in this account and region. {message}",
            "Reload the triggers, and check the region.",
            _RELOAD,
            operation="apigateway: apigatewayv2:",
        ),
    ),
    on(
        "BadRequestException",
        Rule(
            "The API's stage cannot be changed, because its deployment does not exist. {message}",
            "Deploy the API again.",
            message="Deployment id does not exist",
        ),
        Rule(
            "The function's URI in the API's integration is not valid. {message}",
            "Choose the function again, so that its ARN is complete.",
            message="ARN|HTTP endpoint|AWS_PROXY",
            operation="apigateway:PutIntegration",
        ),
        Rule(
            "The integration of the API's method is not valid. {message}",
            "Choose an HTTP method and the function again.",
            operation="apigateway:PutIntegration apigatewayv2:CreateIntegration "
            "apigatewayv2:UpdateIntegration",
        ),
        Rule(
            "The API's authorizer or request validator does not exist. {message}",
            "Choose an authorizer of this API, or another authorization type.",
            message="authorizer|Request Validator",
        ),
        Rule(
            "The API's method is not valid. {message}",
            "Correct the method's HTTP method, parameters or models.",
            operation="apigateway:PutMethod apigateway:UpdateMethod",
        ),
        Rule(
            "The settings of the API's stage are not valid. {message}",
            "Correct the stage's settings.",
            operation="apigateway:UpdateStage apigateway:CreateStage apigatewayv2:CreateStage "
            "apigatewayv2:UpdateStage apigateway:CreateDeployment",
        ),
        Rule(
            "The route key is not valid. {message}",
            "Enter an HTTP method, a space and a path that begins with a slash, or $default.",
            message="route key",
            operation="apigatewayv2:",
        ),
        Rule(
            "The API's settings are not valid. {message}",
            "Correct the API's settings: its description, endpoint type or compression.",
            operation="apigateway: apigatewayv2:",
        ),
    ),
    on(
        "ConflictException",
        Rule(
            "Routes of the API still lead to the integration. {message}",
            "Delete those routes first, or keep the integration.",
            message="referenced by the following Routes",
            operation="apigatewayv2:DeleteIntegration",
        ),
        Rule(
            "Another change of the API is in progress, or the name or path is taken. {message}",
            "Wait a moment, then try again. If it persists, choose another name or path.",
            operation="apigateway: apigatewayv2:",
        ),
    ),
    on(
        "SerializationException",
        Rule(
            "A value of the request has a type that API Gateway does not read. {message}",
            "Correct the value's type.",
            operation="apigateway: apigatewayv2:",
        ),
    ),
)
