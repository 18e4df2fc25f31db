"""The parts of a page: what they say, what they escape, and what no template may contain."""

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, engines
from django.template.loader import render_to_string
from django.test import RequestFactory

from qms.navigation import SIDEBAR, links
from qms.permissions import AccessProfile
from qms.status_words import STATUS_WORDS, status_word
from qms.templatetags import charts, components
from tests.factories import UserFactory

TEMPLATES = settings.BASE_DIR / "templates"
FREE_FOLDERS = {"emails", "packs"}  # mail programs and the PDF renderer know no style sheet of ours
FORBIDDEN = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|<style[\s>]|<script(?![^>]*\ssrc=)(?![^>]*application/json)|javascript:""",
    re.IGNORECASE,
)
TONES = {"good", "soon", "late", "missing", "neutral", "gone", "busy"}
POINTS = [("Jan", 7), ("Feb", None), ("Mar", 5.5), ("Apr", 6)]


def render(text: str, **context: object) -> str:
    return engines["django"].from_string(text).render(context)


def screen_templates() -> list[Path]:
    return [
        path for path in sorted(TEMPLATES.rglob("*.html")) if path.relative_to(TEMPLATES).parts[0] not in FREE_FOLDERS
    ]


def contrast(one: str, other: str) -> float:
    """Contrast of two #rrggbb colours (WCAG 2.2, relative luminance)."""

    def luminance(color: str) -> float:
        parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def theme_colors(theme: str) -> dict[str, str]:
    text = (settings.BASE_DIR / "static/css/tokens.css").read_text("utf-8")
    light, rest = text.split('[data-bs-theme="dark"] {', 1)
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", light if theme == "light" else rest))


