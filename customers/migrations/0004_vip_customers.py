from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the work of the desk: an ordinary index would stop every write until it is there.
    atomic = False

    dependencies = [("customers", "0003_consent_and_profile")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(condition=models.Q(("is_vip", True)), fields=["id"], name="customers_vip"),
        ),
    ]
