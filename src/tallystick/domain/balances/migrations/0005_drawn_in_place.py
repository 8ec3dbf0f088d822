"""A bucket that is drawn from is written anew on its own page, and no index is touched."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("balances", "0004_cut_at_zero"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="bucket", name="bucket_to_expire"),
        migrations.AddIndex(
            model_name="bucket",
            index=models.Index(
                condition=models.Q(("valid_to__isnull", False)),
                fields=["tenant", "valid_to"],
                name="bucket_ending",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE balances_bucket SET (fillfactor = 70);", migrations.RunSQL.noop
        ),
    ]
