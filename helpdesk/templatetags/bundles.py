"""{% bundle %}: the address of a joined style sheet or script."""

from django import template

from helpdesk import bundles

register = template.Library()
register.simple_tag(bundles.url, name="bundle")
