from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="phone",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where calls ring",
                max_length=20,
                verbose_name="own telephone",
            ),
        ),
    ]
