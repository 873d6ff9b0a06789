import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0002_channel_waiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="envelope",
            name="path",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What followed the hook's address",
                max_length=200,
                verbose_name="path",
            ),
        ),
        migrations.AddField(
            model_name="envelope",
            name="query",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="query"),
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("language", models.CharField(blank=True, max_length=16, verbose_name="language")),
                ("category", models.CharField(blank=True, max_length=40, verbose_name="category")),
                ("body", models.TextField(verbose_name="text")),
                ("parameters", models.JSONField(blank=True, default=list, verbose_name="blanks")),
                ("is_approved", models.BooleanField(default=True, verbose_name="approved")),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("synced_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="asked for")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="templates",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "ordering": ["name", "language"],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "name", "language"), name="channels_template_once")
                ],
            },
        ),
    ]
