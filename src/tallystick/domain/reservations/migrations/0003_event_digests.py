from django.db import migrations


class Migration(migrations.Migration):
    """An event stands under its key: what was asked is told by a digest beside it, and its answer
    is made of its row again. It needs no row among the requests.
    """

    dependencies = [("reservations", "0002_sharing")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE reservations_reservation ADD COLUMN digest text", migrations.RunSQL.noop
        ),
    ]
