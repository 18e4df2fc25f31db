"""The organization's key: made once, readable by its owner only; and the command line."""

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from django.core.management import CommandError, call_command

from audits.models import Pack
from audits.services import pack_signing
from audits.services.pack_signing import SigningKeyUnusable
from tests.audits import packs
from tests.factories import NOW, SiteFactory, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_file(settings: Any, tmp_path: Path) -> Path:
    settings.SIGNING_KEY_FILE = tmp_path / "signing" / "key.p12"
    return Path(settings.SIGNING_KEY_FILE)


def test_key_is_made_once_and_only_its_owner_may_read_it(key_file: Path, settings: Any) -> None:
    pack_signing.make_key(at=NOW)
    first = key_file.read_bytes()
    pack_signing.make_key(at=NOW)
    assert key_file.read_bytes() == first
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["key.p12"]
    known = pkcs12.load_pkcs12(first, settings.SIGNING_KEY_PASSWORD.encode())
    assert known.key is not None


def test_key_with_another_password_says_what_to_do(key_file: Path, settings: Any) -> None:
    pack_signing.make_key(at=NOW)
    settings.SIGNING_KEY_PASSWORD = "another"
    with pytest.raises(SigningKeyUnusable, match="SIGNING_KEY_PASSWORD"):
        pack_signing.certificate(at=NOW)


def test_command_makes_the_key_and_says_whose_it_is(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("make_signing_key")
    assert key_file.exists()
    assert "evidence packs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"site": ["XXX"]}, "There is no site XXX. Known: DEN."),
        ({"clause": ["99"]}, "has no clause 99"),
        ({"edition": "iso-0"}, "There is no edition iso-0. Known: iso-9001-2026"),
        ({"as_user": "nobody@plant.example"}, "There is no user nobody@plant.example."),
        ({"from_on": "2027-01-01"}, "The period must end on or after the day it starts."),
    ],
)
def test_build_pack_says_what_is_wrong(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    packs.clauses()
    SiteFactory(code="DEN")
    yusuf()
    given: dict[str, Any] = {
        "site": ["DEN"], "clause": ["5.1"], "from_on": "2026-01-01", "to_on": "2026-11-22", "edition": None,
        "as_user": None, **options,
    }  # fmt: skip
    arguments = ["--out", str(tmp_path / "x.pdf"), "--from", given["from_on"], "--to", given["to_on"]]
    for name, flag in (("site", "--site"), ("clause", "--clause")):
        for value in given[name]:
            arguments += [flag, value]
    arguments += ["--edition", given["edition"]] if given["edition"] else []
    arguments += ["--as", given["as_user"]] if given["as_user"] else []
    with pytest.raises(CommandError, match=words.replace(".", r"\.")):
        call_command("build_pack", *arguments)
    assert Pack.objects.count() == 0
