from django.db import migrations, models

FIND_TOPS = """
    ALTER TABLE parties_account NO FORCE ROW LEVEL SECURITY;
    WITH RECURSIVE below AS (
        SELECT tenant_id, id, id AS top FROM parties_account WHERE parent_id IS NULL
        UNION ALL
        SELECT a.tenant_id, a.id, b.top FROM parties_account a
        JOIN below b ON b.tenant_id = a.tenant_id AND b.id = a.parent_id
    )
    UPDATE parties_account a SET organisation_id = below.top FROM below
    WHERE below.tenant_id = a.tenant_id AND below.id = a.id AND a.parent_id IS NOT NULL;
    ALTER TABLE parties_account FORCE ROW LEVEL SECURITY;
    ALTER TABLE parties_account ADD CONSTRAINT parties_account_organisation_held
        FOREIGN KEY (tenant_id, organisation_id) REFERENCES parties_account (tenant_id, id);
    CREATE INDEX ON parties_account (tenant_id, organisation_id)
        WHERE organisation_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_tax_places")]

    operations = [
        migrations.AddField("account", "organisation_id", models.BigIntegerField(null=True)),
        migrations.RunSQL(FIND_TOPS, migrations.RunSQL.noop),
    ]
