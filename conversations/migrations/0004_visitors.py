import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0002_channel_waiting"),
        ("conversations", "0003_preview_author"),
        ("customers", "0002_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="is_followed_up",
            field=models.BooleanField(default=False, verbose_name="followed up"),
        ),
        migrations.CreateModel(
            name="UsedToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_id", models.CharField(max_length=64)),
                ("expires_at", models.DateTimeField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="channels_app.channel"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="used_token_expired")],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "token_id"), name="conversations_used_token_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Visitor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="key")),
                ("origin", models.CharField(blank=True, max_length=260, verbose_name="host site")),
                ("token_hash", models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True)),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="id at the host")),
                ("proven", models.JSONField(blank=True, default=list, verbose_name="proven addresses")),
                ("name", models.CharField(blank=True, max_length=160, verbose_name="name")),
                ("language", models.CharField(blank=True, max_length=12, verbose_name="language")),
                ("time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                ("page", models.JSONField(blank=True, default=dict, verbose_name="page")),
                ("was_asked", models.BooleanField(default=False, verbose_name="has filled in the form")),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="last seen")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visitors",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="visitors",
                        to="customers.identity",
                        verbose_name="identity",
                    ),
                ),
            ],
            options={
                "verbose_name": "visitor",
                "verbose_name_plural": "visitors",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("subject", ""), _negated=True),
                        fields=("channel", "subject"),
                        name="conversations_visitor_subject_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subject", ""), ("token_hash", None), _connector="OR"),
                        name="conversations_visitor_known_has_no_token",
                    ),
                ],
            },
        ),
    ]
