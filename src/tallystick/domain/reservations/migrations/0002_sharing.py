from django.db import migrations

SHARING = """
    ALTER TABLE reservations_reservation ADD organisation_id bigint, ADD pool_id bigint,
        ADD FOREIGN KEY (tenant_id, organisation_id) REFERENCES parties_account (tenant_id, id),
        ADD CHECK (pool_id IS NULL OR organisation_id IS NOT NULL);
    -- What sessions that share hold is added up in the counters, however many they are.
    DROP INDEX reservations_holding;
    CREATE INDEX reservations_holding ON reservations_reservation (tenant_id, account_id)
        WHERE state = 'open' AND organisation_id IS NULL;
    CREATE INDEX reservations_sharing ON reservations_reservation (tenant_id, contract_id)
        WHERE state = 'open' AND organisation_id IS NOT NULL;
    CREATE INDEX contracts_contract_pooled ON contracts_contract (tenant_id, pool_id)
        WHERE pool_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("balances", "0006_shared_held"),
        ("contracts", "0004_pools"),
        ("reservations", "0001_initial"),
    ]

    operations = [migrations.RunSQL(SHARING, migrations.RunSQL.noop)]
