"""What a function is and cannot be told otherwise here: below the general settings, to read and to copy."""

from PySide6.QtCore import QObject

from workbench.functions.model import FunctionDetail
from workbench.ui.field_table import Field
from workbench.ui.units import size_text


class FactWords(QObject):
    """Puts it into words. A QObject for nothing but `tr`."""

    def facts(self, detail: FunctionDetail) -> tuple[Field, ...]:
        """What is known of a function, beside its settings."""
        modified = detail.last_modified
        fields = (
            Field(self.tr("Package type"), detail.package_type),
            Field(self.tr("Architecture"), ", ".join(detail.architectures) if detail.image_uri else ""),
            Field(self.tr("Code size"), size_text(detail.code_size_bytes)),
            Field(self.tr("Code SHA-256"), detail.code_sha256),
            Field(
                self.tr("Last modified"), modified.astimezone().isoformat(" ", "seconds") if modified else ""
            ),
            Field(self.tr("VPC ID"), detail.vpc_id),
            Field(self.tr("Function ARN"), detail.function_arn),
        )
        return tuple(field for field in fields if field.value)
