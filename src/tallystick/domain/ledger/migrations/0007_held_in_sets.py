from django.db import migrations

from tallystick.domain.tenants.schema import APP_ROLE, HoldInSets


class Migration(migrations.Migration):
    dependencies = [("invoices", "0011_held_in_sets"), ("ledger", "0006_revaluation")]

    operations = [
        HoldInSets(
            "ledger_posting",
            "account_id, entry_id, line_count",
            "ledger_entry(account_id, id, line_count)",
        ),
        migrations.RemoveConstraint(model_name="entry", name="entry_line_count_target"),
        # Of a deferral only what was released changes, so its key never does.
        migrations.RunSQL(
            f"""
            REVOKE UPDATE ON ledger_deferral FROM {APP_ROLE};
            GRANT UPDATE (released) ON ledger_deferral TO {APP_ROLE};
            """,
            migrations.RunSQL.noop,
        ),
        HoldInSets("ledger_deferral", "account_id, invoice_id", "invoices_invoice(account_id, id)"),
    ]
