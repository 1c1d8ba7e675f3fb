"""Other words by which the command palette finds actions, and the settings that it finds beside them."""

from PySide6.QtCore import QCoreApplication

from workbench.functions.model import FunctionDetail
from workbench.ui.configuring.labels import setting_title
from workbench.ui.configuring.sections import has_setting, sections
from workbench.ui.quick_pick import Pick

SETTING, CONFIGURATION = "setting:", "configuration:"
"""Beginnings of the ids of rows: a field of the settings dialog, a setting of the open function."""


def action_terms() -> dict[str, str]:
    """Action id to other words for it, parted by commas."""
    translate = QCoreApplication.translate
    return {
        "app.settings": translate("SearchTerms", "preferences, options"),
        "app.quit": translate("SearchTerms", "exit, close"),
        "file.go_to": translate("SearchTerms", "open file"),
        "file.save": translate("SearchTerms", "write"),
        "edit.find": translate("SearchTerms", "search"),
        "edit.find_in_files": translate("SearchTerms", "search, grep"),
        "edit.format": translate("SearchTerms", "beautify, reformat"),
        "code.compare": translate("SearchTerms", "diff, changes"),
        "code.compare_with": translate("SearchTerms", "diff"),
        "code.package_contents": translate("SearchTerms", "zip, size, include, exclude"),
        "dependencies.install": translate("SearchTerms", "pip, npm, requirements, packages, libraries"),
        "function.new": translate("SearchTerms", "create, add"),
        "function.deploy": translate("SearchTerms", "upload, publish code, update code"),
        "function.fan_out": translate("SearchTerms", "regions, accounts"),
        "function.roll_back": translate("SearchTerms", "undo deploy, restore, revert"),
        "function.publish_version": translate("SearchTerms", "release"),
        "function.new_alias": translate("SearchTerms", "create alias, traffic, canary"),
        "function.invoke": translate("SearchTerms", "run, test, execute, call"),
        "function.invoke_repeatedly": translate("SearchTerms", "load test, latency"),
        "function.run_locally": translate("SearchTerms", "local, emulate, offline"),
        "function.local_credentials": translate("SearchTerms", "keys, environment"),
        "function.debug": translate("SearchTerms", "breakpoint, step"),
        "function.refresh": translate("SearchTerms", "refresh"),
        "function.power_tuning": translate("SearchTerms", "memory, cost, performance"),
        "function.emergency_stop": translate("SearchTerms", "throttle, disable, kill"),
        "function.copy": translate("SearchTerms", "duplicate, clone"),
        "function.delete": translate("SearchTerms", "remove"),
        "function.restore": translate("SearchTerms", "undelete, recover"),
        "function.export": translate("SearchTerms", "SAM, CloudFormation, CDK, Terraform"),
        "function.change_several": translate("SearchTerms", "bulk, batch"),
        "triggers.add": translate("SearchTerms", "event source, S3, SQS, SNS, schedule, cron, API"),
        "view.palette": translate("SearchTerms", "commands"),
        "view.logs": translate("SearchTerms", "CloudWatch, output"),
        "view.insights": translate("SearchTerms", "query logs"),
        "view.metrics": translate("SearchTerms", "charts, errors, duration, monitoring"),
        "view.test": translate("SearchTerms", "event, payload"),
        "view.result": translate("SearchTerms", "response, output"),
        "view.invocations": translate("SearchTerms", "history, payloads"),
        "view.deploys": translate("SearchTerms", "history, releases"),
        "view.activity": translate("SearchTerms", "API calls, jobs"),
        "view.configuration": translate("SearchTerms", "function settings"),
        "profile.manage": translate("SearchTerms", "credentials, accounts, SSO"),
        "profile.sign_in": translate("SearchTerms", "log in, SSO, MFA"),
        "profile.choose": translate("SearchTerms", "switch account"),
        "profile.choose_region": translate("SearchTerms", "switch region"),
        "help.shortcuts": translate("SearchTerms", "hotkeys, keys, bindings"),
        "help.log": translate("SearchTerms", "diagnostics"),
        "help.permissions": translate("SearchTerms", "IAM policy, least privilege, access denied"),
        "help.fidelity": translate("SearchTerms", "parity, emulator, real AWS, simulated"),
        "help.about": translate("SearchTerms", "version, license"),
    }


