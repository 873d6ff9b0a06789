from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the ledger is large, and people write into it meanwhile

    dependencies = [("conversations", "0012_saved_views")]

    operations = [
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["channel", "created_at"],
                name="delivery_troubled",
                condition=models.Q(("trouble", ""), _negated=True),
            ),
        ),
    ]
