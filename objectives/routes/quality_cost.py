"""Addresses of the cost of quality: the figures, statements, accounts, and the import."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import quality_cost, quality_cost_account, quality_cost_import, quality_cost_page

START = "plan/quality-cost/"
urlpatterns: list[URLPattern | URLResolver] = [
    path(START, quality_cost_page.quality_cost, name="quality-cost"),
    path(f"{START}statements/", quality_cost.quality_cost_list, name="quality-cost-list"),
    path(f"{START}statements/export/", quality_cost.quality_cost_export, name="quality-cost-export"),
    path(f"{START}statements/print/", quality_cost.quality_cost_list_print, name="quality-cost-list-print"),
    path(f"{START}statements/new/", quality_cost.quality_cost_new, name="quality-cost-new"),
    path(f"{START}statements/<int:pk>/", quality_cost.quality_cost_detail, name="quality-cost-detail"),
    path(f"{START}statements/<int:pk>/print/", quality_cost.quality_cost_print, name="quality-cost-print"),
    path(f"{START}statements/<int:pk>/confirm/", quality_cost.quality_cost_confirm, name="quality-cost-confirm"),
    path(f"{START}statements/<int:pk>/<slug:verb>/", quality_cost.quality_cost_move, name="quality-cost-move"),
    path(f"{START}sites/<int:site>/<slug:month>/", quality_cost.quality_cost_book, name="quality-cost-book"),
    path(f"{START}accounts/", quality_cost_account.account_list, name="quality-cost-account-list"),
    path(f"{START}accounts/new/", quality_cost_account.account_new, name="quality-cost-account-new"),
    path(f"{START}accounts/<int:pk>/", quality_cost_account.account_detail, name="quality-cost-account-detail"),
    path(f"{START}accounts/<int:pk>/edit/", quality_cost_account.account_edit, name="quality-cost-account-edit"),
    path(f"{START}accounts/<int:pk>/use/", quality_cost_account.account_use, name="quality-cost-account-use"),
    path(f"{START}import/", quality_cost_import.import_file, name="quality-cost-import"),
    path(f"{START}import/<uuid:uid>/", quality_cost_import.import_check, name="quality-cost-import-check"),
    path(
        f"{START}import/<uuid:uid>/problems/", quality_cost_import.import_problems, name="quality-cost-import-problems"
    ),
]
