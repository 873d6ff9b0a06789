from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the work of the desk: an ordinary index would stop every write until it is there.
    atomic = False

    dependencies = [("conversations", "0011_calls")]

    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("status", "open")),
                fields=["due_at", "-id"],
                name="conv_due",
            ),
        ),
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("status", "open")), fields=["customer"], name="conv_open_by_customer"
            ),
        ),
    ]
