"""Whether a file that a visitor wants to leave can be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from conversations.filetypes import is_dangerous

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

HEAD_BYTES = 512


def complaint(file: UploadedFile | None) -> str:
    """Why a file cannot be taken, in the visitor's language; blank for one that can. The file is at its beginning again."""
    if file is None or not file.size:
        return _("The file is empty.")
    if file.size > settings.ATTACHMENT_MAX_BYTES:
        return _("The file is larger than 20 MB.")
    head = file.read(HEAD_BYTES)
    file.seek(0)
    return _("This kind of file cannot be taken.") if is_dangerous(file.name or "", head) else ""
