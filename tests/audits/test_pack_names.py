"""Initials in place of names: in fields, in free text, and nowhere else."""

import pytest

from audits.services.pack_names import InitialsRedactor, initials


@pytest.mark.parametrize(
    ("name", "short"), [("Ximena Vega", "XV"), ("Ana María López", "AL"), ("Cher", "C"), ("  ", "")]
)
def test_initials_are_first_letters_of_first_and_last_word(name: str, short: str) -> None:
    assert initials(name) == short


def test_known_name_in_free_text_is_replaced_whatever_its_case() -> None:
    redactor = InitialsRedactor({"Paula Sato": "PS"})
    assert redactor.text("PAULA SATO said so; ask Paula Satorini") == "PS said so; ask Paula Satorini"


def test_longer_name_wins_over_the_shorter_one_inside_it() -> None:
    redactor = InitialsRedactor({"Ana López": "AL", "Ana López Vega": "AV"})
    assert redactor.text("Ana López Vega") == "AV"


def test_free_names_of_a_record_are_replaced_in_its_own_text_too() -> None:
    content = {"people": [{"name": "Bob Stone", "uid": ""}], "title": "Bob Stone was right", "site": "DEN"}
    assert InitialsRedactor({}).content(content) == {
        "people": [{"name": "BS", "uid": ""}], "title": "BS was right", "site": "DEN",
    }  # fmt: skip


def test_names_of_files_are_left_alone() -> None:
    content = {"attachments": [{"name": "gauge.jpg"}], "owner": {"name": "Yusuf Chen"}}
    assert InitialsRedactor({}).content(content) == {
        "attachments": [{"name": "gauge.jpg"}], "owner": {"name": "YC"},
    }  # fmt: skip


def test_names_in_old_and_new_values_are_replaced() -> None:
    changes = {"fields": {"owner": [{"name": "Yusuf Chen"}, {"name": "Ximena Vega"}]}}
    assert InitialsRedactor({}).content(changes) == {"fields": {"owner": [{"name": "YC"}, {"name": "XV"}]}}
