from django.db import migrations

HELD = """
    ALTER TABLE reservations_reservation NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE balances_counter NO FORCE ROW LEVEL SECURITY;
    INSERT INTO balances_counter
        (tenant_id, account_id, contract_id, component_id, cycle_start, used, held)
    SELECT r.tenant_id, (c->>0)::bigint, (c->>1)::bigint, (c->>2)::bigint, (c->>3)::date, 0,
        sum((c->>4)::numeric * 0.000000001)
    FROM reservations_reservation r, jsonb_array_elements((r.held::jsonb)->'counters') c
    WHERE r.state = 'open' AND (r.organisation_id IS NULL OR (c->>1)::bigint > 0)
    GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (tenant_id, account_id, contract_id, component_id, cycle_start)
    DO UPDATE SET held = balances_counter.held + EXCLUDED.held;
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE balances_counter FORCE ROW LEVEL SECURITY;
    ALTER TABLE reservations_reservation FORCE ROW LEVEL SECURITY;
    DROP INDEX reservations_holding;
    DROP INDEX reservations_sharing;
"""


class Migration(migrations.Migration):
    """What sessions hold of any counter stands in the counter, not only of those that are shared:
    whoever comes to share it meanwhile sees it. Nobody looks for it in the sessions any longer.
    """

    dependencies = [
        ("balances", "0006_shared_held"),
        ("reservations", "0003_event_digests"),
    ]

    operations = [migrations.RunSQL(HELD, migrations.RunSQL.noop)]
