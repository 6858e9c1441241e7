"""Who hands a report over can sign it; who gets it can tell whether it is whole, unchanged and signed by whom."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from harness import cli
from harness.integrity import IntegrityError, detached, envelope, signing_key
from harness.integrity.statement import statement
from harness.tests.sample_report import sample_report
from reports import digest, json_file

NOW = 1_790_000_000
KEYS: dict[str, dict[str, Any]] = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"},
    "ES512": {"kty": "EC", "crv": "P-521"},
    "ES256K": {"kty": "EC", "crv": "secp256k1"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "PS256": {"kty": "RSA", "size": 2048},
}


@pytest.fixture(scope="module")
def keys() -> dict[str, JWK]:
    return {algorithm: JWK.generate(**wishes) for algorithm, wishes in KEYS.items()}


def public(key: JWK, **members: Any) -> dict[str, Any]:
    return {**key.export_public(as_dict=True), **members}


def signer(key: JWK, **members: Any) -> signing_key.SigningKey:
    return signing_key.read(json.dumps({**key.export_private(as_dict=True), **members}).encode())


@pytest.fixture
def folder(tmp_path: Path, keys: dict[str, JWK]) -> Path:
    """A report, and the keys of who signs it."""
    json_file.write(sample_report(), tmp_path / "report.json")
    key = JWK(**keys["ES256"].export_private(as_dict=True), kid="release")
    (tmp_path / "key.json").write_text(key.export_private())
    (tmp_path / "public.json").write_text(key.export_public())
    (tmp_path / "other.json").write_text(JWK.generate(kty="EC", crv="P-256").export_public())
    return tmp_path


def assay(folder: Path, *arguments: str) -> int:
    return cli.main([str(folder / a) if "." in a and not a.startswith("-") else a for a in arguments])


# Detached signatures


@pytest.mark.parametrize("algorithm", list(KEYS))
def test_what_was_signed_verifies_with_the_public_key(algorithm: str, keys: dict[str, JWK]) -> None:
    made = detached.sign(b"content", signer(keys[algorithm]), NOW)
    found = detached.verify(b"content", made.encode() + b"\n", [public(keys[algorithm])])
    assert (found.algorithm, found.made and found.made.timestamp()) == (algorithm, NOW)
    assert found.thumbprint == keys[algorithm].thumbprint()


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256"])
def test_a_signature_is_one_that_other_libraries_verify(algorithm: str, keys: dict[str, JWK]) -> None:
    header, _, made = detached.sign(b"content", signer(keys[algorithm]), NOW).split(".")
    whole = JWS()
    whole.deserialize(f"{header}.{base64.urlsafe_b64encode(b'content').rstrip(b'=').decode()}.{made}")
    whole.verify(JWK(**public(keys[algorithm])))


def test_a_key_says_with_what_it_signs(keys: dict[str, JWK]) -> None:
    made = detached.sign(b"", signer(keys["PS256"], alg="RS256"), NOW)
    assert detached.verify(b"", made.encode(), [public(keys["PS256"])]).algorithm == "RS256"


@pytest.mark.parametrize("content", [b"conten", b"content ", b"tnetnoc", b"", b"Content", b"content\n"])
def test_other_content_is_not_signed(content: bytes, keys: dict[str, JWK]) -> None:
    made = detached.sign(b"content", signer(keys["ES256"]), NOW)
    with pytest.raises(detached.NotSigned, match="not made by the key over this content"):
        detached.verify(content, made.encode(), [public(keys["ES256"])])


def test_the_right_one_of_many_keys_is_found(keys: dict[str, JWK]) -> None:
    made = detached.sign(b"content", signer(keys["ES256"], kid="release"), NOW).encode()
    stranger = JWK.generate(kty="EC", crv="P-256")
    right = public(keys["ES256"], kid="release")
    for others in ([public(stranger, kid="release")], [public(keys["PS256"]), public(stranger)]):
        assert detached.verify(b"content", made, [*others, right]).key_id == "release"
        with pytest.raises(detached.NotSigned):
            detached.verify(b"content", made, others)


def forged(header: dict[str, Any], signature: bytes = b"") -> bytes:
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    return encoded + b".." + base64.urlsafe_b64encode(signature).rstrip(b"=")


def hmac_with_public_key(key: JWK) -> bytes:
    """A MAC whose secret is the public key, for verifiers that believe the header."""
    secret = JWK(kty="oct", k=base64.urlsafe_b64encode(key.export_to_pem()).rstrip(b"=").decode())
    made = JWS(b"content")
    made.add_signature(secret, protected=json.dumps({"alg": "HS256"}))
    header, _, signature = made.serialize(compact=True).split(".")
    return f"{header}..{signature}".encode()


def with_own_key(_: JWK) -> bytes:
    """A signature with the key that verifies it in its header."""
    mine = JWK.generate(kty="EC", crv="P-256")
    header = {"alg": "ES256", "jwk": mine.export_public(as_dict=True)}
    encoded = forged(header).split(b".")[0].decode()
    signature = signer(mine).sign(f"{encoded}.Y29udGVudA".encode())
    return forged(header, signature)


FORGERIES: dict[str, Callable[[JWK], bytes]] = {
    "none": lambda _: forged({"alg": "none"}),
    "none-with-signature": lambda _: forged({"alg": "none"}, b"x" * 64),
    "hmac-confusion": hmac_with_public_key,
    "own-key": with_own_key,
    "no-alg": lambda _: forged({}, b"x" * 64),
    "alg-number": lambda _: forged({"alg": 7}, b"x" * 64),
    "another-alg": lambda _: forged({"alg": "RS256"}, b"x" * 256),
    "null-signature": lambda _: forged({"alg": "ES256"}, bytes(64)),
    "short-signature": lambda _: forged({"alg": "ES256"}, b"x"),
    "empty": lambda _: b"",
    "no-periods": lambda _: b"eyJhbGciOiJFUzI1NiJ9",
    "not-ascii": lambda _: "é..é".encode(),
    "not-base64url": lambda _: b"*..*",
    "header-no-object": lambda _: b"W10..eHg",
    "header-twice": lambda _: base64.urlsafe_b64encode(b'{"alg":"ES256","alg":"none"}').rstrip(b"=") + b"..eHg",
    "deep-header": lambda _: base64.urlsafe_b64encode(b"[" * 20_000).rstrip(b"=") + b"..eHg",
    "huge": lambda _: b"e" * 100_000,
}


@pytest.mark.parametrize("name", list(FORGERIES))
def test_a_forgery_is_no_signature(name: str, keys: dict[str, JWK]) -> None:
    with pytest.raises(detached.NotSigned) as told:
        detached.verify(b"content", FORGERIES[name](keys["ES256"]), [public(keys["ES256"])])
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "header", [{"b64": False, "crit": ["b64"]}, {"b64": False}, {"crit": ["exp"]}, {"crit": []}]
)
def test_extensions_of_the_header_are_not_passed_over(header: dict[str, Any], keys: dict[str, JWK]) -> None:
    key = signer(keys["ES256"])
    encoded = forged({"alg": "ES256", **header}).split(b".")[0].decode()
    made = forged({"alg": "ES256", **header}, key.sign(f"{encoded}.Y29udGVudA".encode()))
    with pytest.raises(detached.NotSigned, match="extensions"):
        detached.verify(b"content", made, [public(keys["ES256"])])


def test_a_payload_in_the_signature_is_refused(keys: dict[str, JWK]) -> None:
    made = detached.sign(b"content", signer(keys["ES256"]), NOW).replace("..", ".Y29udGVudA.")
    with pytest.raises(detached.NotSigned, match="payload"):
        detached.verify(b"content", made.encode(), [public(keys["ES256"])])


@pytest.mark.parametrize("said", [{"use": "enc"}, {"alg": "ES384"}])
def test_a_key_for_another_purpose_verifies_nothing(said: dict[str, Any], keys: dict[str, JWK]) -> None:
    made = detached.sign(b"content", signer(keys["ES256"]), NOW)
    with pytest.raises(detached.NotSigned):
        detached.verify(b"content", made.encode(), [public(keys["ES256"], **said)])


@pytest.mark.parametrize("iat", ["yesterday", -(10**30), 10**30, True, None, [1]])
def test_a_time_that_is_none_is_not_told(iat: object, keys: dict[str, JWK]) -> None:
    key = signer(keys["ES256"])
    encoded = forged({"alg": "ES256", "iat": iat}).split(b".")[0].decode()
    made = forged({"alg": "ES256", "iat": iat}, key.sign(f"{encoded}.".encode()))
    assert detached.verify(b"", made, [public(keys["ES256"])]).made is None


# Keys that sign


def hostile_keys() -> dict[str, bytes]:
    key = JWK.generate(kty="EC", crv="P-256")
    other = JWK.generate(kty="EC", crv="P-256")
    private = key.export_private(as_dict=True)
    return {
        "nothing": b"",
        "not-json": b"-----BEGIN PRIVATE KEY-----",
        "not-utf8": b"\xff\xfe{",
        "deep": b"[" * 50_000,
        "array": b"[]",
        "empty": b"{}",
        "set": json.dumps({"keys": [private]}).encode(),
        "public": key.export_public().encode(),
        "symmetric": b'{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ"}',
        "encryption": JWK.generate(kty="OKP", crv="X25519").export_private().encode(),
        "use": json.dumps({**private, "use": "enc"}).encode(),
        "key-ops": json.dumps({**private, "key_ops": ["verify"]}).encode(),
        "key-ops-text": json.dumps({**private, "key_ops": "sign"}).encode(),
        "alg-none": json.dumps({**private, "alg": "none"}).encode(),
        "alg-hmac": json.dumps({**private, "alg": "HS256"}).encode(),
        "alg-other": json.dumps({**private, "alg": "RS256"}).encode(),
        "alg-number": json.dumps({**private, "alg": 5}).encode(),
        "halves-of-two": json.dumps({**private, "d": other.export_private(as_dict=True)["d"]}).encode(),
        "off-curve": json.dumps({**private, "x": private["y"]}).encode(),
        "numbers": b'{"kty": "EC", "crv": "P-256", "x": 1, "y": 2, "d": 3}',
        "short-rsa": JWK.generate(kty="RSA", size=1024).export_private().encode(),
    }


HOSTILE_KEYS = hostile_keys()


@pytest.mark.parametrize("name", list(HOSTILE_KEYS))
def test_a_key_that_cannot_sign_is_refused_in_one_line_that_tells_nothing_of_it(name: str) -> None:
    with pytest.raises(IntegrityError) as told:
        signing_key.read(HOSTILE_KEYS[name])
    said = str(told.value)
    assert said
    assert "\n" not in said
    assert all(
        value not in said for value in json.loads(HOSTILE_KEYS["halves-of-two"]).values() if len(value) > 20
    )


# The digest of a report


def test_a_report_carries_the_digest_of_its_content(folder: Path) -> None:
    report = json_file.read(folder / "report.json")
    assert digest.is_as_written(report) is True
    shuffled = json.dumps(dict(reversed(report.items())), ensure_ascii=True, indent=None)
    assert json_file.parse(shuffled.encode(), Path("x")) == report


def edited(report: dict[str, Any]) -> None:
    report["verdict"] = "conformant"


def without_a_result(report: dict[str, Any]) -> None:
    report["results"].pop()


def with_results_reordered(report: dict[str, Any]) -> None:
    report["results"].reverse()


def with_another_digest(report: dict[str, Any]) -> None:
    report["digest"] = "sha256:" + "0" * 64


def with_no_digest_at_all(report: dict[str, Any]) -> None:
    report["digest"] = None


@pytest.mark.parametrize(
    "change", [edited, without_a_result, with_results_reordered, with_another_digest, with_no_digest_at_all]
)
def test_an_edited_report_is_recognised(
    change: Callable[[dict[str, Any]], None], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = json.loads((folder / "report.json").read_text())
    change(report)
    (folder / "report.json").write_text(json.dumps(report))
    assert assay(folder, "verify", "report.json") == 1
    assert "NOT as the run wrote it" in capsys.readouterr().out
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 4
    assert assay(folder, "report", "report.json") == 4
    assert not (folder / "report.json.jws").exists()


def test_a_report_that_says_something_twice_is_no_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (folder / "report.json").read_text()
    (folder / "report.json").write_text('{"verdict": "conformant",' + whole.removeprefix("{"))
    assert assay(folder, "verify", "report.json") == 1
    assert "NOT as the run wrote it" in capsys.readouterr().out


@pytest.mark.parametrize("left", [0, 1, 100, -100, -3])
def test_a_report_that_was_cut_short_is_recognised(
    left: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    whole = (folder / "report.json").read_bytes()
    (folder / "report.json").write_bytes(whole[:left])
    assert assay(folder, "verify", "report.json") == 1
    assert assay(folder, "verify", "report.json", "--key", "public.json") == 1
    assert "NOT as the run wrote it" in capsys.readouterr().out


def test_odd_content_of_an_issuer_does_not_hinder_the_digest() -> None:
    odd: list[Any] = ["\ud800", "\ud83d\ude00", 10**60, -0.0, 1e300, {"": None, "é": [], "z": {}}]
    for value in odd:
        there = digest.content_digest({"value": value})
        again = json.loads(json.dumps({"value": value}, ensure_ascii=False).encode("utf-8", "backslashreplace"))
        assert digest.content_digest(again) == there


# The commands


def test_a_signed_report_tells_who_when_and_what(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    assert capsys.readouterr().out == f"{folder / 'report.json.jws'}\n"
    assert assay(folder, "verify", "report.json", "--key", "public.json") == 0
    said = capsys.readouterr().out
    report = sample_report()
    for told in ("whole, and as the run wrote it", report.target["issuer"], str(report.verdict), report.started):
        assert told in said
    assert "signature: valid, ES256, by the key release" in said


def test_a_signature_can_stand_elsewhere(folder: Path) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json", "--output", "else.where") == 0
    assert assay(folder, "verify", "report.json", "--key", "public.json") == 4
    assert assay(folder, "verify", "report.json", "--key", "public.json", "--signature", "else.where") == 0


def test_a_report_laid_out_anew_is_unchanged_but_no_longer_signed(folder: Path) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    report = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps(report))
    assert assay(folder, "verify", "report.json") == 0
    assert assay(folder, "verify", "report.json", "--key", "public.json") == 1


def test_whoever_edits_can_make_the_digest_anew_but_not_the_signature(folder: Path) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    report = json.loads((folder / "report.json").read_text())
    report["verdict"] = "conformant"
    report["digest"] = digest.report_digest(report)
    (folder / "report.json").write_text(json.dumps(report))
    assert assay(folder, "verify", "report.json") == 0
    assert assay(folder, "verify", "report.json", "--key", "public.json") == 1


def test_a_report_without_a_digest_needs_a_signature(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text())
    del report["digest"]
    (folder / "report.json").write_text(json.dumps(report))
    assert assay(folder, "verify", "report.json") == 1
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    assert assay(folder, "verify", "report.json", "--key", "public.json") == 0


def test_somebody_elses_key_does_not_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    assert assay(folder, "verify", "report.json", "--key", "other.json") == 1
    assert "signature: NOT valid" in capsys.readouterr().out


def test_keys_are_read_as_sets_and_pem_too(folder: Path, keys: dict[str, JWK]) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    own = json.loads((folder / "public.json").read_text())
    others = [public(JWK.generate(kty="EC", crv="P-256")) for _ in range(3)]
    (folder / "set.json").write_text(json.dumps({"keys": [*others, own]}))
    (folder / "key.pem").write_bytes(keys["ES256"].export_to_pem())
    for name in ("set.json", "key.pem", "key.json"):
        assert assay(folder, "verify", "report.json", "--key", name) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[" * 50_000, b'{"keys": []}', b'{"kty": "oct", "k": "AAAA"}', b"-----BEGIN X", b"\xff"],
)
def test_a_file_without_a_public_key_is_a_wrong_argument(
    content: bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 0
    (folder / "bad.json").write_bytes(content)
    assert assay(folder, "verify", "report.json", "--key", "bad.json") == 4
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "report.json", "--key", "none.json"),
        ("sign", "none.json", "--key", "key.json"),
        ("sign", "report.json", "--key", "public.json"),
        ("sign", "report.json", "--key", "key.json", "--output", "no/such/folder.jws"),
        ("verify", "none.json"),
        ("verify", "report.json", "--key", "public.json"),
        ("verify", "report.json", "--signature", "report.json"),
        ("attest", "report.json", "--output", "a.json", "--key", "public.json"),
        ("attest", "report.json", "--output", "a.json", "--subject", "image"),
        ("attest", "key.json", "--output", "a.json"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(
    arguments: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assay(folder, *arguments) == 4
    told = capsys.readouterr().err
    assert told.startswith(f"assay {arguments[0]}: ")
    assert told.count("\n") == 1


def test_files_of_endless_size_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(json_file, "SIZE_LIMIT", 100)
    assert assay(folder, "verify", "report.json") == 4
    assert "larger than 100 bytes" in capsys.readouterr().err
    (folder / "key.json").write_bytes(b"{" + b" " * 100_000 + b"}")
    monkeypatch.undo()
    assert assay(folder, "sign", "report.json", "--key", "key.json") == 4


# Attestations


def test_an_attestation_says_what_was_tested_and_what_came_out(folder: Path) -> None:
    image = "registry.example/issuer@sha256:" + "ab" * 32
    arguments = [str(folder / "report.json"), "--output", str(folder / "a.json"), "--subject", image]
    assert cli.main(["attest", *arguments]) == 0
    made = json.loads((folder / "a.json").read_text())
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    content = (folder / "report.json").read_bytes()
    digested = hashes.Hash(hashes.SHA256())
    digested.update(content)
    assert made["subject"] == [
        {"name": sample_report().target["issuer"], "digest": {"sha256": digested.finalize().hex()}},
        {"name": "registry.example/issuer", "digest": {"sha256": "ab" * 32}},
    ]
    predicate = made["predicate"]
    assert set(predicate) == {"result", "configuration", "passedTests", "warnedTests", "failedTests"}
    assert predicate["result"] == "FAILED"
    assert all({"uri", "digest", "content"} & set(each) for each in predicate["configuration"])
    listed = [name for tests in ("passedTests", "warnedTests", "failedTests") for name in predicate[tests]]
    assert len(listed) == sum(result.verdict != "not-applicable" for result in sample_report().results)


@pytest.mark.parametrize(
    ("verdict", "results", "wanted"),
    [
        ("conformant", ["pass", "not-applicable"], "PASSED"),
        ("conformant", ["pass", "warn"], "WARNED"),
        ("conformant-with-waivers", ["pass", "waived"], "WARNED"),
        ("not-conformant", ["pass", "fail"], "FAILED"),
        ("not-conformant", ["pass", "waived"], "FAILED"),
        ("incomplete", ["pass"], "FAILED"),
        ("incomplete", ["blocked", "error"], "FAILED"),
    ],
)
def test_nothing_passes_that_the_run_did_not_say_passes(verdict: str, results: list[str], wanted: str) -> None:
    report = {
        **sample_report().to_json(),
        "verdict": verdict,
        "results": [{"check": f"c{n}", "configuration": None, "verdict": v} for n, v in enumerate(results)],
    }
    predicate = statement(report, "00" * 32, url="https://ci.example/1")["predicate"]
    assert (predicate["result"], predicate["url"]) == (wanted, "https://ci.example/1")
    assert len(predicate["passedTests"]) == results.count("pass")


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA", "PS256"])
def test_an_envelope_is_signed_over_type_and_payload(algorithm: str, folder: Path, keys: dict[str, JWK]) -> None:
    (folder / "key.json").write_text(keys[algorithm].export_private())
    assert assay(folder, "attest", "report.json", "--output", "a.json", "--key", "key.json") == 0
    made = json.loads((folder / "a.json").read_text())
    assert set(made) == {"payload", "payloadType", "signatures"}
    payload = base64.b64decode(made["payload"], validate=True)
    assert json.loads(payload)["_type"] == "https://in-toto.io/Statement/v1"
    assert made["payloadType"] == "application/vnd.in-toto+json"
    [signature] = made["signatures"]
    assert signature["keyid"] == keys[algorithm].thumbprint()
    signed = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    assert envelope.pre_authentication(payload) == signed
    made_by = base64.b64decode(signature["sig"], validate=True)
    key: Any = keys[algorithm].get_op_key("verify")
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(made_by, signed, ec.ECDSA(hashes.SHA256() if algorithm == "ES256" else hashes.SHA384()))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(made_by, signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ed25519.Ed25519PublicKey)
        key.verify(made_by, signed)
    assert key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_an_envelope_is_not_signed_with_what_its_readers_do_not_know(keys: dict[str, JWK]) -> None:
    with pytest.raises(IntegrityError, match="envelopes"):
        envelope.wrap(b"{}", signer(keys["ES256K"]))
