"""What the checks of status lists' signers take as right, and what they leave open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from harness.formats.certificate_purposes import purposes_apart
from harness.formats.x509 import same_authority
from harness.model import CheckResult, Verdict
from harness.reference import document_signer, identifier_list, token_status_list
from harness.reference.status_token import CwtToken, Token
from harness.tests.bench import judge_reference

VARIANT = "mdoc-identifier-list"
KEY = ec.generate_private_key(ec.SECP256R1())

Change = Callable[[CwtToken], Any]


async def results(variant: str, select: str = "*list*", faults: tuple[str, ...] = ()) -> dict[str, CheckResult]:
    outcome = await judge_reference(variant, faults, select=select)
    return {result.check: result for result in outcome.results}


def failed(found: dict[str, CheckResult]) -> set[str]:
    return {
        name for name, result in found.items() if result.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)
    }


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    def use(change: Change) -> None:
        for module in (identifier_list, token_status_list):
            right = module.cwt_token

            def made(*arguments: Any, right: Callable[..., CwtToken] = right) -> Token:
                token = right(*arguments)
                change(token)
                return token

            monkeypatch.setattr(module, "cwt_token", made)

    return use


def _with_root(token: CwtToken) -> None:
    root = document_signer.authority(token.claims["iat"]).der()
    token.header["x5chain"] = [token.header["x5chain"], root]


ALLOWED: dict[str, Change] = {
    "without tag": lambda token: setattr(token, "tags", ()),
    "with the tag of a CWT": lambda token: setattr(token, "tags", (61, 18)),
    "without ttl": lambda token: token.claims.pop("ttl"),
    "with further claims": lambda token: token.claims.update(iss="https://issuer.example", more=1),
    "with capital letters in the type": lambda token: token.header.update(typ="Application/IdentifierList+CWT"),
    "with a key identifier": lambda token: token.header.update(kid=b"1"),
    "with the root": _with_root,
}


@pytest.mark.parametrize("name", ALLOWED)
async def test_identifier_lists_that_the_text_allows(changed: Callable[[Change], None], name: str) -> None:
    changed(ALLOWED[name])
    found = await results(VARIANT)
    assert failed(found) == set()
    assert found["status-list-trusted"].verdict is Verdict.PASS
    assert found["mdoc-list-authority"].verdict is Verdict.PASS


async def test_a_status_list_of_mdocs_with_the_root(changed: Callable[[Change], None]) -> None:
    changed(_with_root)
    found = await results("mdoc-status")
    assert found["status-list-trusted"].verdict is Verdict.PASS
    assert found["mdoc-list-authority"].verdict is Verdict.PASS


async def test_a_mac_is_for_nobody_here_to_judge() -> None:
    found = await results("mdoc-status", faults=("status-token:mdoc-mac",))
    assert found["status-list-key"].verdict is Verdict.BLOCKED
    assert "MAC" in str(found["status-list-key"].reason)
    assert not failed(found) & {"status-list-key", "status-list-signature"}


async def test_the_certificate_that_the_document_names_for_its_list(monkeypatch: pytest.MonkeyPatch) -> None:
    right = identifier_list.reference

    def naming(context: Any, *rest: Any) -> Any:
        made = right(context, *rest)
        made["identifier_list"]["certificate"] = document_signer.authority(context.now()).der()
        return made

    monkeypatch.setattr(identifier_list, "reference", naming)
    found = await results(VARIANT)
    assert failed(found) == set()
    assert found["mdoc-list-authority"].verdict is Verdict.PASS
    named = await results(VARIANT, "mso-*")
    assert named["mso-status-certificate"].verdict is Verdict.PASS


def certificate(
    *purposes: ObjectIdentifier, issuer: str = "one", authority: bytes | None = None
) -> x509.Certificate:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(document_signer.name(None, "signer"))
        .issuer_name(document_signer.name(None, issuer))
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if authority is not None:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier(authority, None, None), critical=False)
    return builder.sign(KEY, hashes.SHA256())


@pytest.mark.parametrize(
    ("purposes", "apart"),
    [
        ((), ()),
        ((ExtendedKeyUsageOID.SERVER_AUTH,), ("web servers",)),
        ((ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CODE_SIGNING), ("programs", "e-mail")),
        ((ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE), ()),
        ((ExtendedKeyUsageOID.SERVER_AUTH, ObjectIdentifier("1.3.6.1.5.5.7.3.99")), ()),
        ((document_signer.DOCUMENT_SIGNER,), ()),
    ],
)
def test_purposes_that_are_not_to_sign_documents(
    purposes: tuple[ObjectIdentifier, ...], apart: tuple[str, ...]
) -> None:
    assert purposes_apart(certificate(*purposes)) == apart


@pytest.mark.parametrize(
    ("issuer", "authority", "same"),
    [("one", b"1", True), ("one", None, True), ("one", b"2", False), ("other", b"1", False)],
)
def test_the_same_authority(issuer: str, authority: bytes | None, same: bool) -> None:
    assert same_authority(certificate(authority=b"1"), certificate(issuer=issuer, authority=authority)) is same
