"""The small parts of a page. What each one is for, with examples: templates/components/README.md."""

from __future__ import annotations

import xml.etree.ElementTree as ET  # our own sprite, never a file from outside
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language

from qms.forms.drawn_field import drawn_field
from qms.services.timeline import value_words
from qms.status_words import status_word

register = template.Library()

ICON_ALIASES = {
    "activity": "walk", "pack": "box", "action": "wrench", "improvement_action": "wrench", "settings": "admin",
    "user": "person", "users": "people", "success": "check-circle", "warning": "alert", "error": "x-circle",
    "danger": "x-circle", "recognition": "star", "communication": "megaphone", "customer": "chat", "report": "file",
}  # fmt: skip
ALERT_ICONS = {"info": "info", "success": "check-circle", "warning": "alert", "danger": "x-circle"}
ALERT_OF_MESSAGE = {"debug": "info", "info": "info", "success": "success", "warning": "warning", "error": "danger"}
AVATAR_TONES = ("gone", "busy", "neutral")  # never the tones that mean good or bad


@lru_cache(maxsize=1)
def sprite() -> dict[str, str]:
    """The drawing inside each symbol of static/icons/sprite.svg, by name."""
    space = "{http://www.w3.org/2000/svg}"
    ET.register_namespace("", space[1:-1])
    root = ET.parse(settings.BASE_DIR / "static" / "icons" / "sprite.svg").getroot()  # noqa: S314  our own file
    drawings = {}
    for symbol in root.iter(f"{space}symbol"):
        parts = [ET.tostring(child, encoding="unicode").replace(f' xmlns="{space[1:-1]}"', "") for child in symbol]
        drawings[symbol.attrib["id"]] = "".join(parts).strip()
    return drawings


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file; a file the manifest lacks must not turn an error page into a second error."""
    return _static_address(path) if settings.DEBUG else _kept_address(path)


def _static_address(path: str) -> str:
    try:
        return static(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


_kept_address = lru_cache(maxsize=512)(_static_address)
"""A page has a hundred icons and one sprite; outside DEBUG its address stays the same while the process lives."""


def icon_name(name: str) -> str:
    """A name the sprite holds: the one asked for, the one it stands for, or a plain circle."""
    name = ICON_ALIASES.get(name, name)
    return name if name in sprite() else "circle"


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "", css: str = "") -> SafeString:
    """An icon of ``size`` pixels; decorative unless ``label`` says what it means."""
    return _drawn(str(name), size, str(label), css, asset("icons/sprite.svg"))


@lru_cache(maxsize=1024)
def _drawn(name: str, size: int, label: str, css: str, sprite_address: str) -> SafeString:
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon {}" width="{}" height="{}" focusable="false" {}><use href="{}#{}"/></svg>',
        css, size, size, meaning, sprite_address, icon_name(name),
    )  # fmt: skip


@register.simple_tag
def icon_inline(name: str, size: int = 14, color: str = "#4a5155") -> SafeString:
    """An icon drawn in place with presentation attributes only, for PDF and e-mail where a sprite cannot be used."""
    drawing = sprite()[icon_name(name)].replace("currentColor", color)
    return format_html(
        '<svg width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="{}" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        size, size, color, mark_safe(drawing),  # noqa: S308  the sprite is our own file
    )  # fmt: skip


@register.simple_tag
def status(value: object, label: str = "", note: str = "") -> SafeString:
    """A status as icon, word and colour. ``label`` replaces the word, ``note`` follows it."""
    word = status_word(value)
    return format_html(
        '<span class="status status-{}">{}<span>{}</span>{}</span>',
        word.tone, icon(word.icon, 16), label or word.label, format_html(" <small>{}</small>", note) if note else "",
    )  # fmt: skip


@register.simple_tag
def status_print(value: object, label: str = "") -> SafeString:
    """The same status for paper: the icon is drawn in place, the class is styled by the print sheet or pack."""
    word = status_word(value)
    drawing = icon_inline(word.icon, 11)
    return format_html('<span class="status status-{}">{} {}</span>', word.tone, drawing, label or word.label)


@register.filter
def initials(name: object) -> str:
    """Up to two letters for a name: “Ana María López” gives “AL”."""
    words = [word for word in str(name).replace("-", " ").split() if word[:1].isalpha()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


@register.simple_tag
def avatar(name: object, size: str = "") -> SafeString:
    """A round mark with initials, in a tone that is always the same for the same name. ``size``: "", "sm" or "lg"."""
    tone = AVATAR_TONES[sum(str(name).encode()) % len(AVATAR_TONES)]
    return format_html(
        '<span class="avatar avatar-{} {}" aria-hidden="true">{}</span>',
        tone, f"avatar-{size}" if size else "", initials(name),
    )  # fmt: skip


@register.simple_tag
def person_chip(person: object, note: str = "", url: str = "") -> SafeString:
    """A person (or a free name) with initials; ``note`` is a job title or part played."""
    name = format_html('<a href="{}">{}</a>', url, person) if url else str(person)
    extra = format_html('<span class="person-note">{}</span>', note) if note else ""
    return format_html(
        '<span class="person">{}<span class="person-words">{} {}</span></span>', avatar(person), name, extra
    )


@register.simple_tag
def tag(text: object, tone: str = "neutral", icon_before: str = "") -> SafeString:
    """A small label for a clause number, a type or a commitment."""
    return format_html('<span class="tag tag-{}">{}{}</span>', tone, icon(icon_before, 14) if icon_before else "", text)


@register.simple_tag
def kbd(keys: str) -> SafeString:
    """A key or keys to press, such as "Ctrl+K"."""
    return mark_safe("+".join(format_html("<kbd>{}</kbd>", key) for key in keys.split("+")))  # noqa: S308  escaped


@register.simple_tag
def when(value: date | datetime | None, relative: bool = False, empty: str = "—") -> SafeString:
    """A date or moment as `22 Nov 2026` or `22 Nov 2026, 14:05`; with ``relative`` also how long ago, beside it."""
    if value is None:
        return format_html("{}", empty)
    return mark_safe(  # noqa: S308  rendered by a template, escaped there
        render_to_string(
            "components/when.html",
            {"value": value, "has_time": isinstance(value, datetime), "relative": relative},
        ).strip()
    )


@register.filter
def day(value: date | None) -> str:
    """A date as `22 Nov 2026`, put into words once per process and language: lists show the same days over and over."""
    return _day_words(value, get_language()) if value else ""


@lru_cache(maxsize=4096)
def _day_words(value: date, _language: str | None) -> str:
    return date_format(value, "j M Y")


@register.simple_tag
def page_of(url_name: str, pk: int) -> str:
    """The address of one record's page, as ``{% url url_name pk %}`` gives it, found once per process."""
    return _found_address(url_name, pk)


