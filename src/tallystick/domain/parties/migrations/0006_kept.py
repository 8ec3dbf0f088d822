from django.db import migrations

from tallystick.domain.tenants.schema import APP_ROLE

KEPT = f"""
    REVOKE DELETE ON parties_account FROM {APP_ROLE};
    CREATE FUNCTION parties_account_keep_key() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'an account never changes its key' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER keep_key BEFORE UPDATE ON parties_account FOR EACH ROW
        WHEN ((OLD.tenant_id, OLD.id) IS DISTINCT FROM (NEW.tenant_id, NEW.id))
        EXECUTE FUNCTION parties_account_keep_key();
"""


class Migration(migrations.Migration):
    """An account is never taken out and keeps its key, so that rows that belong to one may be held
    in sets.
    """

    dependencies = [("parties", "0005_bill_over")]

    operations = [migrations.RunSQL(KEPT, migrations.RunSQL.noop)]
