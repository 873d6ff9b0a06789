import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0003_envelope_address_and_templates"),
        ("conversations", "0010_fragmented_messages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Call",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="key")),
                ("external_id", models.CharField(blank=True, max_length=255, verbose_name="id at the provider")),
                (
                    "medium",
                    models.CharField(
                        choices=[("phone", "Telephone"), ("video", "Video")],
                        default="phone",
                        max_length=6,
                        verbose_name="medium",
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("inbound", "From the customer"), ("outbound", "To the customer")],
                        max_length=8,
                        verbose_name="direction",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Call-back requested"),
                            ("ringing", "Ringing"),
                            ("in_progress", "In progress"),
                            ("completed", "Ended"),
                            ("missed", "Missed"),
                            ("failed", "Failed"),
                        ],
                        default="ringing",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not yet known"),
                            ("answered", "Answered"),
                            ("voicemail", "Left a message"),
                            ("callback", "Wants to be called back"),
                            ("nobody", "Nobody answered"),
                            ("busy", "Busy"),
                            ("declined", "Ended before it was answered"),
                            ("failed", "Could not be connected"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=320, verbose_name="customer's number")),
                ("chosen", models.CharField(blank=True, max_length=200, verbose_name="chosen in the menu")),
                ("transcript", models.TextField(blank=True, verbose_name="transcript")),
                ("code", models.CharField(blank=True, max_length=80, verbose_name="provider's code")),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="began")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("duration", models.PositiveIntegerField(default=0, verbose_name="length in seconds")),
                ("callback_at", models.DateTimeField(blank=True, null=True, verbose_name="call back at")),
                ("called_back_at", models.DateTimeField(blank=True, null=True, verbose_name="called back")),
                ("details", models.JSONField(blank=True, default=dict, verbose_name="details")),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="calls",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="agent",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call",
                        to="conversations.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "call",
                "verbose_name_plural": "calls",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["ringing", "in_progress"])),
                        fields=["-started_at"],
                        name="call_live",
                    ),
                    models.Index(
                        condition=models.Q(("callback_at__isnull", False), ("called_back_at", None)),
                        fields=["callback_at"],
                        name="call_to_call_back",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("channel", "external_id"),
                        name="conversations_call_once",
                    )
                ],
            },
        ),
    ]
