from django.db import migrations, models

HOLD_POOLS = """
    ALTER TABLE contracts_contract ADD CONSTRAINT contracts_contract_pool_held
        FOREIGN KEY (tenant_id, pool_id) REFERENCES contracts_contract (tenant_id, id);
    CREATE INDEX ON contracts_contract (tenant_id, pool) WHERE pool_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0003_pauses"), ("parties", "0003_organisations")]

    operations = [
        migrations.AddField(
            "contract",
            "pool",
            models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField("contract", "pool_id", models.BigIntegerField(null=True)),
        migrations.RunSQL(HOLD_POOLS, migrations.RunSQL.noop),
    ]
