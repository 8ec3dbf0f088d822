from django.db import migrations

from tallystick.domain.tenants.schema import APP_ROLE, HoldInSets


class Migration(migrations.Migration):
    """A movement is never rewritten; of a bucket only what it holds changes, so its key never does,
    and no bucket is taken out.
    """

    dependencies = [("balances", "0006_shared_held")]

    operations = [
        migrations.RunSQL(
            f"""
            REVOKE UPDATE ON balances_bucket FROM {APP_ROLE};
            GRANT UPDATE (remaining, reserved) ON balances_bucket TO {APP_ROLE};
            """,
            migrations.RunSQL.noop,
        ),
        HoldInSets(
            "balances_bucketmovement",
            "account_id, bucket_id",
            "balances_bucket(account_id, id)",
        ),
    ]
