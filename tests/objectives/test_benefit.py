"""Benefits: estimated, confirmed by finance with a signature, counted only then, unconfirmed by a change."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from objectives.models import Benefit, ImprovementAction, Objective
from objectives.services import benefit as service
from objectives.services import improvement_action
from qms.models import Notification, RecordVersion, TrailEntry, User
from qms.permissions import AccessProfile
from tests.factories import NOW, PASSWORD, TODAY, SiteFactory, cast_member, hiro, yusuf
from tests.objectives.actions import as_user, done, opened

pytestmark = pytest.mark.django_db


def finance() -> User:
    return cast_member("Siân Weber", AccessProfile.FINANCE)


def saved(by: User, *, action: ImprovementAction | None = None, **facts: Any) -> Benefit:
    given = {"nature": "hard", "rhythm": "one_time", "description": "Less scrap", "method": "Scrap book",
             "actual_amount": Decimal(1200)} | facts  # fmt: skip
    return service.add(action or done(by), **given, by=by, at=NOW)


def confirmed(by: User, **facts: Any) -> Benefit:
    return service.confirm(saved(by, **facts), proof="password", by=finance(), at=NOW)


def savings(from_on: date = date(2026, 1, 1), to_on: date = date(2027, 12, 31), **more: Any) -> service.Savings:
    return service.confirmed_savings([SiteFactory()], from_on, to_on, **more)


def test_confirmation_names_the_person_and_signs_the_version_that_says_so() -> None:
    boss = yusuf()
    benefit = confirmed(boss)
    assert (benefit.confirmed_by.name, benefit.confirmed_at) == ("Siân Weber", NOW)  # type: ignore[union-attr]
    action = ImprovementAction.objects.get(pk=benefit.action_id)
    signature = action.signatures.get()
    version = RecordVersion.objects.get(record=action, version=signature.version)
    assert (signature.version, signature.content_hash) == (action.version, version.content_hash)
    assert '"confirmed_by":"Siân Weber"' in version.content
    assert benefit.signature == signature


def test_only_confirmed_amounts_count() -> None:
    boss = yusuf()
    saved(boss)
    assert savings().total == 0
    confirmed(boss)
    assert savings().total == Decimal(1200)


@pytest.mark.parametrize(
    ("name", "value"),
    [("actual_amount", Decimal(900)), ("target_amount", Decimal(5)), ("rhythm", "per_year"), ("nature", "soft")],
)
def test_changed_amount_takes_the_confirmation_away_visibly(name: str, value: object) -> None:
    boss = yusuf()
    benefit = confirmed(boss)
    changed = service.change(benefit, reason="Counted anew", **{name: value}, by=boss, at=NOW)
    assert (changed.confirmed_by, changed.signature, changed.unconfirmed_at) == (None, None, NOW)
    assert savings().lines == []
    assert TrailEntry.objects.filter(verb="improvement_action.benefit_unconfirmed").count() == 1
    assert "after you confirmed it" in Notification.objects.get(user__email__startswith="sian").text
    page = as_user(boss).get(reverse("objectives:improvement-action-detail", args=[benefit.action_id]))
    assert "No longer confirmed" in page.content.decode()


def test_changed_words_keep_the_confirmation() -> None:
    boss = yusuf()
    changed = service.change(confirmed(boss), reason="Typo", description="Less scrap on line 3", by=boss, at=NOW)
    assert changed.confirmed_at == NOW


def test_confirming_is_refused_for_good_reasons() -> None:
    boss, money = yusuf(), finance()
    own = done(money)
    refused = [
        saved(boss, nature="qualitative", actual_amount=None),
        saved(boss, actual_amount=None, target_amount=Decimal(3)),
        saved(boss, action=opened(boss)), saved(money, action=own),
    ]  # fmt: skip
    for benefit in refused:
        with pytest.raises(service.CannotConfirm):
            service.confirm(benefit, proof="password", by=money, at=NOW)
    assert not Benefit.objects.filter(confirmed_at__isnull=False).exists()


def test_confirmation_page_asks_for_the_password_and_for_finance() -> None:
    boss, money = yusuf(), finance()
    benefit = saved(boss)
    address = reverse("objectives:benefit-confirm", args=[benefit.pk])
    assert as_user(boss).post(address, {"password": PASSWORD}).status_code == 403
    assert as_user(cast_member("Fay Far", AccessProfile.FINANCE, site="LYO")).get(address).status_code == 404
    client = as_user(money)
    seen = {"version": benefit.action.version}
    assert "not right" in client.post(address, seen | {"password": "wrong"}).content.decode()
    benefit.refresh_from_db()
    assert benefit.confirmed_at is None
    assert client.post(address, seen | {"password": PASSWORD}).status_code == 302
    benefit.refresh_from_db()
    assert benefit.confirmed_by == money.person


def test_amount_changed_behind_the_open_page_is_shown_before_it_is_signed() -> None:
    boss, client = yusuf(), as_user(finance())
    benefit = saved(boss)
    address = reverse("objectives:benefit-confirm", args=[benefit.pk])
    seen = client.get(address).context["form"]["version"].value()
    service.change(benefit, reason="Counted anew", actual_amount=Decimal(98765), by=boss, at=NOW)
    answer = client.post(address, {"password": PASSWORD, "version": seen})
    page = answer.content.decode()
    assert "changed after you opened the page" in page
    assert "98,765" in page
    benefit.refresh_from_db()
    assert benefit.confirmed_at is None
    again = answer.context["form"]["version"].value()
    assert client.post(address, {"password": PASSWORD}).status_code == 200
    assert client.post(address, {"password": PASSWORD, "version": again}).status_code == 302


def test_qualitative_benefit_has_no_amounts_and_money_needs_a_method() -> None:
    from objectives.forms.benefit import BenefitForm

    boss = yusuf()
    action = done(boss)
    sent = {"nature": "hard", "rhythm": "one_time", "description": "x", "actual_amount": "5"}
    assert "method" in BenefitForm(sent, action=action).errors
    assert not BenefitForm({"nature": "qualitative", "rhythm": "one_time", "description": "x"}, action=action).errors
    with pytest.raises(Exception, match="no amounts"):
        saved(boss, nature="qualitative")


def test_one_time_saving_falls_on_the_day_it_was_done() -> None:
    confirmed(yusuf())
    assert savings(TODAY, TODAY).total == Decimal(1200)
    assert savings(TODAY + timedelta(days=1), TODAY + timedelta(days=9)).total == 0


def test_yearly_saving_is_spread_over_the_first_year_and_ends() -> None:
    confirmed(yusuf(), rhythm="per_year", actual_amount=Decimal(3650))
    assert savings(TODAY, TODAY).total == Decimal(10)
    assert savings(TODAY, TODAY + timedelta(days=29)).total == Decimal(300)
    assert savings(TODAY, TODAY + timedelta(days=900)).total == Decimal(3650)
    assert savings(TODAY + timedelta(days=364), TODAY + timedelta(days=364)).total == Decimal(10)
    assert savings(TODAY + timedelta(days=365), TODAY + timedelta(days=900)).total == 0


def test_soft_benefit_stands_beside_the_total() -> None:
    confirmed(yusuf(), nature="soft")
    assert (savings().total, savings().soft) == (0, Decimal(1200))


def test_saving_of_a_reopened_or_another_sites_action_does_not_count() -> None:
    boss = yusuf()
    benefit = confirmed(boss)
    assert service.confirmed_savings([SiteFactory(code="LYO")], date(2026, 1, 1), date(2027, 1, 1)).lines == []
    improvement_action.reopen(benefit.action, reason="It came back", by=boss, at=NOW)
    assert savings().lines == []


def test_saving_that_serves_an_objective_counts_only_with_a_signal_in_its_chart() -> None:
    boss = yusuf()
    from qms.services import record as record_service

    objective = Objective(
        title="Scrap below 2 %", site=boss.person.site, owner=boss.person, occurred_on=TODAY, measure="Scrap",
        unit="%", target_value=Decimal(2),
    )  # fmt: skip
    record_service.open_new(objective, by=boss, at=NOW)
    benefit = confirmed(boss, action=done(boss, serves=objective))
    asked: list[Objective | None] = []
    held = savings(borne_out=lambda actions: asked.extend(action.serves for action in actions) or ())
    assert (held.total, held.held_back, asked) == (0, Decimal(1200), [objective])
    assert savings(borne_out=lambda _actions: {benefit.action_id}).total == Decimal(1200)
    assert savings().total == Decimal(1200)


def test_who_only_reads_changes_no_benefit() -> None:
    benefit = saved(yusuf())
    address = reverse("objectives:benefit-edit", args=[benefit.pk])
    assert as_user(cast_member("Nia Okafor")).get(address).status_code == 403
    assert as_user(hiro()).get(address).status_code == 200


def test_withdrawn_benefit_counts_no_more_and_cannot_be_changed() -> None:
    boss = yusuf()
    gone = service.withdraw(confirmed(boss), reason="Counted twice", by=boss, at=NOW)
    assert savings().lines == []
    with pytest.raises(improvement_action.CannotChange):
        service.change(gone, reason="x", actual_amount=Decimal(1), by=boss, at=NOW)
