"""What errcode and fail_type mean at WeCom's customer service, and what an agent can do.

Sources: silenceper/wechat work/kf (40001–45009, 95011, fail_type), developer.work.weixin.qq.com/document/path/90313. All
other 95xxx codes: recall.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.contract import Problem, Trouble

_ACCESS = Problem(Trouble.AUTH, _("WeCom refuses the CorpID or the secret. An admin should enter them again."))
_LATE = Problem(Trouble.WINDOW, _("The customer last wrote more than 48 hours ago. Use another channel."))
_ENOUGH = Problem(
    Trouble.WINDOW, _("WeCom takes five messages for each of theirs. Wait until they write, or use another channel.")
)
_ENDED = Problem(Trouble.WINDOW, _("The conversation has ended in WeCom. It opens again when the customer writes."))
_TAKEN = Problem(
    Trouble.AUTH, _("The customer service is managed in the WeCom app. Switch it to the API in WeCom's console.")
)
_GONE = Problem(
    Trouble.PAYLOAD, _("The customer service account does not exist any more. An admin should look into WeCom.")
)
_MEDIA = Problem(
    Trouble.PAYLOAD,
    _("WeCom does not take this file: pictures and MP4 up to 10 MB, sound up to 2 MB (AMR), other files up to 20 MB."),
)
_RECIPIENT = Problem(Trouble.RECIPIENT, _("WeCom does not know this customer any more. Choose another channel."))
_UNVERIFIED = Problem(
    Trouble.AUTH, _("WeCom wants the company verified, or a Channels account bound to it, before it sends.")
)

PROBLEMS: dict[str, Problem] = {
    "-1": Problem(Trouble.TRANSIENT, retry_after=5),
    "40001": _ACCESS,
    "40013": _ACCESS,
    "40014": _ACCESS,
    "41001": _ACCESS,
    "42001": _ACCESS,
    "48002": Problem(Trouble.AUTH, _("The application may not use WeCom's customer service. Allow it in the console.")),
    "60020": Problem(
        Trouble.AUTH, _("WeCom does not know the desk's IP address. Add it to the application's trusted IPs.")
    ),
    "45009": Problem(Trouble.RATE, retry_after=60),
    "40003": _RECIPIENT,
    "40096": _RECIPIENT,
    "40004": _MEDIA,
    "40006": _MEDIA,
    "40007": _MEDIA,
    "40009": _MEDIA,
    "40010": _MEDIA,
    "40011": _MEDIA,
    "45002": Problem(Trouble.PAYLOAD, _("The message is too long for WeCom. Shorten it.")),
    "95000": _GONE,
    "95001": _ENOUGH,
    "95002": _LATE,
    "95004": _GONE,
    "95011": _TAKEN,
    "95013": _ENDED,
    "95017": _TAKEN,
}
# Why a message that was accepted did not arrive (event msg_send_fail).
FAIL_TYPES: dict[int, Problem] = {
    1: _GONE,
    2: Problem(Trouble.AUTH, _("The application was switched off in WeCom.")),
    4: _LATE,
    5: _ENDED,
    6: _ENOUGH,
    7: _UNVERIFIED,
    8: _UNVERIFIED,
    9: _UNVERIFIED,
    10: Problem(Trouble.RECIPIENT, _("The customer refuses messages here. Choose another channel.")),
}
UNKNOWN_FAIL = Problem(Trouble.PAYLOAD, _("WeCom did not deliver the message and does not say why."))
