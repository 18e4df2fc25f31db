"""``{{ text|markdown }}``: Markdown as safe HTML. ``{% load markdown %}`` where it is needed."""

from django import template
from django.utils.safestring import SafeString

from qms.services.markdown import rendered

register = template.Library()


@register.filter
def markdown(text: object) -> SafeString:
    """The text as HTML (qms/services/markdown.py)."""
    return rendered(str(text or ""))
