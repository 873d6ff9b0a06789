"""Files that came as an address: fetched at once, named for what they are, given up in plain words."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from channels_app.contract import PermanentFailure, TemporaryFailure
from conversations import filetypes, tasks
from conversations.actions import fetching
from conversations.lists.inbox import Listing
from conversations.lists.rows import Pen, fetch
from conversations.models import Attachment, Conversation, Message
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n rest"
OGG = b"OggS rest"


def picture(**more) -> dict:
    file = {"url": "https://cdn.example/x", **more}
    return {"id": "c1", "from": "Carol", "text": "", "files": [file]}


def fetched(content: bytes = PNG, said: str = "", name: str = "") -> Attachment:
    Postcard.holds["file"] = (content, said, name)
    fetching.fetch_file(Attachment.objects.get().pk)
    return Attachment.objects.get()


def test_file_waits_for_its_bytes_and_is_then_shown(tell):
    tell(picture(reference="h1", size=9, role="voice", seconds=3))
    waiting = Attachment.objects.get()
    assert (waiting.is_here, waiting.role, waiting.seconds, waiting.size) == (False, "voice", 3, 9)
    before = Message.objects.get().revision
    kept = fetched()
    assert kept.file.read() == PNG
    assert (kept.content_type, kept.fetch_at, kept.size) == ("image/png", None, len(PNG))
    assert Message.objects.get().revision > before
    assert Postcard.asked == [("fetch", "https://cdn.example/x")]


def test_file_is_fetched_once(tell):
    tell(picture())
    fetched()
    fetched()
    assert len(Postcard.asked) == 1


def test_sweep_fetches_what_nobody_was_woken_for(tell):
    tell(picture())
    Postcard.holds["file"] = (PNG, "", "")
    tasks.sweep_files()
    assert Attachment.objects.get().is_here


@pytest.mark.parametrize(
    ("name", "content", "said", "expected"),
    [
        ("", PNG, "", ("file.png", "image/png")),
        ("photo", PNG, "application/octet-stream", ("photo.png", "image/png")),
        ("photo.jpg", PNG, "", ("photo.png", "image/png")),
        ("note.oga", OGG, "", ("note.oga", "audio/ogg")),
        ("bill.pdf", b"%PDF-1.7", "", ("bill.pdf", "application/pdf")),
        ("list", b"a,b", "text/csv; charset=utf-8", ("list.csv", "text/csv")),
        ("trick.png", b"<svg onload=x>", "image/png", ("trick.png", filetypes.UNKNOWN)),
        ("../../etc/passwd", PNG, "", ("passwd.png", "image/png")),
        ("film", b"\x00\x00\x00\x18ftypmp42", "", ("film.mp4", "video/mp4")),
        ("한국어 파일.hwp", b"\xd0\xcf\x11\xe0", "application/x-hwp", ("한국어 파일.hwp", "application/x-hwp")),
    ],
)
def test_name_and_type_say_what_the_bytes_are(tell, name, content, said, expected):
    tell(picture(name=name))
    with translation.override("en"):
        kept = fetched(content, said)
    assert (kept.name, kept.content_type) == expected


def test_name_that_the_server_gives_is_taken_where_there_was_none(tell):
    tell(picture())
    assert fetched(name="holiday.png").name == "holiday.png"


def test_what_fails_is_tried_again_five_times_and_then_given_up_in_words(tell):
    tell(picture())
    for attempt in range(fetching.MOST_TRIES):
        Postcard.troubles.append(TemporaryFailure("busy"))
        kept = fetched()
        assert (kept.fetch_attempts, kept.is_here) == (attempt + 1, False)
        if kept.fetch_at:
            assert kept.fetch_at > timezone.now() + timedelta(seconds=5)
            Attachment.objects.update(fetch_at=timezone.now())
    assert kept.fetch_at is None
    assert kept.fetch_error
    assert Message.objects.get().revision == Conversation.objects.get().revision > 1


def test_what_is_gone_at_the_provider_is_given_up_at_once(tell):
    tell(picture())
    Postcard.troubles.append(PermanentFailure("404", advice="Ask for it again"))
    kept = fetched()
    assert (kept.fetch_at, kept.fetch_error) == (None, "Ask for it again")


def test_defect_of_a_connector_does_not_leave_a_file_waiting_for_ever(tell):
    tell(picture())
    Postcard.troubles.append(ZeroDivisionError())
    assert fetched().fetch_attempts == 1


def test_file_that_is_too_big_is_left_where_it_is(tell, settings):
    settings.ATTACHMENT_MAX_BYTES = 5
    tell(picture())
    kept = fetched()
    assert (kept.is_here, bool(kept.fetch_error)) == (False, True)


def test_file_of_a_message_taken_back_meanwhile_is_not_kept(tell, monkeypatch):
    tell(picture())
    fetch = Postcard.fetch
    stored = []

    def slow(self, file):
        tell({"is": "deletion", "id": "c1"})
        return fetch(self, file)

    monkeypatch.setattr(Postcard, "fetch", slow)
    Postcard.holds["file"] = (PNG, "", "")
    storage = Attachment.objects.get().file.storage
    save = storage.save
    monkeypatch.setattr(
        storage, "save", lambda name, *rest, **more: stored.append(save(name, *rest, **more)) or stored[-1]
    )
    fetching.fetch_file(Attachment.objects.get().pk)
    assert not Attachment.objects.exists()
    assert stored
    assert not storage.exists(stored[0])


# ── What a list shows of it ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("card", "what"),
    [
        ({"location": {"latitude": 37.5, "longitude": 127.0}}, "location"),
        ({"cards": [{"name": "Dave", "phones": ["+821012345678"]}]}, "contact"),
        ({"choice": {"id": "yes"}}, "choice"),
        ({"files": [{"url": "x", "role": "voice"}]}, "voice"),
        ({"files": [{"url": "x", "role": "sticker"}]}, "sticker"),
        ({"files": [{"url": "x", "content_type": "image/jpeg"}]}, "picture"),
        ({"files": [{"url": "x", "content_type": "video/mp4"}]}, "film"),
        ({"files": [{"url": "x", "content_type": "application/pdf"}]}, "file"),
        ({"text": "Look", "files": [{"url": "x"}]}, ""),
    ],
)
def test_list_says_what_a_message_without_words_is(tell, ada, card, what):
    tell({"id": "c1", "from": "Carol", "text": "", **card})
    assert Conversation.objects.get().preview_of == what
    listing = Listing(ada, view="all")
    with translation.override("en"):
        row = Pen(listing).draw(fetch(listing.page(), ada))
    words = {"": "Look", "contact": "(contact details)", "film": "(video)", "voice": "(voice message)"}
    assert words.get(what, f"({what})") in row


def test_parts_beside_the_words_are_kept_under_the_contracts_names(tell):
    place = {"latitude": 37.5, "longitude": 127.0, "name": "Station", "address": "1 Road", "url": ""}
    tell(
        {
            "id": "c1",
            "from": "Carol",
            "location": place,
            "cards": [{"name": "Dave", "phones": ["+82"]}],
            "choice": {"id": "y", "title": "Yes"},
        }
    )
    assert Message.objects.get().details == {
        "location": place,
        "cards": [{"name": "Dave", "phones": ["+82"], "emails": []}],
        "choice": {"id": "y", "title": "Yes"},
    }