def preference_rows() -> list[Pick]:
    """The fields of the settings dialog, by the names of their widgets."""
    translate = QCoreApplication.translate
    rows = (
        ("theme", translate("SettingsDialog", "Theme"), translate("SearchTerms", "dark, light, appearance")),
        ("font", translate("SettingsDialog", "Font"), translate("SearchTerms", "typeface")),
        (
            "textSize",
            translate("SettingsDialog", "Text size"),
            translate("SearchTerms", "zoom, larger"),
        ),
        ("fontSize", translate("SettingsDialog", "Font size"), translate("SearchTerms", "text size, zoom")),
        ("tabSize", translate("SettingsDialog", "Tab width"), translate("SearchTerms", "indentation")),
        ("wordWrap", translate("SettingsDialog", "Wrap long lines"), translate("SearchTerms", "word wrap")),
        ("minimap", translate("SettingsDialog", "Minimap"), translate("SearchTerms", "overview")),
        (
            "whitespace",
            translate("SettingsDialog", "Show spaces and tabs"),
            translate("SearchTerms", "blank"),
        ),
        ("formatOnSave", translate("SettingsDialog", "Format when saving"), translate("SearchTerms", "ruff")),
        ("metricsRefresh", translate("SearchTerms", "Refresh metrics"), translate("SearchTerms", "interval")),
        ("sparklines", translate("SettingsDialog", "Sparklines"), translate("SearchTerms", "list charts")),
        (
            "ledgerSize",
            translate("SearchTerms", "Keep invocations"),
            translate("SearchTerms", "history size"),
        ),
        ("idleLock", translate("SettingsDialog", "Lock after"), translate("SearchTerms", "idle, timeout")),
        ("sandboxStart", translate("SettingsDialog", "Start the Sandbox"), ""),
        (
            "sandboxStates",
            translate("SettingsDialog", "Sandbox states"),
            translate("SearchTerms", "pending, speed"),
        ),
        (
            "localUnfenced",
            translate("SettingsDialog", "Run local code without isolation"),
            translate("SearchTerms", "isolation"),
        ),
    )
    detail = translate("SettingsDialog", "Settings")
    return [Pick(SETTING + name, title, detail, also=terms) for name, title, terms in rows]


def configuration_rows(detail: FunctionDetail) -> list[Pick]:
    """The settings that such a function has, by their attributes."""
    translate = QCoreApplication.translate
    terms = {
        "environment": translate("SearchTerms", "env, variables"),
        "dead_letter_arn": translate("SearchTerms", "dead letter, DLQ"),
        "role_arn": translate("SearchTerms", "IAM, permissions"),
        "memory_mb": translate("SearchTerms", "RAM, CPU"),
        "timeout_s": translate("SearchTerms", "time limit"),
        "ephemeral_storage_mb": translate("SearchTerms", "disk, tmp"),
        "snap_start": translate("SearchTerms", "cold start"),
        "provisioned": translate("SearchTerms", "cold start, warm"),
        "reserved_concurrency": translate("SearchTerms", "throttle, limit"),
        "subnet_ids": translate("SearchTerms", "VPC, network"),
        "security_group_ids": translate("SearchTerms", "VPC, network, firewall"),
        "file_systems": translate("SearchTerms", "EFS, mount"),
        "tracing": translate("SearchTerms", "X-Ray, traces"),
        "kms_key_arn": translate("SearchTerms", "encryption"),
    }
    tab = translate("Actions", "Configuration")
    return [
        Pick(CONFIGURATION + name, setting_title(name), tab, also=terms.get(name, ""))
        for section in sections()
        for name in section.settings
        if has_setting(detail, name)
    ]