def test_templates_hold_nothing_the_csp_refuses() -> None:
    found = {
        str(path.relative_to(TEMPLATES)): FORBIDDEN.findall(path.read_text("utf-8"))
        for path in screen_templates()
        if FORBIDDEN.search(path.read_text("utf-8"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "bad",
    ['<p style="x">', "<a onclick='x()'>", "<style>p{}</style>", "<script>x()</script>", '<a href="javascript:x">'],
)
def test_the_search_for_refused_things_finds_them(bad: str) -> None:
    assert FORBIDDEN.search(bad)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tone_can_be_read(theme: str) -> None:
    colors = theme_colors(theme)
    pairs = [(f"{tone}-ink", f"{tone}-soft") for tone in TONES]
    pairs += [(ink, ground) for ink in ("ink", "ink-soft", "ink-faint", "accent") for ground in ("surface", "canvas")]
    pairs += [("on-accent", "accent"), ("on-accent", "accent-hover"), ("accent-ink", "accent-soft")]
    weak = {pair: contrast(colors[pair[0]], colors[pair[1]]) for pair in pairs}
    assert {pair: round(value, 2) for pair, value in weak.items() if value < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_fields_can_be_seen(theme: str) -> None:
    colors = theme_colors(theme)
    assert contrast(colors["line-strong"], colors["surface"]) >= 3
    assert contrast(colors["line-strong"], colors["canvas"]) >= 3


def test_every_status_has_a_tone_and_an_icon_that_exist() -> None:
    assert {word.tone for word in STATUS_WORDS.values()} <= TONES
    assert {word.icon for word in STATUS_WORDS.values()} <= set(components.sprite())


def test_status_unknown_value_keeps_its_words() -> None:
    word = status_word("awaiting_spare_parts")
    assert (word.label, word.icon, word.tone) == ("Awaiting spare parts", "circle", "neutral")


def test_status_says_its_word_beside_icon_and_color() -> None:
    html = str(components.status("due_soon"))
    assert re.sub(r"<[^>]+>", "", html).strip() == "Due soon"
    assert "status-soon" in html
    assert "sprite.svg#clock" in html


def test_icon_unknown_name_is_a_circle() -> None:
    assert "sprite.svg#circle" in str(components.icon("no-such-drawing"))


def test_icon_inline_needs_nothing_from_outside() -> None:
    html = str(components.icon_inline("circle-half", 12, "#734a00"))
    assert "currentColor" not in html
    assert "<use" not in html
    assert ET.fromstring(html).attrib["stroke"] == "#734a00"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ana María López", "AL"), ("Yusuf", "Y"), ("karl-heinz öztürk", "KÖ"), ("", "?"), ("<script>", "?")],
)
def test_initials(name: str, expected: str) -> None:
    assert components.initials(name) == expected


EVIL = '<img src=x onerror="alert(1)">'


@pytest.mark.parametrize(
    "text",
    [
        "{% status x %}", "{% status 'open' note=x %}", "{% tag x %}", "{% person_chip x note=x %}", "{% avatar x %}",
        "{% icon 'home' label=x %}", "{% stat x x of=x note=x %}", "{% facts rows %}", "{% timeline entries %}",
        "{% record_header x reference=x kind=x meta=many %}{% endrecord_header %}",
        "{% panel x note=x %}{{ x }}{% endpanel %}",
        "{% empty_state x why=x %}{{ x }}{% endempty_state %}", "{% alert 'info' x %}{{ x }}{% endalert %}",
        "{% data_table caption=x %}<tr><td>{{ x }}</td></tr>{% enddata_table %}", "{% breadcrumb rows %}",
        "{% line_chart points x unit=x %}", "{% bar_chart points x unit=x %}", "{% sparkline numbers x %}",
        "{% strip_chart parts x %}",
        "{% confirm_dialog id='d' title=x action=x submit=x %}{{ x }}{% endconfirm_dialog %}",
        "{% disclosure x %}{{ x }}{% enddisclosure %}", "{% menu x %}{{ x }}{% endmenu %}", "{% kbd x %}",
    ],
)  # fmt: skip
def test_words_from_outside_are_escaped(text: str) -> None:
    entry = {"at": datetime(2026, 11, 20, tzinfo=UTC), "by": EVIL, "label": EVIL, "reason": EVIL, "hash": "ab",
             "seq": 1, "changes": [{"label": EVIL, "before": EVIL, "after": EVIL}]}  # fmt: skip
    html = render(
        text, x=EVIL, many=[EVIL], rows=[(EVIL, EVIL)], entries=[entry], points=[(EVIL, 1), (EVIL, 2)], numbers=[1, 2],
        parts=[(EVIL, 3)],
    )  # fmt: skip
    assert "<img" not in html
    assert 'onerror="' not in html


def test_when_shows_day_month_in_words_and_year() -> None:
    assert re.sub(r"<[^>]+>", "", str(components.when(date(2026, 11, 2)))) == "2 Nov 2026"
    assert re.sub(r"<[^>]+>", "", str(components.when(datetime(2026, 11, 2, 7, 5, tzinfo=UTC)))) == "2 Nov 2026, 07:05"
    assert str(components.when(None)) == "—"


def test_facts_show_a_dash_for_nothing_and_zero_for_zero() -> None:
    html = render("{% facts rows %}", rows=[("Notes", ""), ("Met", 0), ("On", date(2026, 11, 22))])
    assert [re.sub(r"<[^>]+>", "", part).strip() for part in re.findall(r"<dd>(.*?)</dd>", html)] == [
        "—",
        "0",
        "22 Nov 2026",
    ]


class Filter(forms.Form):
    q = forms.CharField(required=False)
    site = forms.ChoiceField(choices=[("", "Any"), ("DEN", "Denver plant")], required=False)


def listed(text: str, query: str, **context: object) -> str:
    request = RequestFactory().get("/list/?" + query)
    return engines["django"].from_string(text).render({"form": Filter(request.GET), **context}, request)


@pytest.mark.django_db
def test_filter_bar_shows_a_chip_per_filter_that_takes_only_itself_off() -> None:
    html = listed("{% filter_bar form %}", "q=walk&site=DEN&sort=-on&page=4")
    assert re.findall(r'class="chip" href="([^"]+)"', html) == ["?site=DEN&amp;sort=-on", "?q=walk&amp;sort=-on"]
    assert "Denver plant" in html
    assert '<input type="hidden" name="sort" value="-on">' in html


@pytest.mark.django_db
def test_export_menu_keeps_the_filters_and_drops_the_page() -> None:
    html = listed("{% export_menu '/out/' '/paper/' %}", "site=DEN&page=3&after=9")
    found = re.findall(r'href="([^"]+)"', re.sub(r"<use[^>]+>", "", html))
    assert found == ["/out/?format=csv&amp;site=DEN", "/out/?format=xlsx&amp;site=DEN", "/paper/?site=DEN"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "url", "direction"),
    [("", "?sort=on", None), ("sort=on", "?sort=-on", "ascending"), ("sort=-on&page=2", "?sort=on", "descending")],
)
def test_sort_header_turns_round(query: str, url: str, direction: str | None) -> None:
    html = listed("{% sort_header 'When' 'on' %}", query)
    assert re.search(r'class="sort" href="([^"]+)"', html)[1] == url  # type: ignore[index]
    assert (f'aria-sort="{direction}"' in html) is (direction is not None)


@pytest.mark.django_db
def test_pagination_by_key_keeps_filters_and_replaces_the_old_key() -> None:
    html = listed("{% pagination next_key='n' previous_key='p' %}", "site=DEN&after=old")
    assert re.findall(r'rel="(\w+)" href="([^"]+)"', html) == [
        ("prev", "?site=DEN&amp;before=p"), ("next", "?site=DEN&amp;after=n"),
    ]  # fmt: skip


def test_progress_asks_again_only_while_the_job_runs() -> None:
    job = {"pk": 7, "label": "Pack", "status": "running", "total": 4, "done": 1, "percent": 25, "message": ""}
    running = render_to_string("components/progress.html", {"job": job, "url": "/jobs/7/"})
    done = render_to_string("components/progress.html", {"job": job | {"status": "done"}, "url": "/jobs/7/"})
    assert 'hx-get="/jobs/7/"' in running
    assert 'value="25"' in running
    assert "hx-get" not in done


def test_error_summary_links_to_the_field() -> None:
    class Named(forms.Form):
        name = forms.CharField(label="Name")

    assert 'href="#id_name"' in render("{% error_summary form %}", form=Named({}))
    assert render("{% error_summary form %}", form=Named()).strip() == ""


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_stand_without_any_context_or_database(code: str) -> None:
    html = engines["django"].get_template(f"{code}.html").template.render(Context({}))
    for question in ("What happened", "What was kept", "What to do"):
        assert question in html


@pytest.mark.django_db
def test_navigation_shows_what_the_user_may_and_lights_one_entry() -> None:
    leader, guest = UserFactory(profile=AccessProfile.LEADER), UserFactory(profile=AccessProfile.GUEST_AUDITOR)
    shown = links(SIDEBAR, leader, "/people/new/")
    assert [str(link.label) for link in shown if link.is_current] == ["People"]
    assert "Log" in [str(link.label) for link in shown]
    assert {"Log", "People"}.isdisjoint({str(link.label) for link in links(SIDEBAR, guest, "/")})


# --- charts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{% line_chart points 'Complaints' unit='pcs' target=3 %}",
        "{% line_chart points 'C' wide=True table='open' %}",
        "{% bar_chart points 'Records' %}", "{% sparkline numbers 'Walks' %}", "{% strip_chart parts 'Clause 5' %}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "points", [POINTS, [], [("Jan", 4)], [("Jan", None)], [("a", 0), ("b", 0)], [("a", -2), ("b", 9e9)]]
)
def test_chart_is_one_drawing_with_a_title_and_no_style(text: str, points: list[tuple[str, float | None]]) -> None:
    html = render(text, points=points, numbers=[value for _l, value in points], parts=[("current", 3), ("missing", 0)])
    without_icons = re.sub(r"<svg[^>]*icon.*?</svg>", "", html)
    drawing = ET.fromstring(re.findall(r"<svg.*?</svg>", without_icons, re.DOTALL)[0])
    assert drawing.attrib["role"] == "img"
    assert drawing[0].tag.endswith("title")
    assert drawing[0].text
    assert not FORBIDDEN.search(html)
    assert "nan" not in html
    assert "inf" not in html


