"""The verify page: anybody in the world may check a pack, without an account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audits.forms.verify import VerifyForm
from audits.services import verify_issued
from audits.services.verify_pdf import Refused, fingerprint
from audits.services.verify_process import MAX_SECONDS
from qms.permissions import public
from qms.services import rate_limit

PER_HOUR = 30
AT_ONCE = 2
"""Files checked at the same moment, whoever sent them: each takes a processor for seconds."""


@require_http_methods(["GET", "POST"])
@public
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a file or a hash, and answer in the same response: nothing is kept."""
    if request.method == "GET":
        return _page(request, VerifyForm(initial={"sha256": request.GET.get("sha256", "")[:200]}))
    form = VerifyForm(request.POST, request.FILES)
    if rate_limit.is_over("verify", get_adapter(request).get_client_ip(request), limit=PER_HOUR, seconds=3600):
        form.add_error(None, _("Too many checks from your address in this hour. Nothing was checked; try again later."))
        return _page(request, form, status=429)
    if not form.is_valid():
        return _page(request, form)
    return _answer(request, form)


@require_GET
@public
def verify_certificate(request: HttpRequest) -> HttpResponse:
    """The certificate packs are signed with, for checks without this system."""
    for certificate in verify_issued.trusted_certificates():
        body = load_der_x509_certificate(certificate.dump()).public_bytes(Encoding.PEM)
        headers = {"Content-Disposition": 'attachment; filename="evidence-packs.pem"'}
        return HttpResponse(body, content_type="application/x-pem-file", headers=headers)
    raise Http404


def _answer(request: HttpRequest, form: VerifyForm) -> HttpResponse:
    upload, sha256 = form.cleaned_data["file"], form.cleaned_data["sha256"]
    if not upload:
        standing = verify_issued.by_hash(sha256)
        return render(request, "audits/verify_result.html", {"standing": standing, "sha256": sha256, "is_hash": True})
    try:
        with rate_limit.turn("verify", limit=AT_ONCE, seconds=MAX_SECONDS + 30) as is_mine:
            if not is_mine:
                form.add_error(None, _("Other files are being checked just now. Send yours again in a minute."))
                return _page(request, form, status=429)
            report, standing = verify_issued.check_upload(upload)
    except Refused as error:
        form.add_error("file", str(error))
        return _page(request, form)
    context = {
        "report": report, "standing": standing, "name": upload.name, "sha256": report.sha256,
        "first_altered": next(iter([*report.altered, *standing.altered]), ""),
        "checks": [*report.checks, *standing.checks], "claimed": report.claimed(),
    }  # fmt: skip
    return render(request, "audits/verify_result.html", context)


def _page(request: HttpRequest, form: VerifyForm, **options: Any) -> HttpResponse:
    known = verify_issued.trusted_certificates()
    context = {"form": form, "fingerprint": fingerprint(known[0]) if known else ""}
    return render(request, "audits/verify_form.html", context, **options)
