"""Parts of a page that stand around other content. Contract and examples: templates/components/README.md."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


def trimmed(content: SafeString) -> SafeString:
    """Rendered content without the white space around it, so that a template can tell it from nothing."""
    return mark_safe(content.strip())  # noqa: S308  it was rendered, and escaped, before


@register.simple_block_tag
def panel(
    content: SafeString, title: str = "", icon_before: str = "", note: str = "", flush: bool = False, css: str = ""
) -> str:
    """A sheet with a heading; ``flush`` lets a table or list reach its edges."""
    return render_to_string(
        "components/panel.html",
        {"content": content, "title": title, "icon": icon_before, "note": note, "flush": flush, "css": css},
    )


@register.simple_block_tag
def record_header(
    content: SafeString, title: str, reference: str = "", status: str = "", status_label: str = "",
    meta: Iterable[object] = (), kind: str = "", kind_icon: str = "",
) -> str:  # fmt: skip
    """The head of a record page; the block's content is its actions. ``meta``: short facts shown in one line."""
    return render_to_string(
        "components/record_header.html",
        {
            "actions": trimmed(content), "title": title, "reference": reference, "status": status,
            "status_label": status_label, "meta": [fact for fact in meta if fact], "kind": kind, "kind_icon": kind_icon,
        },
    )  # fmt: skip


@register.simple_block_tag
def empty_state(content: SafeString, title: str, icon_before: str = "box", why: str = "") -> str:
    """What belongs here, why an auditor would care, and (content) the first step."""
    return render_to_string(
        "components/empty_state.html", {"actions": trimmed(content), "title": title, "icon": icon_before, "why": why}
    )


@register.simple_block_tag
def data_table(content: SafeString, caption: str, css: str = "", cards: bool = True) -> str:
    """A table that scrolls when wide; with ``cards`` each row is a card on a phone (give every <td> a data-label)."""
    return render_to_string(
        "components/data_table.html", {"content": content, "caption": caption, "css": css, "cards": cards}
    )


@register.simple_block_tag
def alert(content: SafeString, level: str = "info", title: str = "") -> str:
    """A message that stays: what happened, what was kept, what to do. ``level``: info, success, warning or danger."""
    return render_to_string("components/alert.html", {"content": content, "level": level, "title": title})


@register.simple_block_tag
def disclosure(content: SafeString, summary: str, css: str = "") -> str:
    """Words or fields behind a summary line, closed at first."""
    return render_to_string("components/disclosure.html", {"content": content, "summary": summary, "css": css})


@register.simple_block_tag
def menu(content: SafeString, label: str, icon_before: str = "more", css: str = "") -> str:
    """A button that opens a short list of links or buttons (class ``menu-item``); no JavaScript needed to open it."""
    return render_to_string(
        "components/menu.html", {"content": content, "label": label, "icon": icon_before, "css": css}
    )


@register.simple_block_tag(takes_context=True)
def confirm_dialog(
    context: Context, content: SafeString, id: str, title: str, action: str, submit: str, tone: str = "primary"  # noqa: A002
) -> str:  # fmt: skip
    """A native <dialog> with a POST form to ``action``; the content is its words and fields.

    Open it with ``<a href="…page without JavaScript…" data-dialog-open="id">`` or a button with that attribute.
    """
    return render_to_string(
        "components/confirm_dialog.html",
        {
            "content": content, "id": id, "title": title, "action": action, "submit": submit, "tone": tone,
            "csrf_token": context.get("csrf_token"),
        },
    )  # fmt: skip
