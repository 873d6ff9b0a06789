"""A provider that takes everything proves nothing: what the real ones refuse is refused here, in their own words."""

import json

import pytest

from channels_app.simulator import providers
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import CAST
from channels_app.simulator.provider import Account
from channels_app.simulator.wire import ApiCall
from channels_app.simulator.world import World


class Desk:
    """Calls an interface as a connector would."""

    def __init__(self, kind, **headers):
        made = providers.get(kind)
        self.provider = made(Account("abc", "https://desk.example/hooks/abc/", made.new_keys()), World())
        self.customer = self.provider.meet(CAST[0]).address
        self.provider.hooks(Doing(Act.TEXT, self.customer, text="Hi"))
        self.keys = self.provider.keys
        self.headers = {"content-type": "application/json"}

    def call(self, path, body, method="POST", **headers):
        named = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.provider.answer(ApiCall(method, path, {}, named, json.dumps(body).encode()))


def code(answer, *path):
    found = json.loads(answer.body)
    for step in path:
        found = found[step]
    return found


def whatsapp(desk, **body):
    given = {"messaging_product": "whatsapp", "to": f"+{desk.customer}", "type": "text", "text": {"body": "Hi"}, **body}
    path = f"v24.0/{desk.keys['phone_number_id']}/messages"
    return desk.call(path, given, authorization=f"Bearer {desk.keys['access_token']}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": {"body": "x" * 4097}}, 100),
        ({"text": {}}, 100),
        ({"messaging_product": ""}, 100),
        ({"type": "poem"}, 100),
        ({"to": "Carol"}, 131009),
        ({"type": "image", "image": {"id": "unknown"}}, 131009),
        ({"type": "template", "template": {"name": "nothing", "language": {"code": "ko"}}}, 132001),
        ({"type": "template", "template": {"name": "order_update", "language": {"code": "ko"}}}, 132000),
    ],
)
def test_whatsapp_refuses(body, expected):
    desk = Desk("whatsapp")
    assert whatsapp(desk).status == 200
    refused = whatsapp(desk, **body)
    assert refused.status >= 400
    assert code(refused, "error", "code") == expected
    assert len([one for one in desk.provider.world.thread(desk.customer) if not one.is_theirs]) == 1


def test_whatsapp_knows_its_token():
    desk = Desk("whatsapp")
    refused = desk.call(f"v24.0/{desk.keys['phone_number_id']}/messages", {}, authorization="Bearer other")
    assert (refused.status, code(refused, "error", "code")) == (401, 190)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "<b>open", "parse_mode": "HTML"}, "can't parse entities"),
        ({"text": " "}, "message text is empty"),
        ({"chat_id": 1}, "chat not found"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "가" * 22}]]}}, "BUTTON_DATA_INVALID"),
        ({"reply_parameters": {"message_id": 999}}, "message to be replied not found"),
    ],
)
def test_telegram_refuses(body, expected):
    desk = Desk("telegram")
    path = f"bot{desk.keys['bot_token']}/sendMessage"
    given = {"chat_id": int(desk.customer), "text": "Hi"}
    assert desk.call(path, given).status == 200
    refused = desk.call(path, given | body)
    assert refused.status == 400
    assert expected in code(refused, "description")


def test_line_takes_a_reply_token_once_and_a_retry_key_as_the_same_message():
    desk = Desk("line")
    token = next(iter(desk.provider.world.notes["reply"]))
    access = {"authorization": f"Bearer {desk.keys['channel_access_token']}"}
    message = {"messages": [{"type": "text", "text": "Hi"}]}
    assert desk.call("v2/bot/message/reply", {"replyToken": token, **message}, **access).status == 200
    assert desk.call("v2/bot/message/reply", {"replyToken": token, **message}, **access).status == 400
    key = {"x_line_retry_key": "123e4567-e89b-12d3-a456-426614174000"}
    first = desk.call("v2/bot/message/push", {"to": desk.customer, **message}, **access, **key)
    again = desk.call("v2/bot/message/push", {"to": desk.customer, **message}, **access, **key)
    assert (first.status, again.status) == (200, 409)
    assert code(again, "sentMessages") == code(first, "sentMessages")
    long = {"messages": [{"type": "text", "text": "🙂" * 2501}]}
    assert desk.call("v2/bot/message/push", {"to": desk.customer, **long}, **access).status == 400


def test_kakao_wants_a_session_and_media_that_it_has():
    desk = Desk("kakao")
    given = {"userKey": desk.customer, "senderKey": desk.keys["sender_key"], "msgType": "TEXT", "message": "Hi"}
    path, access = "api/comm/v1/cstalk/plain", {"authorization": desk.keys["api_key"]}
    assert desk.call(path, given, **access).status == 200
    assert desk.call(path, given, authorization=f"Bearer {desk.keys['api_key']}").status == 401
    assert code(desk.call(path, given | {"message": "가" * 1001}, **access), "data", "code") == "A305"
    elsewhere = {"msgType": "IMAGE", "attachment": {"image": {"imgUrl": "https://example.com/a.png"}}}
    assert code(desk.call(path, given | elsewhere, **access), "data", "code") == "A511"
    desk.provider.hooks(Doing(Act.END, desk.customer))
    assert code(desk.call(path, given, **access), "data", "code") == "A821"
