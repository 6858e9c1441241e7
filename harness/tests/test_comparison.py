"""Two credentials are compared alike in every format: what changed, and whether a renewal may show it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.formats import credential
from harness.formats.credential import Credential
from harness.lifecycle.comparison import LEAVE, Comparison, Kind, Leave, compare
from harness.reference import credential_formats, documents, keys
from harness.reference.app import ReferenceIssuer
from harness.reference.renewals import Made, Remaking
from harness.reference.variants import VARIANTS

NOW, DAY = 1_780_000_123.0, 24 * 3600.0
EVERY_FORMAT = ["default", "mdoc", "mdoc-pid", "jwt-vc", "jwt-vc-2", "jwt-vc-json-ld", "ldp-vc"]
HOLDERS: list[dict[str, Any]] = [
    keys.stranger_key("ES256").jwk.export_public(as_dict=True),
    keys.issuer_key("ES256").jwk.export_public(as_dict=True),
]


class Desk:
    """Issues credentials of the first configuration of a variant."""

    def __init__(self, variant: str, *faults: str) -> None:
        self.now = NOW
        self.issuer = ReferenceIssuer(VARIANTS[variant], faults, clock=lambda: self.now)
        name = self.issuer.variant.configurations[0]
        self.data = documents.configurations(self.issuer.variant)[name]

    def issue(self, holder: int | None = 0, **changed: Any) -> Credential:
        """Issue to one of the holders, with other data of the configuration where they are given."""
        context = self.issuer.context
        data = context.dataset.current({**self.data, **changed})
        key = None if holder is None else HOLDERS[holder]
        raw = credential_formats.issued(context, data, key, self.issuer._defects.emit)
        return credential.read(data["format"], raw)

    def claims(self) -> tuple[str, dict[str, Any]]:
        """Give the member of the data with the claims, and these; for an mdoc, those of its first namespace."""
        for member in ("disclosed", "subject"):
            if member in self.data:
                return member, dict(self.data[member])
        return "namespaces", dict(next(iter(self.data["namespaces"].values())))

    def with_claims(self, claims: dict[str, Any]) -> dict[str, Any]:
        """Give the change of the data that has other claims."""
        member, _ = self.claims()
        return {member: {next(iter(self.data[member])): claims} if member == "namespaces" else claims}


def kinds(comparison: Comparison) -> set[Kind]:
    return {difference.kind for difference in comparison.differences}


def objections(comparison: Comparison) -> set[Kind]:
    return {difference.kind for difference in comparison.objections}


def test_every_kind_is_ruled() -> None:
    assert set(LEAVE) == set(Kind)


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_a_later_credential_for_another_key_is_a_renewal(variant: str) -> None:
    desk = Desk(variant)
    old = desk.issue(0)
    desk.now += 2 * DAY
    comparison = compare(old, desk.issue(1))
    assert kinds(comparison) == {Kind.KEY_OTHER, Kind.END_MOVED}
    assert not comparison.objections
    assert not comparison.same_key


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_the_end_of_a_rounded_time_has_not_moved_and_nothing_is_said_against_it(variant: str) -> None:
    desk = Desk(variant)
    old = desk.issue(0)
    desk.now += 60
    comparison = compare(old, desk.issue(1))
    assert Kind.END_UNMOVED in comparison
    assert not comparison.objections


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_an_earlier_end_is_objected_to(variant: str) -> None:
    desk = Desk(variant)
    old = desk.issue(0)
    desk.now -= 2 * DAY
    comparison = compare(old, desk.issue(1))
    found = comparison.of(Kind.END_SHORTENED)
    assert found is not None
    assert found.old - found.new == 2 * DAY
    assert objections(comparison) == {Kind.END_SHORTENED}


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_the_very_same_credential_is_a_copy(variant: str) -> None:
    only = Desk(variant).issue(0)
    comparison = compare(only, only)
    assert {Kind.COPY, Kind.KEY_SAME, Kind.END_UNMOVED} <= kinds(comparison)
    assert comparison.same_key
    assert not comparison.objections


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_changed_claims_are_named_and_allowed(variant: str) -> None:
    desk = Desk(variant)
    old = desk.issue(0)
    desk.issuer.operate("change_claims", None)
    comparison = compare(old, desk.issue(1))
    changed = comparison.of(Kind.CLAIMS_CHANGED)
    assert changed is not None
    assert [name.rpartition(" ")[2] for name in changed.names] == ["family_name"]
    assert not comparison.objections


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_lost_and_further_claims_are_told_apart(variant: str) -> None:
    desk = Desk(variant)
    _, claims = desk.claims()
    whole = desk.issue(0)
    part = desk.issue(1, **desk.with_claims({n: v for n, v in claims.items() if n != "given_name"}))
    assert kinds(compare(whole, part)) & {Kind.CLAIMS_ADDED, Kind.CLAIMS_REMOVED} == {Kind.CLAIMS_REMOVED}
    assert kinds(compare(part, whole)) & {Kind.CLAIMS_ADDED, Kind.CLAIMS_REMOVED} == {Kind.CLAIMS_ADDED}


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_somebody_born_on_another_day_is_another_subject(variant: str) -> None:
    desk = Desk(variant)
    _, claims = desk.claims()
    later = {"birthdate": "1990-05-17", "birth_date": {"full-date": "1990-05-17"}}
    other = desk.issue(1, **desk.with_claims({name: later.get(name, value) for name, value in claims.items()}))
    comparison = compare(desk.issue(0), other)
    assert Kind.SUBJECT_CHANGED in objections(comparison)


@pytest.mark.parametrize("variant", EVERY_FORMAT)
def test_another_type_is_objected_to(variant: str) -> None:
    desk = Desk(variant)
    (member,) = {"vct", "doctype", "type"} & desk.data.keys()
    comparison = compare(desk.issue(0), desk.issue(1, **{member: desk.data[member] + "Plus"}))
    assert objections(comparison) == {Kind.TYPE_CHANGED}


def test_a_subject_that_is_told_by_sub_may_not_change() -> None:
    desk = Desk("default")
    one, two = (desk.issue(key, plain={**desk.data["plain"], "sub": f"urn:user:{key}"}) for key in (0, 1))
    assert Kind.SUBJECT_CHANGED in objections(compare(one, two))
    assert Kind.SUBJECT_CHANGED not in compare(one, desk.issue(1))


def test_a_did_that_is_but_the_key_is_no_subject() -> None:
    desk = Desk("ldp-vc")
    assert Kind.SUBJECT_CHANGED not in compare(desk.issue(0), desk.issue(1))


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("jwt-vc-x5c", "jwt-vc", Kind.ISSUER_CHANGED),
        ("default", "with-path", Kind.ISSUER_CHANGED),
        ("mdoc", "mdoc-es384", Kind.SIGNER_CHANGED),
    ],
)
def test_issuer_and_signing_key_are_compared(one: str, other: str, kind: Kind) -> None:
    assert kind in compare(Desk(one).issue(0), Desk(other).issue(1))


def test_another_document_signer_of_one_authority_is_the_same_issuer() -> None:
    comparison = compare(Desk("mdoc").issue(0), Desk("mdoc-es384").issue(1))
    assert Kind.ISSUER_CHANGED not in comparison


@pytest.mark.parametrize("variant", ["status", "mdoc-status", "mdoc-identifier-list"])
def test_a_place_in_a_status_list_is_the_same_or_new(variant: str) -> None:
    desk = Desk(variant)
    old = desk.issue(0)
    assert Kind.STATUS_NEW in compare(old, desk.issue(1))
    assert Kind.STATUS_SAME in compare(old, old)


@pytest.mark.parametrize("variant", ["default", "mdoc"])
def test_salts_that_are_used_again_are_objected_to_where_the_key_is_another(variant: str) -> None:
    desk = Desk(variant, "renewal-draft:salts-same")
    context, data = desk.issuer.context, desk.data
    kept: list[Any] = []
    credential_formats.issued(context, data, HOLDERS[0], lambda _, draft: kept.append(draft))
    old = credential.read(data["format"], kept[0].signed())
    made = Made("", data, HOLDERS[0], NOW, kept[0], None)

    def emit(_: str, draft: Any) -> None:
        if draft is not kept[0] and type(draft) is type(kept[0]):
            desk.issuer._defects.emit("renewal-draft", Remaking(draft, made))

    new = credential.read(data["format"], credential_formats.issued(context, data, HOLDERS[1], emit))
    comparison = compare(old, new)
    shared = comparison.of(Kind.SECRETS_SAME)
    assert shared is not None
    assert "salt" in shared.names
    assert objections(comparison) == {Kind.SECRETS_SAME}
    assert Kind.COPY not in comparison


def test_an_identifier_that_stays_is_said_and_allowed() -> None:
    desk = Desk("default")
    one, two = (desk.issue(key, plain={**desk.data["plain"], "jti": "urn:uuid:1"}) for key in (0, 1))
    comparison = compare(one, two)
    assert comparison.of(Kind.IDENTIFIER_SAME) is not None
    assert not comparison.objections


def test_credentials_without_a_key_may_be_the_same() -> None:
    only = Desk("unbound").issue(None)
    comparison = compare(only, only)
    assert not {Kind.KEY_SAME, Kind.KEY_OTHER} & kinds(comparison)
    assert comparison.same_key
    assert not comparison.objections


def test_a_key_that_goes_missing_is_another_key() -> None:
    assert Kind.KEY_OTHER in compare(Desk("default").issue(0), Desk("unbound").issue(None))


def test_two_formats_cannot_be_compared() -> None:
    with pytest.raises(TypeError, match="SdJwtVc cannot be compared with Mdoc"):
        compare(Desk("default").issue(0), Desk("mdoc").issue(0))


def test_what_may_never_be_is_what_makes_it_another_credential() -> None:
    never = {kind for kind, leave in LEAVE.items() if leave is Leave.NEVER}
    assert never == {Kind.TYPE_CHANGED, Kind.ISSUER_CHANGED, Kind.SUBJECT_CHANGED, Kind.END_SHORTENED}
