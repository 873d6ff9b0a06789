"""Addresses and languages of customers for templates."""

from django import template
from django.utils.translation import get_language_info

from conversations.stream import contacts
from customers.models import Identity

register = template.Library()


@register.filter
def shown(identity: Identity) -> str:
    """An address as it is shown before it is asked for: telephone numbers with their middle hidden."""
    return contacts.masked(identity.value) if contacts.NUMBER.fullmatch(identity.value) else str(identity)


@register.filter
def language_name(tag: str) -> str:
    """A language by its own name where it is known, else its tag."""
    try:
        return get_language_info(tag.lower())["name_local"]
    except KeyError:
        return tag
