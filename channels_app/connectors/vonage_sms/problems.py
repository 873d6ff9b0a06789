"""What Vonage's SMS API says went wrong: at once (status) and later (err-code of the receipt). All recall."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.contract import UNKNOWN_PROBLEM, Problem, Trouble

_NUMBER = _("This is not a number that can be written to. Check it, or choose another channel.")
_SENDER = _("The sender entered in the channel's settings cannot send this. An admin should check it.")
_FILTERED = _("The carrier held the message back as unwanted. Write it differently, or choose another channel.")
_ACCESS = _("Vonage refuses the account's keys. An admin should enter them again.")
_LATER = _("The telephone is switched off or out of reach.")
_BLOCKED = _("The customer does not want messages here. Choose another channel.")

_recipient = Problem(Trouble.RECIPIENT, _NUMBER, is_unreachable=True)
_filtered = Problem(Trouble.PAYLOAD, _FILTERED)
_access = Problem(Trouble.AUTH, _ACCESS)

# By `status` of the answer to a send.
PROBLEMS: dict[str, Problem] = {
    "1": Problem(Trouble.RATE, retry_after=2),
    "2": Problem(Trouble.PAYLOAD, _SENDER),
    "3": Problem(Trouble.PAYLOAD, _NUMBER),
    "4": _access,
    "5": Problem(Trouble.TRANSIENT),
    "6": Problem(Trouble.RECIPIENT, _NUMBER),
    "7": Problem(Trouble.RECIPIENT, _NUMBER, is_unreachable=True),
    "8": _access,
    "9": Problem(Trouble.RATE, _("The account has no credit left. An admin should add some."), retry_after=3600),
    "11": Problem(Trouble.AUTH, _("Vonage has not enabled this for the account.")),
    "12": Problem(Trouble.PAYLOAD, _("The text is too long. Shorten it.")),
    "14": _access,
    "15": Problem(Trouble.PAYLOAD, _SENDER),
    "22": Problem(Trouble.PAYLOAD, _SENDER),
    "29": Problem(Trouble.RECIPIENT, _("A trial account only writes to numbers that were entered at Vonage.")),
    "33": Problem(Trouble.RECIPIENT, _NUMBER, is_unreachable=True),
}

# By `err-code` of a receipt, which is final: Vonage has already tried for as long as it does.
RECEIPTS: dict[str, Problem] = {
    "1": Problem(Trouble.TRANSIENT),
    "2": Problem(Trouble.TRANSIENT, _LATER),
    "3": _recipient,
    "4": Problem(Trouble.RECIPIENT, _BLOCKED),
    "5": _recipient,
    "6": _filtered,
    "7": Problem(Trouble.TRANSIENT, _LATER),
    "8": Problem(Trouble.TRANSIENT),
    "9": _recipient,
    "10": Problem(Trouble.PAYLOAD),
    "11": Problem(Trouble.RECIPIENT, _("This number cannot be reached from the sender's. Choose another channel.")),
    "12": _recipient,
    "13": Problem(Trouble.RECIPIENT, _BLOCKED),
    "14": Problem(Trouble.RECIPIENT, _BLOCKED, is_opt_out=True),
    "15": Problem(Trouble.RECIPIENT, _LATER),
    "50": _filtered,
    "51": _filtered,
    "52": _filtered,
    "53": Problem(Trouble.RECIPIENT, _BLOCKED, is_opt_out=True),
    "54": _filtered,
}


def problem(status: str) -> Problem:
    """What the status of a send means."""
    return PROBLEMS.get(status, UNKNOWN_PROBLEM)


def late_problem(code: str) -> Problem:
    """What the code of a receipt means."""
    return RECEIPTS.get(code, Problem(Trouble.PAYLOAD))
