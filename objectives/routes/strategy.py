"""Addresses of strategic goals, the matrix and the tree."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import contribution, strategy, strategy_matrix

urlpatterns: list[URLPattern | URLResolver] = [
    path("plan/goals/", strategy.strategic_goal_list, name="strategic-goal-list"),
    path("plan/goals/export/", strategy.strategic_goal_export, name="strategic-goal-export"),
    path("plan/goals/print/", strategy.strategic_goal_list_print, name="strategic-goal-list-print"),
    path("plan/goals/new/", strategy.strategic_goal_new, name="strategic-goal-new"),
    path("plan/goals/<int:pk>/", strategy.strategic_goal_detail, name="strategic-goal-detail"),
    path("plan/goals/<int:pk>/print/", strategy.strategic_goal_print, name="strategic-goal-print"),
    path("plan/goals/<int:pk>/edit/", strategy.strategic_goal_edit, name="strategic-goal-edit"),
    path("plan/goals/<int:pk>/move/<slug:verb>/", strategy.strategic_goal_move, name="strategic-goal-move"),
    path("plan/strategy/", strategy_matrix.strategy_matrix, name="strategy-matrix"),
    path("plan/strategy/serves/<uuid:uid>/", contribution.contribution, name="contribution"),
    path("plan/strategy/tree/", strategy_matrix.strategy_tree, name="strategy-tree"),
    path(
        "plan/strategy/<uuid:serving>/<uuid:served>/<slug:aspect>/", strategy_matrix.strategy_judge,
        name="strategy-judge",
    ),
]  # fmt: skip
