"""Twilio Programmable Messaging: SMS, MMS, and WhatsApp or RCS in the same shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from channels_app.simulator import signing
from channels_app.simulator.doings import Act, Doing
from channels_app.simulator.people import Human
from channels_app.simulator.provider import Event, Provider, route
from channels_app.simulator.wire import ApiAnswer, ApiCall, Hook, Refusal, form_hook, refuse, signed, told
from channels_app.simulator.world import DELIVERED, FAILED, SENT, Contact, File, Message

DAY = 24 * 3600
MOST_TEXT, MOST_FILES = 1600, 10
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}


def no(code: int, message: str, status: int = 400) -> Refusal:
    """Twilio's own shape of an error."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return refuse({"code": code, "message": message, "more_info": more, "status": status}, status)


class Twilio(Provider):
    """One number of an account."""

    kind = "twilio"
    # What stands before a number: "" for SMS, "whatsapp:", "rcs:".
    prefix: ClassVar[str] = ""
    acts = frozenset({Act.TEXT, Act.MEDIA, Act.CONTACT, Act.ODD})
    roles = frozenset({"image", "video", "audio", "file"})
    reports = frozenset({SENT, DELIVERED, FAILED})
    can_start = True

    @classmethod
    def new_keys(cls) -> dict[str, Any]:
        return {
            "account_sid": f"AC{signing.token()[:32]}",
            "auth_token": signing.token()[:32],
            "number": "+15005550006",
        }

    def entries(self) -> tuple[dict[str, Any], dict[str, Any]]:
        config = {
            "account_sid": self.keys["account_sid"],
            "sender": self.keys["number"],
            "region": "KR",
            "has_mms": True,
        }
        return config, {"auth_token": self.keys["auth_token"]}

    def address_of(self, human: Human) -> str:
        return human.phone

    def new_id(self) -> str:
        return f"SM{signing.token()[:24]}{self.world.number():08d}"

    # ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────
    def on_text(self, doing: Doing) -> Iterable[Event]:
        contact, word = self.contact(doing.address), doing.text.strip().upper()
        if word in STOP_WORDS | {"START", "YES", "UNSTOP"}:
            # The carrier's own door: Twilio keeps the list, and the web hook is sent all the same.
            contact.is_blocked = word in STOP_WORDS
            self.world.keep_contact(contact)
        yield self._message(self.written(doing), Body=doing.text)

    def on_media(self, doing: Doing) -> Iterable[Event]:
        assert doing.upload
        file = self.uploaded(doing.upload)
        said = self.written(doing, kind=doing.upload.role.value, file=file)
        media = {"NumMedia": "1", "MediaUrl0": self._media(said, file.key), "MediaContentType0": file.content_type}
        yield self._message(said, Body=doing.text, **media)

    def on_contact(self, doing: Doing) -> Iterable[Event]:
        assert doing.card
        card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{doing.card.name}\r\nTEL:{doing.card.phone}\r\nEND:VCARD\r\n"
        file = self.world.keep_file(File(self.new_file_id(), "contact.vcf", "text/vcard", card.encode()))
        said = self.written(doing, kind="contact", file=file)
        media = {"NumMedia": "1", "MediaUrl0": self._media(said, file.key), "MediaContentType0": "text/vcard"}
        yield self._message(said, Body="", **media)

    def on_odd(self, doing: Doing) -> Iterable[Event]:
        yield self._message(self.written(doing), Body=doing.text, HologramUrl="https://example.com/1")

    def _media(self, said: Message, key: str) -> str:
        account = self.keys["account_sid"]
        return f"{self.account.base}/api/2010-04-01/Accounts/{account}/Messages/{said.id}/Media/{key}"

    def _message(self, said: Message, **content: str) -> Event:
        sender, number = f"{self.prefix}{said.address}", f"{self.prefix}{self.keys['number']}"
        ids = {"MessageSid": said.id, "SmsSid": said.id, "SmsMessageSid": said.id}
        about = {"AccountSid": self.keys["account_sid"], "From": sender, "To": number, "ApiVersion": "2010-04-01"}
        counts = {"NumMedia": "0", "NumSegments": "1", "SmsStatus": "received"}
        return {**ids, **about, **counts, **content}

    def hook(self, event: Event) -> Hook:
        """Signed over the whole address that is called and every field of the form, in order of their names."""
        fields = {name: value for name, value in event.items() if name != "url"}
        url = event.get("url") or self.account.hook_url
        path, _, query = url.removeprefix(self.account.hook_url).partition("?")
        words = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
        signature = signing.base64_hmac(self.keys["auth_token"], words.encode(), "sha1")
        hook = form_hook(fields, path=path, query=query)
        return signed(hook, X_Twilio_Signature=signature, I_Twilio_Idempotency_Token=signing.token())

    def anything(self, body: Any) -> Hook:
        return self.hook({"json": str(body)} if not isinstance(body, dict) else {k: str(v) for k, v in body.items()})

    def receipt(self, message: Message, state: str) -> Iterable[Event]:
        """A status call-back, where the desk named an address for it."""
        if not (url := message.notes.get("callback")):
            return
        word = "undelivered" if state == FAILED else state
        about = {"MessageSid": message.id, "SmsSid": message.id, "MessageStatus": word, "SmsStatus": word}
        ends = {"To": f"{self.prefix}{message.address}", "From": f"{self.prefix}{self.keys['number']}"}
        trouble = {"ErrorCode": "30005"} if state == FAILED else {}
        yield {
            **about,
            **ends,
            **trouble,
            "url": url,
            "AccountSid": self.keys["account_sid"],
            "ApiVersion": "2010-04-01",
        }

    # ── The interface ────────────────────────────────────────────────────────────────────────────────────────────────
    def busy(self) -> ApiAnswer:
        return no(20429, "Too Many Requests", 429).answer

    def broken(self) -> ApiAnswer:
        return no(20500, "Internal Server Error", 500).answer

    def unknown_path(self, call: ApiCall) -> ApiAnswer:
        return no(20404, f"The requested resource /{call.path} was not found", 404).answer

    def check_login(self, call: ApiCall) -> None:
        if self.is_refusing or call.basic != (self.keys["account_sid"], self.keys["auth_token"]):
            raise no(20003, "Authenticate", 401)

    def _recipient(self, asked: dict[str, str]) -> Contact:
        number = asked.get("To", "").removeprefix(self.prefix)
        if not asked.get("To", "").startswith(self.prefix or "+") or not _is_e164(number):
            raise no(21211, f"Invalid 'To' Phone Number: {number[:3]}XXXX")
        return self.world.contact(number) or self.world.keep_contact(Contact(number, phone=number))

    @route("POST", r"2010-04-01/Accounts/{account}/Messages\.json")
    def send(self, call: ApiCall, account: str) -> ApiAnswer:
        """Send a message."""
        self.check_login(call)
        asked, links = call.form, call.lists.get("MediaUrl", [])
        contact, text = self._recipient(asked), asked.get("Body", "")
        if asked.get("From", "") != f"{self.prefix}{self.keys['number']}" and not asked.get("MessagingServiceSid"):
            raise no(21606, "The 'From' phone number is not a valid, message-capable number")
        if contact.is_blocked:
            raise no(21610, "Attempt to send to unsubscribed recipient")
        template = asked.get("ContentSid", "")
        if not text and not links and not template:
            raise no(21602, "Message body is required.")
        if len(text) > MOST_TEXT:
            raise no(21617, "The concatenated message body exceeds the 1600 character limit")
        if len(links) > MOST_FILES or not all(link.startswith(("https://", "http://")) for link in links):
            raise no(21620, "Invalid media URL(s)")
        if not template and self.is_outside_window(contact):
            raise no(63016, "Failed to send freeform message because you are outside the allowed window.")
        notes = {"callback": asked.get("StatusCallback", ""), "links": links}
        message = self.take(contact, text=text, kind="image" if links else "text", notes=notes)
        return told(self._shown(message), 201)

    def is_outside_window(self, contact: Contact) -> bool:
        return bool(self.prefix) and super().is_outside_window(contact)

    def _shown(self, message: Message) -> Event:
        ends = {"to": f"{self.prefix}{message.address}", "from": f"{self.prefix}{self.keys['number']}"}
        facts = {"sid": message.id, "status": "queued", "num_segments": "1", "error_code": None, "body": message.text}
        return {**facts, **ends, "direction": "outbound-api", "account_sid": self.keys["account_sid"]}

    @route("GET", "2010-04-01/Accounts/{account}/Messages/{message}/Media/{key}")
    def media(self, call: ApiCall, account: str, message: str, key: str) -> ApiAnswer:
        """A customer's file, for those who can sign in, by a redirect to the store of files."""
        self.check_login(call)
        if self.world.file(key) is None:
            return self.unknown_path(call)
        return ApiAnswer(307, b"", headers={"Location": f"{self.account.base}/cdn/{key}"})

    @route("GET", r"2010-04-01/Accounts/{account}\.json")
    def show(self, call: ApiCall, account: str) -> ApiAnswer:
        """The account itself."""
        self.check_login(call)
        if account != self.keys["account_sid"]:
            return self.unknown_path(call)
        return told({"sid": account, "friendly_name": "Moment Store", "status": "active", "type": "Full"})

    @route("GET", r"2010-04-01/Accounts/{account}/IncomingPhoneNumbers\.json")
    def numbers(self, call: ApiCall, account: str) -> ApiAnswer:
        """The numbers of the account."""
        self.check_login(call)
        one = {"sid": "PN" + "1" * 32, "phone_number": self.keys["number"], "capabilities": {"sms": True, "mms": True}}
        return told({"incoming_phone_numbers": [one]})

    @route("POST", r"2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{number}\.json")
    def set_number(self, call: ApiCall, account: str, number: str) -> ApiAnswer:
        """Tell Twilio where to deliver."""
        self.check_login(call)
        self.world.notes["webhook"] = call.form.get("SmsUrl", "")
        return told({"sid": number, "phone_number": self.keys["number"]})

    @route("GET", r"2010-04-01/Accounts/{account}/Messages\.json")
    def list_messages(self, call: ApiCall, account: str) -> ApiAnswer:
        """What was sent and received lately."""
        self.check_login(call)
        return told({"messages": [], "next_page_uri": None})


def _is_e164(number: str) -> bool:
    return number.startswith("+") and number[1:].isdigit() and 7 <= len(number) <= 16
