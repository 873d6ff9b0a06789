import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0001_initial"),
        ("channels_app", "0003_envelope_address_and_templates"),
        ("conversations", "0008_news_of_messages"),
        ("customers", "0003_consent_and_profile"),
    ]

    operations = [
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
                    ("sent_on", "sent on by another channel"),
                    ("suggested", "suggestion"),
                    ("revealed", "address revealed"),
                    ("opted_out", "messages refused"),
                    ("opted_in", "messages allowed"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Ladder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("is_default", models.BooleanField(default=False, verbose_name="for every reply of the team")),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ladders",
                        to="agents.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery plan",
                "verbose_name_plural": "delivery plans",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="LadderStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("after_minutes", models.PositiveIntegerField(default=30, verbose_name="unread for (minutes)")),
                ("template", models.JSONField(blank=True, default=dict, verbose_name="template")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "ladder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="conversations.ladder",
                        verbose_name="delivery plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "step",
                "verbose_name_plural": "steps",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Rung",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("after_minutes", models.PositiveIntegerField(verbose_name="unread for (minutes)")),
                ("template", models.JSONField(blank=True, default=dict, verbose_name="template")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sent", "Sent on"),
                            ("skipped", "Not possible"),
                            ("cancelled", "Not needed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("look_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="look again at")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="channels_app.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "delivery",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="rung",
                        to="conversations.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.identity",
                        verbose_name="identity",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rungs",
                        to="conversations.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "rung",
                "verbose_name_plural": "rungs",
                "ordering": ["number"],
            },
        ),
        migrations.AddConstraint(
            model_name="ladder",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("team",),
                name="conversations_ladder_one_default",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="ladderstep",
            constraint=models.UniqueConstraint(fields=("ladder", "number"), name="conversations_ladder_step_once"),
        ),
        migrations.AddIndex(
            model_name="rung",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["look_at"], name="rung_waiting"),
        ),
        migrations.AddConstraint(
            model_name="rung",
            constraint=models.UniqueConstraint(fields=("message", "number"), name="conversations_rung_once"),
        ),
    ]