_found_address = lru_cache(maxsize=8192)(lambda url_name, pk: reverse(url_name, args=[pk]))


@register.simple_tag(takes_context=True)
def rows_of(context: Context, rows: Iterable[object], template_name: str) -> SafeString:
    """Each row as ``record`` in the same small template; cheaper than an include in a loop, which looks it up anew."""
    template = Engine.get_default().get_template(template_name)
    drawn = []
    with context.render_context.push_state(template), context.push():
        for context["record"] in rows:
            drawn.append(template.nodelist.render(context))
    return mark_safe("".join(drawn))  # noqa: S308  a template escaped it


@register.inclusion_tag("components/stat.html")
def stat(
    label: str, value: object, of: object = None, n: int | None = None, unit: str = "", note: str = "", url: str = "",
    tone: str = "",
) -> dict[str, object]:  # fmt: skip
    """A measure with what it is made of: numerator ``value``, denominator ``of``, and ``n``, the number of answers."""
    return {"label": label, "value": value, "of": of, "n": n, "unit": unit, "note": note, "url": url, "tone": tone}


@register.inclusion_tag("components/facts.html")
def facts(items: Iterable[tuple[object, object]], columns: int = 1) -> dict[str, object]:
    """A list of facts from pairs (label, value); an empty value shows a dash. ``columns``: 1 or 2 on a wide screen."""
    shown = [(label, when(value) if isinstance(value, date) else value) for label, value in items]
    return {"items": [(label, None if value == "" else value) for label, value in shown], "columns": columns}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Mapping[str, Any]], empty: str = "") -> dict[str, object]:
    """The trail of a record, newest first as given.

    Each entry: ``at`` (datetime), ``by`` (name, empty for the system), ``label`` (words of the verb), ``changes`` (list
    of {"label", "before", "after"}), ``reason``, ``hash``, ``seq``, ``tone`` (all but ``at`` and ``label`` optional).
    """
    return {"entries": entries, "empty": empty}


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(items: Sequence[tuple[object, str]]) -> dict[str, object]:
    """The way here: pairs (label, address), the parents only; the page itself is its heading."""
    return {"items": items}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Mapping[str, Any]], label: str) -> dict[str, object]:
    """Links between views of one thing: dicts with ``label``, ``url``, ``active`` and, if wanted, ``count``."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/progress.html")
def progress(job: object, url: str) -> dict[str, object]:
    """A bar fed by a Job row; asks ``url`` every second until done.

    The answering view renders the same template with ``{"job": job, "url": url}``.
    """
    return {"job": job, "url": url}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(
    context: Context, page: Any = None, next_key: str = "", previous_key: str = "", count: str = ""
) -> dict[str, object]:
    """Page links for a Django ``page``, or newer/older links from keyset cursors; filters in the address are kept.

    Keyset links carry ``?after=<next_key>`` and ``?before=<previous_key>``. ``count`` is shown as given ("10,000+").
    """
    query = _query(context)

    def link(**changes: str) -> str:
        changed = query.copy()
        for name in ("page", "after", "before"):
            changed.pop(name, None)
        changed.update(changes)
        return "?" + changed.urlencode()

    links: dict[str, object] = {"count": count, "page": page}
    if page is not None:
        links["previous_url"] = link(page=str(page.previous_page_number())) if page.has_previous() else ""
        links["next_url"] = link(page=str(page.next_page_number())) if page.has_next() else ""
    else:
        links["previous_url"] = link(before=previous_key) if previous_key else ""
        links["next_url"] = link(after=next_key) if next_key else ""
    return links


@register.inclusion_tag("components/export_menu.html", takes_context=True)
def export_menu(context: Context, export_url: str, print_url: str = "") -> dict[str, object]:
    """Download exactly what the list shows: ``export_url`` with the current filters and ``format=csv|xlsx``."""
    query = _query(context)
    for name in ("page", "after", "before", "format"):
        query.pop(name, None)
    kept = query.urlencode()
    rest = f"&{kept}" if kept else ""
    return {
        "csv_url": f"{export_url}?format=csv{rest}",
        "xlsx_url": f"{export_url}?format=xlsx{rest}",
        "print_url": f"{print_url}?{kept}" if print_url and kept else print_url,
    }


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, label: str, field: str, numeric: bool = False) -> dict[str, object]:
    """A <th> that sorts by ``field`` through ``?sort=field`` / ``?sort=-field``; the list view obeys the parameter."""
    query = _query(context)
    now = query.get("sort", "")
    direction = {field: "ascending", f"-{field}": "descending"}.get(now, "")
    for name in ("page", "after", "before"):
        query.pop(name, None)
    query["sort"] = f"-{field}" if now == field else field
    return {"label": label, "url": "?" + query.urlencode(), "direction": direction, "numeric": numeric}


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(context: Context, form: BaseForm, count: object = None, search: str = "q") -> dict[str, object]:
    """A GET form (django-filter's ``filter.form``) with its active filters as chips that can be taken off one by one.

    The field named ``search`` stands first and always open; the others sit behind “Filter”. ``sort`` is kept.
    """
    query = _query(context)
    for name in ("page", "after", "before"):
        query.pop(name, None)
    chips = [chip for bound in form for chip in _chips(bound, query)]
    fields = [drawn_field(bound) for bound in form if bound.name != search and not bound.is_hidden]
    return {
        "form": form, "search": form[search] if search in form.fields else None, "fields": fields, "chips": chips,
        "hidden": [bound for bound in form if bound.is_hidden], "count": count, "sort": query.get("sort", ""),
        "open_fields": any(chip["field"] != search for chip in chips),
    }  # fmt: skip


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm | None, heading: str = "") -> dict[str, object]:
    """What stops a form from being saved, each line a link to its field. Nothing when there are no errors."""
    if not form or not form.errors:
        return {"is_shown": False}
    rows = [
        {"target": bound.id_for_label or bound.auto_id, "label": bound.label, "errors": bound.errors}
        for bound in form
        if bound.errors
    ]
    return {"rows": rows, "general": form.non_field_errors(), "heading": heading, "is_shown": True}


@register.inclusion_tag("components/file_drop.html")
def file_drop(field: BoundField, hint: str = "", button: str = "", icon_before: str = "photo") -> dict[str, object]:
    """A drop zone around a file input (the input itself stays usable without JavaScript)."""
    return {"field": field, "hint": hint, "button": button, "icon": icon_before}


@register.filter
def in_words(value: Any) -> str:
    """A value as a version keeps it, as people read it: 2026-11-22 is 22 Nov 2026."""
    return value_words(value)


@register.filter
def alert_level(message: Any) -> str:
    """The alert level for a Django message."""
    return ALERT_OF_MESSAGE.get(message.level_tag, "info")


@register.filter
def alert_icon(level: str) -> str:
    """The icon for an alert level."""
    return ALERT_ICONS.get(level, "info")


@register.filter
def anchor(text: object) -> str:
    """A word usable as an id."""
    return slugify(str(text)) or "part"


def _query(context: Context) -> QueryDict:
    request = context.get("request")
    return request.GET.copy() if request is not None else QueryDict(mutable=True)


def _chips(bound: BoundField, query: QueryDict) -> list[dict[str, str]]:
    """One chip per value of a filter that is set, each with the address of the list without it."""
    chips = []
    name = bound.html_name
    names = [name] if name in query else [key for key in query if key.startswith(f"{name}_")]
    for key in names:
        for value in query.getlist(key):
            if value:
                rest = query.copy()
                rest.setlist(key, [other for other in query.getlist(key) if other != value])
                chips.append({
                    "field": bound.name, "label": str(bound.label), "value": _choice_label(bound, value),
                    "url": "?" + rest.urlencode(),
                })  # fmt: skip
    return chips


def _choice_label(bound: BoundField, value: str) -> str:
    for choice, label in getattr(bound.field.widget, "choices", ()):
        if str(choice) == value:
            return str(label)
    return value
