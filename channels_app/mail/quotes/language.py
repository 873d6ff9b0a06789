"""What one language brings: the words its mail programs write around a quoted message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Lower-case words and phrases; `{}` in `mobile` stands for the name of a device or an app."""

    code: str
    #: What stands for "wrote" in an attribution.
    wrote: tuple[str, ...]
    #: First words of an attribution ("on", "am"), none where it starts with the date or the name.
    leads: tuple[str, ...] = ()
    #: Labels of a header block, by what they label.
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    copy: tuple[str, ...] = ()
    date: tuple[str, ...]
    subject: tuple[str, ...]
    #: Other labels that may stand between the five above.
    others: tuple[str, ...] = ()
    #: "Original message" and "forwarded message" as programs put them between dashes.
    original: tuple[str, ...]
    forwarded: tuple[str, ...]
    #: Whole lines that phones and apps add.
    mobile: tuple[str, ...]
    #: Last words of a letter; a block of contact lines right after one is a signature.
    closings: tuple[str, ...]
    #: "Confidential", and other parts of legal footers: one of each, or four parts, make a paragraph a disclaimer.
    confidential: tuple[str, ...] = ()
    disclaimer: tuple[str, ...] = ()
    #: How people say that their answers stand inside the quoted text.
    inline: tuple[str, ...] = ()
