from django.db import migrations

from tallystick.domain.tenants.schema import APP_ROLE, HoldInSets

KEYS = f"""
    ALTER TABLE reservations_reservation RENAME CONSTRAINT
        reservations_reservation_tenant_id_account_id_fkey TO
        reservations_reservation_account_id_held;
    REVOKE UPDATE ON reservations_reservation FROM {APP_ROLE};
    GRANT UPDATE (state, used, granted, amount, refunded, detail, held, expires_at, charge_run_id)
        ON reservations_reservation TO {APP_ROLE};
"""


class Migration(migrations.Migration):
    """A session never changes its account, and no account is taken out."""

    dependencies = [("parties", "0006_kept"), ("reservations", "0004_held_in_counters")]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        HoldInSets("reservations_reservation", "account_id", "parties_account(id)"),
    ]
