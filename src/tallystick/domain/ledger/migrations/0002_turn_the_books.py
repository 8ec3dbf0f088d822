import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant

CLOSED = """
    -- What occurred in a closed period is refused; a correction belongs to the open one.
    CREATE FUNCTION ledger_entry_refuse_closed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM ledger_closing c WHERE c.tenant_id = NEW.tenant_id
            AND c.reopened_at IS NULL AND c.through >= NEW.occurred_on) THEN
            RAISE EXCEPTION 'the books are closed through a day after %', NEW.occurred_on
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse_closed BEFORE INSERT ON ledger_entry
        FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse_closed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0002_line_taxes"),
        ("ledger", "0001_initial"),
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("through", models.DateField()),
                ("closed_at", models.DateTimeField()),
                ("reopened_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(default="", max_length=300)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("release", "release"), ("accrue", "accrue")], max_length=10
                    ),
                ),
                ("through", models.DateField()),
                ("turned_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Deferral",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("invoice_id", models.BigIntegerField()),
                ("line_no", models.SmallIntegerField()),
                ("revenue_account", models.CharField(max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("period_from", models.DateField()),
                ("period_to", models.DateField()),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
                ("released", models.DecimalField(decimal_places=3, default=0, max_digits=24)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.account",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "account", "invoice_id", "line_no"),
                        name="deferral_line_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("amount__gt", 0),
                                ("released__gte", 0),
                                ("released__lte", models.F("amount")),
                            ),
                            models.Q(
                                ("amount__lt", 0),
                                ("released__gte", models.F("amount")),
                                ("released__lte", 0),
                            ),
                            _connector="OR",
                        ),
                        name="deferral_released_within_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_to__gt", models.F("period_from"))),
                        name="deferral_has_days",
                    ),
                ],
            },
        ),
        HoldByTenant("ledger_turn", rights="SELECT, INSERT"),
        HoldByTenant("ledger_closing", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "ledger_deferral",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, invoice_id": "invoices_invoice(account_id, id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
    ]
