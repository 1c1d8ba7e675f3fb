"""What S3 refuses."""

from workbench.sandbox.launcher.door.call import Rule
from workbench.sandbox.launcher.door.rules import s3_buckets, s3_notifications, s3_objects

RULES: tuple[Rule, ...] = (*s3_notifications.RULES, *s3_buckets.RULES, *s3_objects.RULES)
