from django.urls import URLPattern, URLResolver

from objectives.routes import improvement_action, nonconformity, objective, plan, quality_cost, risk, strategy

app_name = "objectives"

urlpatterns: list[URLPattern | URLResolver] = [
    *plan.urlpatterns,
    *improvement_action.urlpatterns,
    *risk.urlpatterns,
    *nonconformity.urlpatterns,
    *objective.urlpatterns,
    *quality_cost.urlpatterns,
    *strategy.urlpatterns,
]
