"""What AWS checks of requests to Lambda, in its order."""

from workbench.sandbox.launcher.door.call import Rule
from workbench.sandbox.launcher.door.rules import (
    lambda_aliases,
    lambda_code,
    lambda_functions,
    lambda_invoke,
    lambda_mappings,
    lambda_names,
    lambda_policies,
    lambda_tags,
    lambda_urls,
)

RULES: tuple[Rule, ...] = (
    *lambda_names.RULES,
    *lambda_code.RULES,
    *lambda_functions.RULES,
    *lambda_aliases.RULES,
    *lambda_policies.RULES,
    *lambda_urls.RULES,
    *lambda_mappings.RULES,
    *lambda_invoke.RULES,
    *lambda_tags.RULES,
)
