"""Let the database forbid that a note is delivered: a delivery refers to (id, kind) of its message."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            ALTER TABLE conversations_delivery
              ADD CONSTRAINT conversations_delivery_never_of_a_note
              FOREIGN KEY (message_id, message_kind) REFERENCES conversations_message (id, kind)
              DEFERRABLE INITIALLY DEFERRED;
            """,
            reverse_sql="ALTER TABLE conversations_delivery DROP CONSTRAINT conversations_delivery_never_of_a_note;",
        ),
    ]
