"""A function's configuration in words: sections of labelled values, under AWS's own names.

Owns: what is shown and how it is called. Must not know: widgets.
"""

from dataclasses import dataclass

from PySide6.QtCore import QObject

from workbench.functions.model import FunctionDetail
from workbench.ui.field_table import Field
from workbench.ui.units import size_text


@dataclass(frozen=True, slots=True)
class Section:
    """A group of values. `note` is said below them: that there is none, or what is wrong."""

    name: str
    title: str
    fields: tuple[Field, ...]
    note: str = ""


class ConfigurationWords(QObject):
    """Puts a configuration into words, in the person's language. A QObject for nothing but `tr`.

    Every function has the same sections in the same order.
    """

    def left(self, detail: FunctionDetail) -> tuple[Section, ...]:
        """What every function has."""
        return (
            Section(
                "general",
                self.tr("General configuration"),
                _filled(
                    Field(self.tr("Description"), detail.description),
                    Field(self.tr("Package type"), detail.package_type),
                    Field(self.tr("Runtime"), detail.runtime),
                    Field(self.tr("Handler"), detail.handler),
                    Field(self.tr("Image URI"), detail.image_uri),
                    Field(self.tr("Architecture"), ", ".join(detail.architectures)),
                    Field(self.tr("Memory"), f"{detail.memory_mb} MB"),
                    Field(self.tr("Ephemeral storage (/tmp)"), f"{detail.ephemeral_storage_mb} MB"),
                    Field(self.tr("Timeout"), f"{detail.timeout_s} s"),
                    Field(self.tr("SnapStart"), detail.snap_start),
                    Field(self.tr("Code size"), size_text(detail.code_size_bytes)),
                    Field(self.tr("Code SHA-256"), detail.code_sha256),
                    Field(
                        self.tr("Last modified"),
                        detail.last_modified.astimezone().isoformat(" ", "seconds")
                        if detail.last_modified
                        else "",
                    ),
                    Field(self.tr("Function ARN"), detail.function_arn),
                ),
            ),
            Section(
                "permissions",
                self.tr("Permissions"),
                _filled(Field(self.tr("Execution role"), detail.role_arn)),
            ),
            Section(
                "logging",
                self.tr("Logging"),
                _filled(
                    Field(self.tr("Log group"), detail.log_group),
                    Field(self.tr("Log format"), detail.log_format),
                    Field(self.tr("Application log level"), detail.application_log_level),
                    Field(self.tr("System log level"), detail.system_log_level),
                ),
            ),
            Section("tracing", self.tr("Tracing"), (Field(self.tr("AWS X-Ray"), detail.tracing),)),
            Section(
                "concurrency",
                self.tr("Concurrency"),
                (Field(self.tr("Reserved concurrency"), self._concurrency(detail.reserved_concurrency)),),
            ),
        )

    def right(self, detail: FunctionDetail) -> tuple[Section, ...]:
        """What a function may have."""
        return (
            Section(
                "environment",
                self.tr("Environment variables"),
                tuple(Field(name, value, secret=True) for name, value in detail.environment),
                detail.environment_error or self._none(detail.environment),
            ),
            Section(
                "encryption",
                self.tr("Encryption"),
                (Field(self.tr("KMS key"), detail.kms_key_arn or self.tr("Default: a key that AWS keeps")),),
            ),
            Section(
                "layers",
                self.tr("Layers"),
                tuple(Field(str(place), layer) for place, layer in enumerate(detail.layers, 1)),
                self._none(detail.layers),
            ),
            Section(
                "vpc",
                self.tr("VPC"),
                _filled(
                    Field(self.tr("VPC ID"), detail.vpc_id),
                    Field(self.tr("Subnets"), ", ".join(detail.subnet_ids)),
                    Field(self.tr("Security groups"), ", ".join(detail.security_group_ids)),
                ),
                self._none(detail.vpc_id),
            ),
            Section(
                "fileSystems",
                self.tr("File systems"),
                tuple(Field(str(place), arn) for place, arn in enumerate(detail.file_system_arns, 1)),
                self._none(detail.file_system_arns),
            ),
            Section(
                "deadLetterQueue",
                self.tr("Dead-letter queue"),
                _filled(Field(self.tr("Target ARN"), detail.dead_letter_arn)),
                self._none(detail.dead_letter_arn),
            ),
            Section(
                "tags",
                self.tr("Tags"),
                tuple(Field(name, value) for name, value in detail.tags),
                self._none(detail.tags),
            ),
        )

    def _concurrency(self, reserved: int | None) -> str:
        if reserved is None:
            return self.tr("Unreserved: shares the account's concurrency")
        if reserved == 0:
            return self.tr("0: the function is throttled and never runs")
        return str(reserved)

    def _none(self, values: object) -> str:
        return "" if values else self.tr("None")


def _filled(*fields: Field) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.value)
