import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tallystick.domain.tenants.schema import HoldByTenant, refuse_change_sql


class Migration(migrations.Migration):
    dependencies = [
        ("balances", "0001_initial"),
        ("parties", "0002_tax_places"),
        ("tenants", "0002_tax_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bucket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField(db_default=0, default=0)),
                ("unit", models.CharField(max_length=20)),
                ("origin", models.CharField(max_length=20)),
                ("source_key", models.CharField(max_length=120)),
                ("priority", models.SmallIntegerField(db_default=100, default=100)),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), null=True, size=None
                    ),
                ),
                ("condition", models.TextField(blank=True, db_default="", default="")),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(null=True)),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=38)),
                ("remaining", models.DecimalField(decimal_places=12, max_digits=38)),
                (
                    "reserved",
                    models.DecimalField(db_default=0, decimal_places=12, default=0, max_digits=38),
                ),
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
            name="BucketMovement",
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
                        choices=[
                            ("credit", "credit"),
                            ("debit", "debit"),
                            ("refund", "refund"),
                            ("transfer_in", "transfer in"),
                            ("transfer_out", "transfer out"),
                            ("expire", "expire"),
                            ("correct", "correct"),
                        ],
                        max_length=20,
                    ),
                ),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=38)),
                ("source_key", models.CharField(max_length=120)),
                ("occurred_at", models.DateTimeField()),
                (
                    "reason",
                    models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
                ),
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
                    "bucket",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="balances.bucket",
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
            name="PrepaidUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry_key", models.CharField(max_length=120)),
                ("posted_on", models.DateField()),
                ("revenue_account", models.CharField(max_length=60)),
                ("tax_category", models.CharField(max_length=40)),
                ("percent", models.DecimalField(decimal_places=6, max_digits=20)),
                ("total", models.DecimalField(decimal_places=3, max_digits=24)),
                ("tax", models.DecimalField(decimal_places=3, max_digits=24)),
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
            name="Terms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("prepaid", "prepaid"),
                            ("postpaid", "postpaid"),
                            ("hybrid", "hybrid"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "credit_limit",
                    models.DecimalField(db_default=0, decimal_places=12, default=0, max_digits=38),
                ),
                ("low_balance", models.DecimalField(decimal_places=12, max_digits=38, null=True)),
                ("top_up_amount", models.DecimalField(decimal_places=12, max_digits=38, null=True)),
                (
                    "top_up_daily_max",
                    models.DecimalField(decimal_places=12, max_digits=38, null=True),
                ),
                ("fee_amount", models.DecimalField(decimal_places=12, max_digits=38, null=True)),
                ("fee_days", models.SmallIntegerField(db_default=30, default=30)),
                ("fee_from", models.DateField(null=True)),
                ("fee_days_taken", models.IntegerField(db_default=0, default=0)),
                ("fee_through", models.DateField(null=True)),
                (
                    "revenue_account",
                    models.CharField(db_default="4000", default="4000", max_length=60),
                ),
                (
                    "tax_category",
                    models.CharField(db_default="standard", default="standard", max_length=40),
                ),
                ("wrong_pins", models.SmallIntegerField(db_default=0, default=0)),
                ("posted_through", models.BigIntegerField(db_default=0, default=0)),
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
            name="VoucherBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("unit", models.CharField(max_length=20)),
                ("quantity", models.DecimalField(decimal_places=12, max_digits=38)),
                ("valid_until", models.DateField()),
                ("bucket_days", models.SmallIntegerField(null=True)),
                ("made_at", models.DateTimeField()),
                ("blocked", models.BooleanField(db_default=False, default=False)),
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
            name="Voucher",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial", models.CharField(max_length=60)),
                ("pin_hash", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("redeemed", "redeemed"),
                            ("blocked", "blocked"),
                        ],
                        max_length=10,
                    ),
                ),
                ("redeemed_by", models.BigIntegerField(null=True)),
                ("redeemed_at", models.DateTimeField(null=True)),
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
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="balances.voucherbatch",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="bucket",
            index=models.Index(
                condition=models.Q(
                    ("valid_to__isnull", False), models.Q(("remaining", 0), _negated=True)
                ),
                fields=["tenant", "valid_to"],
                name="bucket_to_expire",
            ),
        ),
        migrations.AddConstraint(
            model_name="bucket",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "source_key"), name="bucket_source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bucket",
            constraint=models.CheckConstraint(
                condition=models.Q(("reserved__gte", 0)), name="bucket_reserved_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="bucket",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 0)), name="bucket_quantity_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="bucket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True),
                    ("valid_to__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="bucket_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="bucketmovement",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "bucket", "source_key"), name="bucket_movement_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="prepaiduse",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account", "entry_key", "revenue_account", "tax_category"),
                name="prepaid_use_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(("credit_limit__gte", 0)), name="terms_credit_limit_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee_days__gte", 1)), name="terms_fee_has_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherbatch",
            constraint=models.UniqueConstraint(
                fields=("tenant", "code"), name="voucher_batch_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gt", 0)), name="voucher_batch_worth_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.UniqueConstraint(
                fields=("tenant", "serial"), name="voucher_serial_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.UniqueConstraint(
                fields=("tenant", "pin_hash"), name="voucher_pin_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("redeemed_at__isnull", False), ("state", "redeemed")),
                    models.Q(
                        models.Q(("state", "redeemed"), _negated=True),
                        ("redeemed_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="voucher_redeemed_has_time",
            ),
        ),
        HoldByTenant(
            "balances_terms",
            key=("tenant_id", "account_id"),
            parents={"account_id": "parties_account(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "balances_bucket",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "balances_terms(account_id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        HoldByTenant(
            "balances_bucketmovement",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id, bucket_id": "balances_bucket(account_id, id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant(
            "balances_prepaiduse",
            key=("tenant_id", "account_id", "id"),
            parents={"account_id": "balances_terms(account_id)"},
            rights="SELECT, INSERT",
        ),
        HoldByTenant("balances_voucherbatch", rights="SELECT, INSERT, UPDATE"),
        HoldByTenant(
            "balances_voucher",
            parents={"batch_id": "balances_voucherbatch(id)"},
            rights="SELECT, INSERT, UPDATE",
        ),
        migrations.RunSQL(
            refuse_change_sql("balances_bucketmovement", why="a movement is never rewritten"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            refuse_change_sql("balances_prepaiduse", why="a posted use is never rewritten"),
            migrations.RunSQL.noop,
        ),
    ]
