"""Indexes by which a part of a name, its initial consonants or a part of an address is found."""

import django.contrib.postgres.indexes
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION customers_initials(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(
    CASE WHEN ascii(sign) BETWEEN 44032 AND 55203
      THEN substr('ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ', (ascii(sign) - 44032) / 588 + 1, 1)
      ELSE sign END, '' ORDER BY place), '')
  FROM regexp_split_to_table(lower(value), '') WITH ORDINALITY AS signs(sign, place)
$$;
CREATE FUNCTION customers_grams(value text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(line, place, size)), '{}')
  FROM unnest(ARRAY[lower(value), @initials@(value)]) AS lines(line),
    generate_series(1, length(line)) AS places(place),
    unnest(ARRAY[1, 2]) AS sizes(size)
$$;
"""


def create(apps, schema_editor):
    """The second function names the schema of the first, so that a restore with an empty search path works."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(FUNCTIONS.replace("@initials@", f"{schema}.customers_initials"))


def drop(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION customers_grams(text); DROP FUNCTION customers_initials(text)")


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunPython(create, drop),
        migrations.AddIndex(
            "customer",
            django.contrib.postgres.indexes.GinIndex(
                models.Func(models.F("name"), function="customers_grams"), name="customers_name_grams"
            ),
        ),
        migrations.AddIndex(
            "identity",
            django.contrib.postgres.indexes.GinIndex(
                models.Func(models.F("value"), function="customers_grams"),
                name="customers_address_grams",
                condition=models.Q(account=""),
            ),
        ),
    ]
