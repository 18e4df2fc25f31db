"""Addresses of risks and opportunities, their heat map, register, scale and import."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import risk, risk_act, risk_import, risk_map, risk_register, risk_scale

urlpatterns: list[URLPattern | URLResolver] = [
    path("plan/risks/", risk.risk_list, name="risk-list"),
    path("plan/risks/export/", risk.risk_export, name="risk-export"),
    path("plan/risks/print/", risk.risk_list_print, name="risk-list-print"),
    path("plan/risks/new/", risk.risk_new, name="risk-new"),
    path("plan/risks/heat-map/", risk_map.risk_map, name="risk-map"),
    path("plan/risks/register/", risk_register.risk_register_page, name="risk-register"),
    path("plan/risks/register/export/", risk_register.risk_register_export, name="risk-register-export"),
    path("plan/risks/register/print/", risk_register.risk_register_print, name="risk-register-print"),
    path("plan/risks/scale/", risk_scale.risk_scale_list, name="risk-scale-list"),
    path("plan/risks/scale/change/", risk_scale.risk_scale_edit, name="risk-scale-edit"),
    path("plan/risks/import/", risk_import.upload, name="risk-import"),
    path("plan/risks/import/<uuid:uid>/sheet/", risk_import.sheet_step, name="risk-import-sheet"),
    path("plan/risks/import/<uuid:uid>/columns/", risk_import.columns, name="risk-import-columns"),
    path("plan/risks/import/<uuid:uid>/words/", risk_import.words, name="risk-import-words"),
    path("plan/risks/import/<uuid:uid>/preview/", risk_import.preview, name="risk-import-preview"),
    path("plan/risks/import/<uuid:uid>/apply/", risk_import.apply, name="risk-import-apply"),
    path("plan/risks/import/<uuid:uid>/result/", risk_import.result, name="risk-import-result"),
    path("plan/risks/import/<uuid:uid>/problems/", risk_import.problems, name="risk-import-problems"),
    path("plan/risks/<int:pk>/", risk.risk_detail, name="risk-detail"),
    path("plan/risks/<int:pk>/print/", risk.risk_print, name="risk-print"),
    path("plan/risks/<int:pk>/edit/", risk.risk_edit, name="risk-edit"),
    path("plan/risks/<int:pk>/accept/", risk_act.risk_accept, name="risk-accept"),
    path("plan/risks/<int:pk>/<slug:verb>/", risk_act.risk_act, name="risk-act"),
]
