"""What Meta's error codes mean. From the documentation of each platform; (recall) marks what we only remember."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from channels_app.contract import Problem, Trouble

TOKEN = Problem(Trouble.AUTH, _("The access token is no longer valid. Create a new one at Meta and enter it."))
PERMISSION = Problem(Trouble.AUTH, _("The access token lacks a permission. The guide names those that are needed."))
BLOCKED = Problem(Trouble.AUTH, _("Meta has restricted this account. Business Support Home says why."))
BUSY = Problem(
    Trouble.RATE, _("Meta takes no more messages at the moment. It is tried again by itself."), retry_after=60
)
PASSING = Problem(Trouble.TRANSIENT, most_tries=5)
MALFORMED = Problem(Trouble.PAYLOAD, _("Meta refuses this message as it is. Change it and send it again."))
WINDOW = Problem(Trouble.WINDOW, _("The time for an answer has run out. The customer has to write first."))
GONE = Problem(
    Trouble.RECIPIENT,
    _("This person cannot be reached: they blocked the account or no longer have one."),
    is_unreachable=True,
)

COMMON: dict[str, Problem] = {
    **dict.fromkeys(("0", "102", "190", "463", "467"), TOKEN),
    **dict.fromkeys(("3", "10", "200"), PERMISSION),
    "368": BLOCKED,
    **dict.fromkeys(("4", "17", "32", "613", "80001", "80002", "80006", "80007", "80008"), BUSY),
    **dict.fromkeys(("1", "2"), PASSING),
    **dict.fromkeys(("33", "100"), MALFORMED),
}

# Messenger and Instagram: the Send API and comments.
DIRECT: dict[str, Problem] = {
    **COMMON,
    # Subcodes of 10 (recall): the window has closed, on Messenger and on Instagram.
    **dict.fromkeys(("2018278", "2534022"), WINDOW),
    "1545041": Problem(Trouble.WINDOW, _("This person cannot be written to at the moment.")),
    "551": GONE,
    # No such user (recall for Instagram's subcode).
    **dict.fromkeys(("2018001", "2534014"), GONE),
    "230": Problem(Trouble.WINDOW, _("This person has to write first before anything can be sent or asked.")),
    "1200": PASSING,
    # Without control of the thread (recall): another app, or the Page's own inbox, holds the conversation.
    **dict.fromkeys(
        ("2018300", "2018301"),
        Problem(
            Trouble.PAYLOAD,
            _("Another app holds this conversation. Take it over in the Page's inbox, then send it again."),
        ),
    ),
    # Private replies (recall).
    "10900": Problem(Trouble.WINDOW, _("This comment has had its one private reply already.")),
    "10903": Problem(Trouble.WINDOW, _("This comment can no longer be answered privately.")),
    **dict.fromkeys(
        ("2018007", "2018008", "2018047"),
        Problem(Trouble.PAYLOAD, _("Meta could not fetch the file. The desk must be reachable from the Internet.")),
    ),
    "2018109": Problem(Trouble.PAYLOAD, _("The file is larger than the channel takes.")),
    "2534068": Problem(Trouble.PAYLOAD, _("This account cannot send several pictures at once. Send them one by one.")),
}

WHATSAPP: dict[str, Problem] = {
    **COMMON,
    "131005": PERMISSION,
    "131031": BLOCKED,
    "130497": Problem(Trouble.RECIPIENT, _("This number may not write to people in that country.")),
    "131042": Problem(Trouble.AUTH, _("Meta wants a valid means of payment. See to it in the WhatsApp Manager.")),
    "131045": Problem(Trouble.AUTH, _("The number is not registered properly. Register it in the WhatsApp Manager.")),
    # (recall)
    "133010": Problem(Trouble.AUTH, _("The number is not registered properly. Register it in the WhatsApp Manager.")),
    "131037": Problem(Trouble.AUTH, _("The number's display name is not approved yet. See to it in WhatsApp Manager.")),
    "131063": Problem(Trouble.AUTH, _("Meta has switched off marketing templates for this interface.")),
    "131064": BLOCKED,
    "130429": Problem(Trouble.RATE, BUSY.advice, retry_after=5),
    # One message in six seconds to the same person, after a burst of at most 45.
    "131056": Problem(Trouble.RATE, _("Too many messages to this person at once. It is tried again by itself."), 6),
    "133016": Problem(Trouble.RATE, BUSY.advice, retry_after=3600),
    "131048": Problem(
        Trouble.RATE,
        _("Meta holds messages back because people complained. Wait, and look at the number's quality rating."),
        retry_after=3600,
        most_tries=3,
    ),
    **dict.fromkeys(("131000", "131016", "133004", "131057", "135000"), PASSING),
    "131047": Problem(Trouble.WINDOW, _("The customer last wrote more than 24 hours ago. Send a template.")),
    "131026": Problem(
        Trouble.RECIPIENT, _("This number has no WhatsApp, or cannot receive this message."), is_unreachable=True
    ),
    "131021": Problem(Trouble.RECIPIENT, _("This is the desk's own number.")),
    "131030": Problem(Trouble.RECIPIENT, _("A test number only writes to numbers that are listed with Meta.")),
    "130472": Problem(Trouble.RECIPIENT, _("Meta keeps marketing from this person. Wait until they write.")),
    "131050": Problem(Trouble.RECIPIENT, _("The customer does not want messages of this kind."), is_opt_out=True),
    "131062": Problem(Trouble.RECIPIENT, _("This template needs the customer's telephone number.")),
    # Another try within a day makes it worse.
    "131049": Problem(Trouble.RECIPIENT, _("Meta limits marketing to this person. Try again after a day at least.")),
    **dict.fromkeys(("131008", "131009", "131051"), MALFORMED),
    "132000": Problem(Trouble.PAYLOAD, _("Not every blank of the template is filled in.")),
    "132001": Problem(Trouble.PAYLOAD, _("There is no such template in this language, or it is not approved.")),
    "132005": Problem(Trouble.PAYLOAD, _("The template is too long with what was filled in.")),
    "132007": Problem(Trouble.PAYLOAD, _("Meta refuses the words of this template.")),
    **dict.fromkeys(
        ("132008", "132012"), Problem(Trouble.PAYLOAD, _("What was filled in does not fit the template's blanks."))
    ),
    **dict.fromkeys(("132015", "132016"), Problem(Trouble.PAYLOAD, _("Meta has stopped this template."))),
    **dict.fromkeys(
        ("131052", "131053"), Problem(Trouble.PAYLOAD, _("WhatsApp does not take this file. Try another format."))
    ),
}
