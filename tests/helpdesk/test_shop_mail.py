"""The customers' mailboxes of a trial: what leaves the desk lands there, and an answer takes the real way back."""

import threading

import pytest
from django.urls import include, path

from channels_app.connectors.email.listener import Door
from channels_app.models import Channel
from conversations.models import Message
from helpdesk import mail_door, urls
from helpdesk.demo.doors import mail_account
from helpdesk.mail_folder import MailFolder
from helpdesk.shop import NEWCOMER
from tests.channels_app.email.conftest import free_port, opened, send
from tests.channels_app.email.test_wire import answer, wait_for

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db(transaction=True)]
urlpatterns = [*urls.urlpatterns, path("demo/", include("helpdesk.shop_urls"))]


@pytest.fixture
def trial(settings, tmp_path, support):
    """The door of a trial: mail for the desk goes to the desk, mail for anybody else to a folder."""
    settings.DEMO = True
    settings.VAR_DIR = tmp_path
    with opened(Door(port=0)) as port:
        settings.MAIL_LISTEN = f"127.0.0.1:{port}"
        Channel.objects.create(kind="email", name="Mail", config=mail_account())
        yield port


def test_a_customer_writes_reads_the_answer_and_answers(trial, client, bob):
    assert "아직 받은 메일이 없어요" in client.get("/demo/mail/").content.decode()
    posted = client.post("/demo/mail/", {"subject": "배송", "text": "언제 오나요?"}, follow=True)
    assert "메일을 보냈어요" in posted.content.decode()
    question = wait_for(Message.objects.first)
    assert (question.text, question.identity.value) == ("언제 오나요?", NEWCOMER.email)
    answer(question.conversation, bob, "오늘 출발했어요")
    page = client.get("/demo/mail/").content.decode()
    assert "Re: 배송" in page
    (kept,) = MailFolder().mails(NEWCOMER.email)
    opened_page = client.get("/demo/mail/", {"mail": kept.name})
    assert "오늘 출발했어요" in opened_page.content.decode()
    reply = {"subject": "Re: 배송", "text": "고마워요", "answers": kept.name}
    client.post("/demo/mail/", reply)
    thanks = wait_for(Message.objects.filter(text="고마워요").first)
    assert (thanks.conversation, thanks.placement) == (question.conversation, "reply_token")


def test_a_trial_opened_at_another_port_sends_through_its_own_door(trial, settings):
    stopping = threading.Event()
    settings.MAIL_LISTEN = f"127.0.0.1:{free_port()}"
    thread = threading.Thread(target=mail_door.keep_open, args=(stopping,))
    thread.start()
    wanted = int(settings.MAIL_LISTEN.rpartition(":")[2])
    wait_for(lambda: Channel.objects.get().config["smtp_port"] == wanted)
    stopping.set()
    thread.join(20)


def test_an_empty_mail_is_not_sent(trial, client):
    assert client.post("/demo/mail/", {"subject": "", "text": ""}).status_code == 422
    assert not Message.objects.exists()


def test_a_closed_door_is_said_to_be_closed(settings, client, db, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.MAIL_LISTEN = "127.0.0.1:9"
    page = client.post("/demo/mail/", {"subject": "a", "text": "b"})
    assert page.status_code == 422
    assert "닫혀 있어요" in page.content.decode()


def test_the_page_is_as_strict_as_the_shop(trial, client):
    policy = client.get("/demo/mail/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_door_in_earnest_keeps_no_mail_for_strangers(trial, settings):
    settings.DEMO = False
    desk = mail_door.VaultDesk()
    assert not desk.takes("anybody@mail.example")
    assert desk.takes("help@moment.example")


def test_no_name_leads_out_of_the_folder(tmp_path):
    folder = MailFolder(tmp_path / "mail")
    kept = folder.put("../../etc/passwd@x", b"Subject: a\r\n\r\nb")
    assert kept.path.resolve().is_relative_to((tmp_path / "mail").resolve())
    assert folder.get("carol@x", "../../../etc/passwd") is None
    folder.put("carol@x", b"Subject: a\r\n\r\nb")
    assert set(folder.mailboxes()) == {kept.mailbox, "carol@x"}


def test_a_mailbox_keeps_only_the_newest(tmp_path, monkeypatch):
    monkeypatch.setattr("helpdesk.mail_folder.MOST_KEPT", 3)
    folder = MailFolder(tmp_path)
    for number in range(5):
        folder.put("carol@x", str(number).encode())
    assert [mail.content for mail in folder.mails("carol@x")] == [b"4", b"3", b"2"]


def test_mail_to_several_customers_lands_with_each(trial):
    send(trial, b"Subject: Hi\r\n\r\nboth", "carol@mail.example", "dave@mail.example", sender="help@moment.example")
    assert [len(list(MailFolder().mails(who))) for who in ("carol@mail.example", "dave@mail.example")] == [1, 1]
