from django.db import migrations, models

REST_NOW = """
    UPDATE contracts_pause SET state = CASE
        WHEN paused_to IS NOT NULL AND paused_to <= CURRENT_DATE THEN 'over' ELSE 'resting' END;
"""


TAKE_BACK_WHAT_WAITS = """
    CREATE FUNCTION invoices_oneoff_keep_billed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.invoice_id IS NOT NULL THEN
            RAISE EXCEPTION 'a single charge that was billed stays'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER keep_billed BEFORE DELETE ON invoices_oneoff
        FOR EACH ROW EXECUTE FUNCTION invoices_oneoff_keep_billed();
    GRANT DELETE ON invoices_oneoff TO tallystick_app;
"""
"""A change of contract that is taken back takes its charge with it, until that is billed."""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0004_pools"), ("invoices", "0003_credit_notes")]

    operations = [
        migrations.AddField(
            "contract", "leaving_waived", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            "pause",
            "state",
            models.CharField(
                choices=[("planned", "planned"), ("resting", "resting"), ("over", "over")],
                db_default="resting",
                default="resting",
                max_length=8,
            ),
        ),
        migrations.RunSQL(REST_NOW, migrations.RunSQL.noop),
        migrations.RunSQL(TAKE_BACK_WHAT_WAITS, migrations.RunSQL.noop),
    ]
