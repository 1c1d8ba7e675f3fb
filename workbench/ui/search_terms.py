"""Other words by which the command palette finds actions, and the settings that it finds beside them."""

from workbench.core.messages import _
from workbench.functions.configuration import setting_name
from workbench.functions.model import FunctionDetail
from workbench.functions.settings.sections import has_setting, sections
from workbench.ui.quick_pick import Pick

SETTING, CONFIGURATION = "setting:", "configuration:"
"""Beginnings of the ids of rows: a field of the settings dialog, a setting of the open function."""


def action_terms() -> dict[str, str]:
    """Action id to other words for it, parted by commas."""
    return {
        "app.settings": _("preferences, options"),
        "app.quit": _("exit, close"),
        "file.go_to": _("open file"),
        "file.save": _("write"),
        "edit.find": _("search"),
        "edit.find_in_files": _("search, grep"),
        "edit.format": _("beautify, reformat"),
        "code.compare": _("diff, changes"),
        "code.compare_with": _("diff"),
        "code.package_contents": _("zip, size, include, exclude"),
        "dependencies.install": _("pip, npm, requirements, packages, libraries"),
        "function.new": _("create, add"),
        "function.deploy": _("upload, publish code, update code"),
        "function.fan_out": _("regions, accounts"),
        "function.publish_version": _("release"),
        "function.new_alias": _("create alias, traffic, canary"),
        "function.invoke": _("run, test, execute, call"),
        "function.change_several": _("bulk, batch"),
        "triggers.add": _("event source, S3, SQS, SNS, schedule, cron, API"),
        "view.palette": _("commands"),
        "view.logs": _("CloudWatch, output"),
        "view.metrics": _("charts, errors, duration, monitoring"),
        "view.test": _("event, payload"),
        "view.activity": _("API calls, jobs"),
        "view.configuration": _("function settings"),
        "profile.manage": _("credentials, accounts, SSO"),
        "profile.sign_in": _("log in, SSO, MFA"),
        "profile.choose": _("switch account"),
        "profile.choose_region": _("switch region"),
    }


def preference_rows() -> list[Pick]:
    """The fields of the settings dialog, by the names of their widgets."""
    rows = (
        ("theme", _("Theme"), _("dark, light, appearance")),
        ("font", _("Font"), _("typeface")),
        (
            "textSize",
            _("Text size"),
            _("zoom, larger"),
        ),
        ("language", _("Language"), _("translation, Japanese, 日本語")),
        ("fontSize", _("Font size"), _("text size, zoom")),
        ("tabSize", _("Tab width"), _("indentation")),
        ("wordWrap", _("Wrap long lines"), _("word wrap")),
        ("minimap", _("Minimap"), _("overview")),
        (
            "whitespace",
            _("Show spaces and tabs"),
            _("blank"),
        ),
        ("formatOnSave", _("Format when saving"), _("ruff")),
        ("metricsRefresh", _("Refresh metrics"), _("interval")),
        ("sparklines", _("Sparklines"), _("list charts")),
        (
            "ledgerSize",
            _("Keep invocations"),
            _("history size"),
        ),
        ("idleLock", _("Lock after"), _("idle, timeout")),
        ("sandboxStart", _("Start the Sandbox"), ""),
        (
            "sandboxStates",
            _("Sandbox states"),
            _("pending, speed"),
        ),
        (
            "localUnfenced",
            _("Run local code without isolation"),
            _("isolation"),
        ),
    )
    detail = _("Settings")
    return [Pick(SETTING + name, title, detail, also=terms) for name, title, terms in rows]


def configuration_rows(detail: FunctionDetail) -> list[Pick]:
    """The settings that such a function has, by their attributes."""
    terms = {
        "environment": _("env, variables"),
        "dead_letter_arn": _("dead letter, DLQ"),
        "role_arn": _("IAM, permissions"),
        "memory_mb": _("RAM, CPU"),
        "timeout_s": _("time limit"),
        "ephemeral_storage_mb": _("disk, tmp"),
        "snap_start": _("cold start"),
        "provisioned": _("cold start, warm"),
        "reserved_concurrency": _("throttle, limit"),
        "subnet_ids": _("VPC, network"),
        "security_group_ids": _("VPC, network, firewall"),
        "file_systems": _("EFS, mount"),
        "tracing": _("X-Ray, traces"),
        "kms_key_arn": _("encryption"),
    }
    tab = _("Configuration")
    return [
        Pick(CONFIGURATION + name, setting_name(name), tab, also=terms.get(name, ""))
        for section in sections()
        for name in section.settings
        if has_setting(detail, name)
    ]
