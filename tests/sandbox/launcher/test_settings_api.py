"""Settings of a function that MiniStack does not serve by itself."""

import pytest

from tests.sandbox.launcher.server import Server

CODE = "def handler(event, context): return 1\n"


def test_runtime_management_is_kept(server: Server) -> None:
    client = server.client("lambda")
    server.create("managed", CODE)
    assert client.get_runtime_management_config(FunctionName="managed")["UpdateRuntimeOn"] == "Auto"
    client.put_runtime_management_config(FunctionName="managed", UpdateRuntimeOn="FunctionUpdate")
    assert client.get_runtime_management_config(FunctionName="managed")["UpdateRuntimeOn"] == "FunctionUpdate"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_runtime_management_config(FunctionName="nobody")


def test_what_is_provisioned_is_listed(server: Server) -> None:
    client = server.client("lambda")
    server.create("ready", CODE)
    client.publish_version(FunctionName="ready")
    listed = client.list_provisioned_concurrency_configs
    assert listed(FunctionName="ready")["ProvisionedConcurrencyConfigs"] == []
    client.put_provisioned_concurrency_config(
        FunctionName="ready", Qualifier="1", ProvisionedConcurrentExecutions=3
    )
    (config,) = listed(FunctionName="ready")["ProvisionedConcurrencyConfigs"]
    assert config["FunctionArn"].endswith(":ready:1")
    assert config["RequestedProvisionedConcurrentExecutions"] == 3


def test_changing_asynchronous_settings_leaves_the_others(server: Server) -> None:
    client = server.client("lambda")
    server.create("asynchronous", "def handler(event, context): pass\n")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="EventInvokeConfig"):
        client.update_function_event_invoke_config(FunctionName="asynchronous", MaximumRetryAttempts=0)
    client.put_function_event_invoke_config(FunctionName="asynchronous", MaximumEventAgeInSeconds=60)
    client.update_function_event_invoke_config(FunctionName="asynchronous", MaximumRetryAttempts=0)
    now = client.get_function_event_invoke_config(FunctionName="asynchronous")
    assert (now["MaximumEventAgeInSeconds"], now["MaximumRetryAttempts"]) == (60, 0)