def test_line_chart_a_missing_value_breaks_the_line() -> None:
    html = render("{% line_chart points 'C' %}", points=[("a", 1), ("b", 2), ("c", None), ("d", 3), ("e", 4)])
    assert len(re.findall(r"<polyline", html)) == 2


def test_line_chart_carries_the_numbers_as_a_table() -> None:
    html = render("{% line_chart points 'C' unit='h' %}", points=[("Jan", 1234.5), ("Feb", None)])
    assert re.findall(r'<th scope="row">(.*?)</th><td class="num">(.*?)</td>', html) == [
        ("Jan", "1,234.5"),
        ("Feb", "–"),
    ]


def test_chart_drawing_does_not_depend_on_the_language() -> None:
    from django.utils import translation

    def drawn() -> list[str]:
        html = render("{% line_chart points 'C' %}{% bar_chart points 'B' %}", points=POINTS)
        return re.findall(r'(?:points|x1|y1|cx|cy|width)="([^"]+)"', html)

    english = drawn()
    with translation.override("es"):
        assert drawn() == english


@pytest.mark.parametrize(
    ("values", "expected"),
    [([7, 3], (0, 8, 5)), ([0.3], (0, 0.3, 4)), ([100], (0, 100, 5)), ([], (0, 1, 2)), ([-4, 6], (-5, 7.5, 6))],
)
def test_scale_has_round_steps_and_zero(values: list[float], expected: tuple[float, float, int]) -> None:
    low, high, ticks = charts.scale(values)
    assert (round(low, 6), round(high, 6), len(ticks)) == expected
    assert 0 in ticks


PROGRAM = """
import django; django.setup()
from django.template import engines
t = "{% line_chart p 'C' target=3 %}{% bar_chart p 'B' %}{% sparkline v 'S' %}{% strip_chart s 'T' paper=True %}"
p = [("Jan", 7), ("Feb", None), ("Mar", 5.5)]
print(engines["django"].from_string(t).render({"p": p, "v": [1, 3, 2], "s": [("current", 2), ("stale", 1)]}))
"""


def test_charts_are_the_same_bytes_in_two_processes() -> None:
    drawn = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], check=True, capture_output=True, cwd=settings.BASE_DIR,
            env={"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": "/usr/bin:/bin"},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(drawn) == 1
    assert b"<polyline" in drawn.pop()


@pytest.mark.parametrize("width", [360, 460, 560, 760])
@pytest.mark.parametrize("count", [2, 7, 12, 24, 36])
def test_labels_under_the_axis_do_not_touch(count: int, width: int) -> None:
    frame = charts.Frame(width, 200)
    labels = charts._labels_across([("Sep 2026", 1.0)] * count, frame)
    room = len("Sep 2026") * charts.LETTER_WIDTH
    starts = {"start": 0.0, "middle": room / 2, "end": float(room)}
    left = [float(str(label["x"])) - starts[str(label["anchor"])] for label in labels]
    assert all(right - before >= room for before, right in itertools.pairwise(left))
    assert labels[-1]["anchor"] == "end"
