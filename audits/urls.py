from django.urls import URLPattern, URLResolver, path

from audits.views import pack, pack_shared, verify

app_name = "audits"

urlpatterns: list[URLPattern | URLResolver] = [
    path("evidence/packs/", pack.pack_list, name="pack-list"),
    path("evidence/packs/request/", pack.pack_request, name="pack-request"),
    path("evidence/packs/request/estimate/", pack.pack_estimate, name="pack-estimate"),
    path("evidence/packs/<int:pk>/", pack.pack_detail, name="pack-detail"),
    path("evidence/packs/<int:pk>/progress/", pack.pack_progress, name="pack-progress"),
    path("evidence/packs/<int:pk>/download/", pack.pack_download, name="pack-download"),
    path("evidence/packs/<int:pk>/retry/", pack.pack_retry, name="pack-retry"),
    path("evidence/packs/<int:pk>/supersede/", pack.pack_supersede, name="pack-supersede"),
    path("evidence/packs/<int:pk>/links/", pack.pack_link, name="pack-link"),
    path("evidence/packs/<int:pk>/links/<int:link_pk>/revoke/", pack.pack_link_revoke, name="pack-link-revoke"),
    path("shared/<str:token>/", pack_shared.pack_shared, name="pack-shared"),
    path("verify/", verify.verify, name="verify"),
    path("verify/certificate.pem", verify.verify_certificate, name="verify-certificate"),
]
