"""Addresses of the measures of engagement and of the page of each site."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import engagement, site_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/engagement/", engagement.engagement, name="engagement"),
    path("leadership/engagement/export/", engagement.engagement_export, name="engagement-export"),
    path("leadership/sites/", site_page.site_page_list, name="site-page-list"),
    path("leadership/sites/<int:pk>/", site_page.site_page_detail, name="site-page-detail"),
    path("leadership/engagement/<slug:slug>/", engagement.engagement_measure, name="engagement-measure"),
]
