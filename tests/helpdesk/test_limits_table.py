"""The tables in docs/channels/ say what the connectors say."""

from datetime import timedelta

from django.core.management import call_command

from channels_app import connectors
from channels_app.contract import Capabilities, MediaLimit, Outside, TextUnit
from helpdesk import limits_table


def test_table_says_what_the_capabilities_say():
    can = Capabilities(
        max_text=1000,
        text_unit=TextUnit.BYTES,
        most_parts=3,
        max_caption=200,
        media=(MediaLimit("image/", 5 * 1024**2), MediaLimit("audio/", 512 * 1024)),
        fetches_files=True,
        reply_window=timedelta(hours=24),
        human_window=timedelta(days=7),
        outside_window=Outside.TEMPLATE,
        sends_read=True,
        reactions=None,
        quick_replies=3,
    )
    rows = limits_table.table(can)
    assert "| Text | 1,000 bytes, longer ones in up to 3 messages; 200 beside a file |" in rows
    assert "image/ up to 5 MB; audio/ up to 512 KB, fetched by the provider" in rows
    assert "24 hours after the customer's last action, 7 days for answers that a person writes; then approved" in rows
    assert "| Receipts | read |" in rows
    assert "| Our reactions | any emoji |" in rows
    assert "| Quick replies | 3, 20 characters each |" in rows


def test_channel_without_limits_says_so():
    rows = limits_table.table(Capabilities())
    assert "| Text | no limit |" in rows
    assert "| When one may write | always |" in rows
    assert "| Files out | no |" in rows


def test_only_the_place_between_the_marks_is_written():
    page = "# Postcard\n\n<!-- limits -->\nold\n<!-- /limits -->\n\nEnd"
    written = limits_table.written_into(page, "postcard")
    assert written.startswith("# Postcard\n\n<!-- limits -->\n| | |")
    assert written.endswith("<!-- /limits -->\n\nEnd")
    assert "old" not in written
    assert limits_table.written_into(written, "postcard") == written


def test_page_without_marks_stays_as_it_is():
    assert limits_table.written_into("# Nothing here", "nothing") == "# Nothing here"


def test_page_about_something_else_names_the_kind():
    written = limits_table.written_into("<!-- limits postcard --><!-- /limits -->", "a-guide")
    assert written.startswith("<!-- limits postcard -->\n| | |")


def test_pages_are_there_and_say_what_the_connectors_say(monkeypatch):
    for kind in ("postcard", "counter", "pigeon", "carrier"):  # the tests' own
        monkeypatch.delitem(connectors.REGISTRY, kind)
    call_command("channel_limits", check=True)
