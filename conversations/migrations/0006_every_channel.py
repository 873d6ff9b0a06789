import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_app", "0003_envelope_address_and_templates"),
        ("conversations", "0005_unread_deliveries"),
        ("customers", "0003_consent_and_profile"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeliveryPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("external_id", models.CharField(blank=True, max_length=255, verbose_name="id at the provider")),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="sent")),
            ],
            options={
                "verbose_name": "part",
                "verbose_name_plural": "parts",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Reaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("emoji", models.CharField(max_length=40, verbose_name="emoji")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
            ],
            options={
                "verbose_name": "reaction",
                "verbose_name_plural": "reactions",
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReplyWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("acted_at", models.DateTimeField(blank=True, null=True, verbose_name="customer last did something")),
                ("closes_at", models.DateTimeField(blank=True, null=True, verbose_name="ends")),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="ended by the customer or the provider"),
                ),
                ("sent_since", models.PositiveSmallIntegerField(default=0, verbose_name="sent since then")),
                (
                    "handles",
                    models.JSONField(blank=True, default=dict, verbose_name="what the provider gave us to answer with"),
                ),
            ],
            options={
                "verbose_name": "reply window",
                "verbose_name_plural": "reply windows",
            },
        ),
        migrations.AddField(
            model_name="attachment",
            name="fetch_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="fetch at"),
        ),
        migrations.AddField(
            model_name="attachment",
            name="fetch_attempts",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts"),
        ),
        migrations.AddField(
            model_name="attachment",
            name="fetch_error",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="could not be fetched"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="reference",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=1000, verbose_name="handle at the provider"
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "File"),
                    ("voice", "Voice message"),
                    ("sticker", "Sticker"),
                    ("story", "Story"),
                    ("recording", "Recording"),
                ],
                db_default="",
                default="",
                max_length=12,
                verbose_name="role",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="seconds",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="length in seconds"),
        ),
        migrations.AddField(
            model_name="conversation",
            name="is_public",
            field=models.BooleanField(db_default=False, default=False, verbose_name="public"),
        ),
        migrations.AddField(
            model_name="delivery",
            name="trouble",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=10, verbose_name="class of the failure"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="is_public",
            field=models.BooleanField(db_default=False, default=False, verbose_name="everybody can read it"),
        ),
        migrations.AddField(
            model_name="deliverypart",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="channels_app.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AddField(
            model_name="deliverypart",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="conversations.delivery",
                verbose_name="delivery",
            ),
        ),
        migrations.AddField(
            model_name="reaction",
            name="agent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="agent",
            ),
        ),
        migrations.AddField(
            model_name="reaction",
            name="identity",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reactions",
                to="customers.identity",
                verbose_name="identity",
            ),
        ),
        migrations.AddField(
            model_name="reaction",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reactions",
                to="conversations.message",
                verbose_name="message",
            ),
        ),
        migrations.AddField(
            model_name="replywindow",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="windows",
                to="channels_app.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AddField(
            model_name="replywindow",
            name="identity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="windows",
                to="customers.identity",
                verbose_name="identity",
            ),
        ),
        migrations.AddIndex(
            model_name="deliverypart",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["channel", "external_id"],
                name="part_by_external",
            ),
        ),
        migrations.AddConstraint(
            model_name="deliverypart",
            constraint=models.UniqueConstraint(fields=("delivery", "number"), name="conversations_part_once"),
        ),
        migrations.AddConstraint(
            model_name="reaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("agent", None)),
                fields=("message", "identity"),
                name="conversations_reaction_of_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="reaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("agent__isnull", False)), fields=("message",), name="conversations_reaction_of_desk"
            ),
        ),
        migrations.AddConstraint(
            model_name="reaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agent__isnull", False), ("identity", None)),
                    models.Q(("agent", None), ("identity__isnull", False)),
                    _connector="OR",
                ),
                name="conversations_reaction_of_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="replywindow",
            constraint=models.UniqueConstraint(fields=("identity", "channel"), name="conversations_window_once"),
        ),
    ]
