"""Addresses of roles, their acceptance, their gaps, processes and the organization chart."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import org_chart, process, role, role_acceptance, role_gap

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/roles/", role.role_list, name="role-list"),
    path("leadership/roles/export/", role.role_export, name="role-export"),
    path("leadership/roles/print/", role.role_list_print, name="role-list-print"),
    path("leadership/roles/new/", role.role_new, name="role-new"),
    path("leadership/roles/gaps/", role_gap.role_gap, name="role-gap"),
    path("leadership/roles/chart/", org_chart.org_chart, name="org-chart"),
    path("leadership/roles/chart/print/", org_chart.org_chart_print, name="org-chart-print"),
    path("leadership/roles/<int:pk>/", role.role_detail, name="role-detail"),
    path("leadership/roles/<int:pk>/print/", role.role_print, name="role-print"),
    path("leadership/roles/<int:pk>/edit/", role.role_edit, name="role-edit"),
    path("leadership/roles/<int:pk>/offer/", role.role_offer, name="role-offer"),
    path("leadership/roles/<int:pk>/accept/", role_acceptance.role_accept, name="role-accept"),
    path("leadership/roles/<int:pk>/decline/", role_acceptance.role_decline, name="role-decline"),
    path("leadership/roles/<int:pk>/witness/", role_acceptance.role_witness, name="role-witness"),
    path("leadership/roles/<int:pk>/link/", role_acceptance.role_link, name="role-link"),
    path("leadership/roles/<int:pk>/move/<slug:verb>/", role.role_move, name="role-move"),
    path("leadership/processes/", process.process_list, name="process-list"),
    path("leadership/processes/export/", process.process_export, name="process-export"),
    path("leadership/processes/print/", process.process_print, name="process-print"),
    path("leadership/processes/new/", process.process_new, name="process-new"),
    path("leadership/processes/<int:pk>/edit/", process.process_edit, name="process-edit"),
    path("leadership/processes/<int:pk>/raci/", process.process_raci, name="process-raci"),
    path("leadership/processes/<int:pk>/use/", process.process_use, name="process-use"),
    path("role/<str:token>/", role_acceptance.role_answer, name="role-answer"),
]
