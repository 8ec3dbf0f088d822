import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql

NOT_KEPT_BEFORE = """
    ALTER TABLE inventory_assignment NO FORCE ROW LEVEL SECURITY;
    UPDATE inventory_assignment SET kept_until = valid_to WHERE valid_to IS NOT NULL;
    ALTER TABLE inventory_assignment FORCE ROW LEVEL SECURITY;
"""
KEPT_FROM_OTHERS = """
    ALTER TABLE inventory_assignment ADD CONSTRAINT assignment_kept_from_other_accounts
        EXCLUDE USING gist (
            tenant_id WITH =, identifier_id WITH =, account_id WITH <>,
            tstzrange(valid_from, kept_until) WITH &&
        );
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0008_billed_before"),
        ("inventory", "0001_initial"),
        ("parties", "0005_bill_over"),
        ("tenants", "0004_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlyRelease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kept_until", models.DateTimeField()),
                ("released_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveField(
            model_name="identifier",
            name="state",
        ),
        migrations.AddField(
            model_name="assignment",
            name="kept_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(NOT_KEPT_BEFORE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kept_until__isnull", True),
                    ("valid_to__isnull", True),
                )
                | models.Q(
                    ("kept_until__gte", models.F("valid_to")),
                    ("kept_until__isnull", False),
                    ("valid_to__isnull", False),
                ),
                name="assignment_kept_after_it_ends",
            ),
        ),
        migrations.AddField(
            model_name="earlyrelease",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.account",
            ),
        ),
        migrations.AddField(
            model_name="earlyrelease",
            name="identifier",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.identifier",
            ),
        ),
        migrations.AddField(
            model_name="earlyrelease",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        HoldByTenant(
            "inventory_earlyrelease",
            parents={
                "identifier_id": "inventory_identifier(id)",
                "account_id": "parties_account(id)",
            },
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(
            KEPT_FROM_OTHERS
            + refuse_change_sql(
                "inventory_earlyrelease", why="what was released early is never changed"
            ),
            migrations.RunSQL.noop,
        ),
    ]
