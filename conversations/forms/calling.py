"""Whom an agent calls: one of the customer's numbers, or whoever an earlier call was with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from conversations.models import Call, Conversation
from conversations.stream.contacts import NUMBER
from customers.models import Identity


class CallForm(forms.Form):
    """Exactly one of both is given."""

    identity = forms.ModelChoiceField(Identity.objects.none(), required=False)
    again = forms.ModelChoiceField(Call.objects.none(), required=False)

    def __init__(self, data: Any, *, conversation: Conversation) -> None:
        super().__init__(data)
        own = Identity.objects.filter(customer=conversation.customer_id)
        self.fields["identity"].queryset = own  # type: ignore[attr-defined]
        earlier = Call.objects.filter(message__conversation__customer=conversation.customer_id)
        self.fields["again"].queryset = earlier  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        identity, again = self.cleaned_data.get("identity"), self.cleaned_data.get("again")
        number = identity.value if identity else again.number if again else ""
        if not NUMBER.fullmatch(number):
            raise forms.ValidationError(_("This is not a number that can be called."))
        return {"identity": identity or self._behind(number), "number": number}

    def _behind(self, number: str) -> Identity | None:
        """The identity of a number that somebody merely told us: there may be none."""
        return self.fields["identity"].queryset.filter(value=number, account="").first()  # type: ignore[attr-defined]
