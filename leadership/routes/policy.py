"""Addresses of the quality policy, and the page that is open to the world."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import policy, policy_step

AT = "leadership/policies/<int:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/policies/", policy.policy_list, name="policy-list"),
    path("leadership/policies/export/", policy.policy_export, name="policy-export"),
    path("leadership/policies/print/", policy.policy_list_print, name="policy-list-print"),
    path("leadership/policies/new/", policy_step.policy_new, name="policy-new"),
    path(AT, policy.policy_detail, name="policy-detail"),
    path(f"{AT}print/", policy.policy_print, name="policy-print"),
    path(f"{AT}poster/", policy.policy_poster, name="policy-poster"),
    path(f"{AT}changes/", policy.policy_changes, name="policy-changes"),
    path(f"{AT}edit/", policy_step.policy_edit, name="policy-edit"),
    path(f"{AT}translate/", policy_step.policy_translate, name="policy-translate"),
    path(f"{AT}approve/", policy_step.policy_approve, name="policy-approve"),
    path(f"{AT}review/", policy_step.policy_review, name="policy-review"),
    path(f"{AT}move/<slug:verb>/", policy_step.policy_move, name="policy-move"),
    path("policy/", policy.policy_public, name="policy-public"),
    path("policy/<slug:code>/", policy.policy_public, name="policy-public-site"),
]
