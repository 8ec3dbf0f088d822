from django.db import migrations, models

HOLD_PAYERS = """
    ALTER TABLE parties_account ADD CONSTRAINT parties_account_payer_held
        FOREIGN KEY (tenant_id, payer_id) REFERENCES parties_account (tenant_id, id);
    CREATE INDEX ON parties_account (tenant_id, payer_id) WHERE payer_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_organisations")]

    operations = [
        migrations.AddField("account", "payer_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "account",
            "split_by",
            models.CharField(
                blank=True,
                choices=[("cost_centre", "cost centre")],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=models.Q(("payer_id", models.F("id")), _negated=True),
                name="account_not_its_own_payer",
            ),
        ),
        migrations.RunSQL(HOLD_PAYERS, migrations.RunSQL.noop),
    ]
