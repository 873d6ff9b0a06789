import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0003_envelope_address_and_templates"),
        ("conversations", "0009_ladders"),
    ]

    operations = [
        migrations.CreateModel(
            name="FragmentedMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200, verbose_name="key")),
                ("total", models.PositiveSmallIntegerField(verbose_name="number of pieces")),
                ("envelopes", models.JSONField(default=dict, verbose_name="envelopes")),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="first piece came")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "message in pieces",
                "verbose_name_plural": "messages in pieces",
                "indexes": [models.Index(fields=["first_at"], name="fragmented_oldest")],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "key"), name="conversations_fragmented_once")
                ],
            },
        ),
    ]
