"""The organization chart as an SVG drawn with presentation attributes only, with the same as a nested list beside."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadership.services.org_chart import BOX, LINE, Chart, draw
from qms.templatetags.charts import colors

register = template.Library()


@register.inclusion_tag("leadership/org_chart_svg.html")
def org_chart(chart: Chart | dict[str, Any], title: str, width: int = 780, has_list: bool = True) -> dict[str, object]:
    """Draw a chart (leadership/services/org_chart.py) at most ``width`` units wide; on paper without the list."""
    chart = Chart.from_facts(chart) if isinstance(chart, dict) else chart
    drawing = draw(chart, width)
    people = sum(root.count() for root in chart.roots)
    said = ngettext("%(title)s: %(n)d person", "%(title)s: %(n)d people", people) % {"title": title, "n": people}
    vacant = ngettext("%d role is vacant", "%d roles are vacant", len(chart.vacant)) % len(chart.vacant)
    boxes = [
        {
            "x": box.x + 1, "y": box.y + 1, "height": box.height, "full": box.full, "is_vacant": box.is_vacant,
            "lines": [(text, kind, box.y + 17 + n * LINE) for n, (text, kind) in enumerate(box.lines)],
            "text_x": box.x + 11,
        }
        for box in drawing.boxes
    ]  # fmt: skip
    return {
        **colors(), "title": title, "summary": said, "vacant_said": vacant if chart.vacant else "", "boxes": boxes,
        "lines": [tuple(value + 1 for value in line) for line in drawing.lines], "box_width": BOX,
        "width": round(drawing.width) + 2, "height": round(drawing.height) + 2, "chart": chart, "has_list": has_list,
        "how": _("Lines lead from a manager down to who reports to him or her."),
    }  # fmt: skip
