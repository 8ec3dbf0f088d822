import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql

BALANCED = """
    -- A caller's temporary table of the same name must not be the one that is summed.
    CREATE FUNCTION ledger_entry_balances() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
    DECLARE
        total numeric;
        lines integer;
    BEGIN
        PERFORM set_config('tallystick.tenant', NEW.tenant_id::text, true);
        SELECT sum(amount), count(*) INTO total, lines FROM ledger_posting
            WHERE tenant_id = NEW.tenant_id AND account_id = NEW.account_id
            AND entry_id = NEW.id;
        IF lines <> NEW.line_count OR total <> 0 THEN
            RAISE EXCEPTION 'entry % does not balance: % of % lines, sum %',
                NEW.id, lines, NEW.line_count, total USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    -- Checked once an entry, at commit. Nothing can be added later: a posting repeats its entry's
    -- line_count (foreign key) and its line number lies within it (check), so all places are taken.
    CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON ledger_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("parties", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_key", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=40)),
                ("occurred_on", models.DateField()),
                ("posted_at", models.DateTimeField()),
                ("currency", models.CharField(max_length=3)),
                ("line_count", models.SmallIntegerField()),
                ("description", models.CharField(max_length=300)),
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
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asset", "asset"),
                            ("liability", "liability"),
                            ("income", "income"),
                            ("expense", "expense"),
                            ("equity", "equity"),
                        ],
                        max_length=10,
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
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line_no", models.SmallIntegerField()),
                ("line_count", models.SmallIntegerField()),
                ("ledger_account", models.CharField(max_length=60)),
                ("amount", models.DecimalField(decimal_places=3, max_digits=24)),
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
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
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
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "source_key"), name="entry_source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "id", "line_count"), name="entry_line_count_target"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("line_count__gte", 2)), name="entry_has_two_sides"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgeraccount",
            constraint=models.UniqueConstraint(
                fields=("tenant", "code"), name="ledger_account_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "entry", "line_no"), name="posting_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(("line_no__gte", 1), ("line_no__lte", models.F("line_count"))),
                name="posting_line_within_entry",
            ),
        ),
        HoldByTenant("ledger_ledgeraccount"),
        HoldByTenant(
            "ledger_entry",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "ledger_posting",
            key=("tenant_id", "account_id", "id"),
            parents={
                "account_id, entry_id, line_count": "ledger_entry(account_id, id, line_count)"
            },
            rights="SELECT, INSERT",
        ),
        migrations.RunSQL(BALANCED, migrations.RunSQL.noop),
        migrations.RunSQL(
            refuse_change_sql("ledger_entry", why="the ledger is append-only; post a reversal"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql("ledger_posting", why="the ledger is append-only; post a reversal"),
            migrations.RunSQL.noop,
        ),
    ]
