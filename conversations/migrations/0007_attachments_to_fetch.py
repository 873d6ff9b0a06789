from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the table is large, and people write into it meanwhile

    dependencies = [("conversations", "0006_every_channel")]

    operations = [
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("fetch_at__isnull", False)), fields=["fetch_at"], name="attachment_to_fetch"
            ),
        ),
    ]
