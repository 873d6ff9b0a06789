from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0002_channel_waiting"),
        ("conversations", "0004_visitors"),
        ("customers", "0002_search"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("is_followed_up", False), ("state__in", ["sent", "delivered"])),
                fields=["channel", "sent_at"],
                name="delivery_unread",
            ),
        ),
    ]
