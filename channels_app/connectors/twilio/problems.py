"""What Twilio's error codes mean, and what an agent can do (twilio.com/docs/api/errors; those not cited there: recall)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.contract import UNKNOWN_PROBLEM, Problem, Trouble

_NUMBER = _("This is not a number that can be written to. Check it, or choose another channel.")
_SENDER = _("The sender entered in the channel's settings cannot send this. An admin should check it.")
_FILTERED = _("The carrier held the message back as unwanted. Write it differently, or choose another channel.")
_MEDIA = _("A file was refused. Send it in another format, smaller, or as a link.")
_LATER = _("The telephone is switched off or out of reach.")
_WINDOW = _("The customer last wrote more than a day ago. Use an approved template.")
_BLOCKED = _("The customer does not want messages here. Choose another channel.")
_ACCESS = _("Twilio refuses the account's keys. An admin should enter them again.")

_recipient = Problem(Trouble.RECIPIENT, _NUMBER, is_unreachable=True)
_sender = Problem(Trouble.PAYLOAD, _SENDER)
_media = Problem(Trouble.PAYLOAD, _MEDIA)
_access = Problem(Trouble.AUTH, _ACCESS)

PROBLEMS: dict[str, Problem] = {
    "20003": _access,
    "20404": Problem(Trouble.PAYLOAD),
    "20429": Problem(Trouble.RATE, retry_after=5),
    "20503": Problem(Trouble.TRANSIENT),
    "21211": _recipient,
    "21214": _recipient,
    "21217": _recipient,
    "21401": _recipient,
    "21407": _recipient,
    "21408": Problem(Trouble.RECIPIENT, _("Twilio is not allowed to send to this country; an admin can allow it there.")),
    "21421": _recipient,
    "21602": Problem(Trouble.PAYLOAD, _("A message needs a text or a file.")),
    "21606": _sender,
    "21609": Problem(Trouble.PAYLOAD, _("Twilio cannot reach the desk's public address. An admin should check it.")),
    "21610": Problem(Trouble.RECIPIENT, _BLOCKED, is_opt_out=True),
    "21611": Problem(Trouble.RATE, retry_after=60),
    "21612": Problem(Trouble.RECIPIENT, _("This number cannot be reached from the sender's. Choose another channel.")),
    "21614": Problem(Trouble.RECIPIENT, _("This is no mobile number. Call, or choose another channel."), is_unreachable=True),
    "21617": Problem(Trouble.PAYLOAD, _("The text is too long. Shorten it.")),
    "21620": _media,
    "21623": _media,
    "21655": Problem(Trouble.PAYLOAD, _("The template no longer exists. Choose another.")),
    "21656": Problem(Trouble.PAYLOAD, _("The template's blanks are not filled in as it wants them.")),
    "21659": _sender,
    "21660": _sender,
    "21703": _sender,
    "21730": Problem(Trouble.TRANSIENT, retry_after=300),
    "30001": Problem(Trouble.RATE, retry_after=120),
    "30002": Problem(Trouble.AUTH, _("Twilio has suspended the account.")),
    "30003": Problem(Trouble.TRANSIENT, _LATER, retry_after=1800, most_tries=2),
    "30004": Problem(Trouble.RECIPIENT, _BLOCKED),
    "30005": _recipient,
    "30006": Problem(Trouble.RECIPIENT, _("This is no mobile number. Call, or choose another channel."), is_unreachable=True),
    "30007": Problem(Trouble.PAYLOAD, _FILTERED),
    "30008": Problem(Trouble.TRANSIENT, most_tries=2),
    "30019": _media,
    "30034": Problem(Trouble.PAYLOAD, _("The sender's number is not registered with US carriers; an admin can do that.")),
    "63003": _recipient,
    "63005": Problem(Trouble.PAYLOAD, _("The channel refused what was sent. Write it differently.")),
    "63007": _sender,
    "63012": Problem(Trouble.TRANSIENT, most_tries=3),
    "63014": Problem(Trouble.RECIPIENT, _BLOCKED),
    "63016": Problem(Trouble.WINDOW, _WINDOW),
    "63018": Problem(Trouble.RATE, retry_after=10),
    "63019": _media,
    "63021": _media,
    "63024": _recipient,
    "63032": Problem(Trouble.RECIPIENT, _("WhatsApp limits what this customer gets. Choose another channel.")),
    "63038": Problem(Trouble.RATE, _("The account's daily limit is reached."), retry_after=3600),
    "63049": Problem(Trouble.RECIPIENT, _("WhatsApp limits what this customer gets. Choose another channel.")),
}  # fmt: skip


def problem(code: str, status: int = 0) -> Problem:
    """What a code means; where Twilio gave none, what the HTTP status means."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    if status in (401, 403):
        return _access
    if status == 429:
        return PROBLEMS["20429"]
    return Problem(Trouble.TRANSIENT) if status >= 500 else UNKNOWN_PROBLEM
