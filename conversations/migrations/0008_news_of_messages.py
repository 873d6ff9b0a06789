import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0003_envelope_address_and_templates"),
        ("conversations", "0007_attachments_to_fetch"),
    ]

    operations = [
        migrations.RenameModel(
            old_name="OrphanReceipt",
            new_name="Orphan",
        ),
        migrations.AddField(
            model_name="conversation",
            name="preview_of",
            field=models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="preview of"),
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "started"),
                    ("received", "received"),
                    ("replied", "replied"),
                    ("noted", "note added"),
                    ("assigned", "assigned"),
                    ("team_changed", "team changed"),
                    ("priority_changed", "priority changed"),
                    ("tagged", "tagged"),
                    ("untagged", "untagged"),
                    ("resolved", "resolved"),
                    ("reopened", "reopened"),
                    ("pending", "set to pending"),
                    ("snoozed", "snoozed"),
                    ("woke", "back from snooze"),
                    ("renamed", "subject changed"),
                    ("message_moved", "message moved"),
                    ("merged", "merged"),
                    ("customer_merged", "customer merged"),
                    ("undone", "undone"),
                    ("send_failed", "not delivered"),
                    ("send_cancelled", "sending cancelled"),
                    ("suggested", "suggestion"),
                    ("revealed", "address revealed"),
                    ("opted_out", "messages refused"),
                    ("opted_in", "messages allowed"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="placement",
            field=models.CharField(
                choices=[
                    ("reply_token", "The reply address belongs to this conversation"),
                    ("reference", "It answers a message of this conversation"),
                    ("thread", "The provider's thread is the same"),
                    ("quoted", "It quotes a message of this conversation"),
                    ("open", "The customer's conversation was open"),
                    ("reopened", "The customer's last conversation was resolved only recently"),
                    ("new", "Nothing was open: a new conversation"),
                    ("new_subject", "A new subject without reference: a new conversation"),
                    ("public", "Said in public: a conversation of its own"),
                    ("suspect", "The sender could not be verified: kept apart"),
                    ("agent", "Written here by an agent"),
                    ("moved", "Moved here by an agent"),
                ],
                default="agent",
                max_length=12,
                verbose_name="why it is here",
            ),
        ),
        migrations.CreateModel(
            name="Summons",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hint", models.JSONField(blank=True, default=dict, verbose_name="hint")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="due")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created"),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="summons",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "summons",
                "verbose_name_plural": "summonses",
                "indexes": [models.Index(fields=["due_at"], name="summons_due")],
            },
        ),
    ]
