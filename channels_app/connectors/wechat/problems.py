"""What errcode means at the Official Account's interfaces, and what an agent can do.

Sources: developers.weixin.qq.com (global return codes), wechatpy 1.8.18 constants.
Recall: 40125, 40164, 43019, 48002, 50002, 87014.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.contract import Problem, Trouble

_ACCESS = Problem(Trouble.AUTH, _("WeChat refuses the AppID or the AppSecret. An admin should enter them again."))
_MEDIA = Problem(
    Trouble.PAYLOAD,
    _("WeChat does not take this file: pictures up to 10 MB, sound up to 2 MB (AMR, MP3), MP4 up to 10 MB."),
)
_LEFT = Problem(
    Trouble.RECIPIENT,
    _("The customer does not follow the account, or takes no messages of it. Choose another channel."),
)
_TEMPLATE = Problem(Trouble.PAYLOAD, _("The template does not fit any more. Ask WeChat for the templates again."))

PROBLEMS: dict[str, Problem] = {
    "-1": Problem(Trouble.TRANSIENT, retry_after=5),
    "40001": _ACCESS,
    "40014": _ACCESS,
    "42001": _ACCESS,
    "40013": _ACCESS,
    "40125": _ACCESS,
    "41002": _ACCESS,
    "41004": _ACCESS,
    "40164": Problem(
        Trouble.AUTH,
        _("WeChat does not know the desk's IP address. Add it to the IP allow list of the Official Account."),
    ),
    "48001": Problem(
        Trouble.AUTH, _("The Official Account may not send customer service messages. It has to be verified by WeChat.")
    ),
    "50002": Problem(Trouble.AUTH, _("WeChat has restricted this Official Account. Look into its console.")),
    "40003": Problem(
        Trouble.RECIPIENT,
        _("This customer does not belong to the Official Account of this channel."),
        is_unreachable=True,
    ),
    "43004": _LEFT,
    "43019": _LEFT,
    "48002": _LEFT,
    "45015": Problem(
        Trouble.WINDOW,
        _("The customer last wrote more than 48 hours ago, or has left. Use a template or another channel."),
    ),
    "45047": Problem(
        Trouble.WINDOW,
        _("WeChat takes five messages for each of theirs. Wait until they write, or use another channel."),
    ),
    "45009": Problem(Trouble.RATE, _("WeChat's daily limit is reached."), retry_after=3600),
    "45011": Problem(Trouble.RATE, retry_after=60),
    "40004": _MEDIA,
    "40005": _MEDIA,
    "40006": _MEDIA,
    "40007": _MEDIA,
    "40009": _MEDIA,
    "40010": _MEDIA,
    "40011": _MEDIA,
    "45001": _MEDIA,
    "45002": Problem(Trouble.PAYLOAD, _("The message is too long for WeChat. Shorten it.")),
    "87014": Problem(Trouble.PAYLOAD, _("WeChat refuses what the message says. Write it differently.")),
    "40037": _TEMPLATE,
    "47003": _TEMPLATE,
}
