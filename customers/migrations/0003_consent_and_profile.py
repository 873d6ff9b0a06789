import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import customers.models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="picture",
            field=models.FileField(
                blank=True, db_default="", default="", upload_to=customers.models.picture_path, verbose_name="picture"
            ),
        ),
        migrations.AddField(
            model_name="identity",
            name="profile_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="profile asked for"),
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.CharField(
                        blank=True,
                        help_text="The channel for which it was said; blank: for all",
                        max_length=64,
                        verbose_name="account",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("service", "Answers and service"), ("marketing", "Advertising")],
                        default="service",
                        max_length=12,
                        verbose_name="purpose",
                    ),
                ),
                ("is_granted", models.BooleanField(verbose_name="granted")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("message", "Word in a message"),
                            ("provider", "Told by the provider"),
                            ("form", "Form"),
                            ("agent", "Entered by an agent"),
                        ],
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300, verbose_name="words")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "identity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to="customers.identity",
                        verbose_name="identity",
                    ),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["identity", "purpose", "-at", "-id"], name="customers_consent_newest")
                ],
            },
        ),
    ]
