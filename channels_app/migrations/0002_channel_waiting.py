"""How much of a polled account is still to be read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels_app", "0001_initial")]

    operations = [
        migrations.AddField("channel", "waiting", models.PositiveIntegerField("still to be read", default=0)),
        migrations.AddField(
            "channel", "waiting_since", models.DateTimeField("oldest of it arrived", null=True, blank=True)
        ),
    ]
