"""Public addresses of files: for whoever has one, for some hours, as what they are."""

from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from conversations import sharing
from conversations.actions import delivery, replies
from conversations.models import Attachment
from tests.postcard import Postcard

pytestmark = pytest.mark.django_db


@pytest.fixture
def label(ada) -> Attachment:
    kept = Attachment(uploaded_by=ada, name="한 글 label.pdf", content_type="application/pdf", size=5)
    kept.file.save("label", ContentFile(b"%PDF-"), save=False)
    kept.save()
    return kept


def get(address: str):
    return Client().get(urlsplit(address).path)


def test_address_is_open_to_whoever_has_it_and_gives_a_file_not_a_page(label):
    answer = get(sharing.address_of(label))
    assert b"".join(answer.streaming_content) == b"%PDF-"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_address_is_under_the_public_one_and_ends_with_the_files_name(label, settings):
    settings.PUBLIC_URL = "https://desk.example"
    address = sharing.address_of(label)
    assert address.startswith("https://desk.example/files/")
    assert unquote(address).endswith("/한 글 label.pdf")


def test_changed_address_finds_nothing(label):
    address = sharing.address_of(label)
    signed = address.rsplit("/", 2)[1]
    for wrong in (signed[:-1] + "x", label.key.hex, f"{'0' * 32}{signed[32:]}"):
        assert get(address.replace(signed, wrong)).status_code == 404


def test_address_ends_after_some_hours(label, settings, monkeypatch):
    address = sharing.address_of(label)
    settings.SHARED_FILE_HOURS = 1
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)
    assert get(address).status_code == 404


def test_connector_is_given_the_address_with_the_file(carol, ada, route, label):
    message = replies.reply(carol, by=ada, text="", route=route(carol), files=[label.key])
    delivery.deliver(message.deliveries.get().pk)
    [posted] = Postcard.posted
    assert get(posted.files[0].share()).status_code == 200
    carol.refresh_from_db()
    assert (carol.preview, carol.preview_of) == ("", "file")
