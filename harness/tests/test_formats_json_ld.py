"""JSON-LD: the bundled contexts, canonical forms, what is dropped, and bounds against hostile documents."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld.nquads import parse_nquads

from harness.formats import json_ld
from harness.formats.json_ld import Contexts, JsonLdError, UnknownContext
from harness.formats.rdf_canonicalization import canonical_n_quads

SCHEMAS = Path(__file__).parents[2] / "schemas" / "contexts"
V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
QUICK_S = 5.0
"""No document takes longer, even on a slow machine."""


def canonical(document: dict[str, Any], hash_name: str = "sha256") -> str:
    return json_ld.canonical(document, json_ld.bundled(), hash_name)


def kinds(document: dict[str, Any]) -> list[str]:
    return [problem.kind for problem in json_ld.losses(document, json_ld.bundled())]


# The bundled contexts


@pytest.mark.parametrize(
    ("file", "digest"),
    [
        (
            "credentials-v2.json",
            "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        ),
        (
            "credentials-v1.json",
            "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        ),
        # Data Integrity 1.0 section 2.4
        ("data-integrity-v2.json", "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"),
        ("multikey-v1.json", "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597"),
        ("jwk-v1.json", "0f14b62f6071aafe00df265770ea0c7508e118247d79b7d861a406d2aa00bece"),
    ],
)
def test_contexts_are_those_that_the_specifications_pin(file: str, digest: str) -> None:
    assert hashlib.sha256((SCHEMAS / file).read_bytes()).hexdigest() == digest


def test_every_bundled_context_is_listed_sourced_and_can_be_processed() -> None:
    documents = json_ld.read_folder(SCHEMAS)
    sources = (SCHEMAS / "SOURCES.md").read_text("utf-8")
    files = {file.name for file in SCHEMAS.glob("*.json")}
    assert len(files) == len(documents)
    assert not [name for name in files if name not in sources]
    for url in documents:
        assert canonical({"@context": url, "@id": "urn:x", "@type": "urn:y"}).startswith("<urn:x>")


def write_folder(folder: Path, sha256: str, content: str = '{"@context": {"p": "urn:p"}}') -> None:
    entry = f'[[context]]\nurl = "https://x.test/c"\nfile = "c.json"\nsha256 = "{sha256}"\n'
    (folder / "manifest.toml").write_text(entry)
    (folder / "c.json").write_text(content)


def test_a_folder_of_the_team_adds_contexts(tmp_path: Path) -> None:
    content = '{"@context": {"p": "urn:p"}}'
    write_folder(tmp_path, hashlib.sha256(content.encode()).hexdigest(), content)
    contexts = json_ld.bundled().with_documents(json_ld.read_folder(tmp_path))
    assert "https://x.test/c" in contexts
    text = json_ld.canonical({"@context": "https://x.test/c", "@id": "urn:s", "p": "o"}, contexts)
    assert text == '<urn:s> <urn:p> "o" .\n'


def test_what_is_bundled_is_not_replaced() -> None:
    contexts = json_ld.bundled().with_documents({V2: {"@context": {"name": "urn:evil"}}})
    assert "urn:evil" not in json_ld.canonical({"@context": V2, "name": "x"}, contexts)


@pytest.mark.parametrize(
    ("sha256", "content"),
    [("0" * 64, '{"@context": {}}'), (hashlib.sha256(b"{}").hexdigest(), "{}"), ("x", "no JSON")],
)
def test_a_spoiled_context_is_refused(tmp_path: Path, sha256: str, content: str) -> None:
    write_folder(tmp_path, sha256, content)
    with pytest.raises(JsonLdError) as error:
        json_ld.read_folder(tmp_path)
    assert error.value.kind == "context-unreadable"


def test_a_context_of_the_team_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text('[[context]]\nurl = "https://x.test/c"\nfile = "c.json"\n')
    (tmp_path / "c.json").write_text("{,}")
    with pytest.raises(JsonLdError) as error:
        json_ld.read_folder(tmp_path)
    assert error.value.kind == "context-unreadable"


def test_an_unknown_context_is_named_and_never_fetched() -> None:
    document = {"@context": [V2, "https://nowhere.test/v1"], "type": "VerifiableCredential"}
    with pytest.raises(UnknownContext, match=r"nowhere\.test"):
        canonical(document)
    assert json_ld.missing(document, json_ld.bundled()) == ("https://nowhere.test/v1",)
    with pytest.raises(UnknownContext):
        json_ld.losses(document, json_ld.bundled())


@pytest.mark.parametrize(
    ("context", "members", "kind"),
    [
        ({"T": None}, {"type": ["VerifiableCredential", "T"]}, "type-undefined"),
        ({"p": {"@id": "urn:p", "@type": "@vocab"}, "T": None}, {"p": "T"}, "iri-relative"),
    ],
)
def test_what_a_context_maps_to_null_is_lost(context: Any, members: dict[str, Any], kind: str) -> None:
    assert kinds({"@context": [V2, context], **members}) == [kind]


def test_missing_contexts_are_found_inside() -> None:
    document = {"@context": [V2, {"p": "urn:p"}], "p": [{"@context": "https://a.test"}, {"@context": [V1, "b"]}]}
    assert json_ld.missing(document, json_ld.bundled()) == ("https://a.test", "b")


# Canonical forms


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('\b\t\n\f\r"\\', r"\b\t\n\f\r\"\\"),
        ("\x00\x07\x0b\x0e\x1f\x7f", r"\u0000\u0007\u000B\u000E\u001F\u007F"),
        ("é\u2028\x80😀", "é\u2028\x80😀"),
    ],
)
def test_literals_are_escaped_as_the_canonical_form_says(value: str, written: str) -> None:
    """RDF Dataset Canonicalization section 5."""
    document = {"@context": {"p": "urn:p"}, "@id": "urn:s", "p": value}
    assert canonical(document) == f'<urn:s> <urn:p> "{written}" .\n'


def test_escaped_quads_are_sorted_as_written() -> None:
    document = {"@context": {"p": "urn:p"}, "@id": "urn:s", "p": ["\x7f", "a", "]"]}
    assert canonical(document).splitlines() == sorted(canonical(document).splitlines())
    assert canonical(document).count("\n") == 3


def test_blank_nodes_get_the_same_names_in_whatever_order_they_come() -> None:
    one = {"@context": {"p": "urn:p", "q": "urn:q"}, "p": [{"q": "1"}, {"q": "2"}, {"p": {"q": "3"}}]}
    other = {**one, "p": list(reversed(one["p"]))}  # type: ignore[call-overload]
    assert canonical(one) == canonical(other)


def test_the_hash_function_decides_the_names() -> None:
    """Data Integrity ECDSA Cryptosuites 1.0 section 3: SHA-384 goes with P-384."""
    document = {"@context": {"p": "urn:p"}, "p": [{"p": str(number)} for number in range(8)]}
    assert canonical(document) != canonical(document, "sha384")


def test_relative_urls_have_no_base() -> None:
    """Data Integrity 1.0 section 2.4.3."""
    assert canonical({"@context": {"p": "urn:p"}, "@id": "rel", "p": "x"}) == ""


# What is dropped


def test_what_is_defined_is_not_dropped() -> None:
    document = {"@context": [V2, {"extra": "urn:extra"}], "type": "VerifiableCredential", "extra": {"name": "x"}}
    assert kinds(document) == []


@pytest.mark.parametrize(
    ("members", "kind", "pointer"),
    [
        ({"foo": 1}, "term-undefined", "/foo"),
        ({"credentialSubject": {"bar": 1}}, "term-undefined", "/credentialSubject/bar"),
        ({"credentialSubject": [{"id": "urn:a"}, {"a/b": 1}]}, "term-undefined", "/credentialSubject/1/a~1b"),
        ({"@foo": 1}, "term-undefined", ""),
        ({"@context": [V2, {"nick": "_:nick"}], "nick": "x"}, "term-undefined", None),
        ({"type": ["VerifiableCredential", "Foo"]}, "type-undefined", None),
        ({"id": "relative"}, "iri-relative", None),
        ({"issuer": "word"}, "iri-relative", None),
        ({"credentialSubject": {"id": "#me"}}, "iri-relative", None),
    ],
)
def test_what_is_dropped_is_found(members: dict[str, Any], kind: str, pointer: str | None) -> None:
    document = {"@context": [V2], "type": ["VerifiableCredential"], **members}
    (problem,) = json_ld.losses(document, json_ld.bundled())
    assert (problem.kind, problem.pointer) == (kind, pointer)


def test_lists_and_graphs_are_looked_into() -> None:
    context = {"l": {"@id": "urn:l", "@container": "@list", "@type": "@id"}, "r": {"@reverse": "urn:r"}}
    assert kinds({"@context": context, "l": ["urn:a", "b"]}) == ["iri-relative"]
    assert kinds({"@context": context, "@graph": [{"@id": "c", "urn:p": "x"}]}) == ["iri-relative"]
    assert kinds({"@context": context, "r": {"@id": "d"}}) == ["iri-relative"]


# Documents that break rules, or are made to take forever


@pytest.mark.parametrize(
    "document",
    [
        {"@context": 5},
        {"@context": {"@version": 7}},
        {"@context": [["a"]]},
        {"@context": "not a url"},
        {"@context": {"a": "@type"}, "a": [1]},
        {"@context": V2, "id": 5},
        {"@context": [V2, {"name": "urn:other"}]},  # protected terms
        {"@context": [V2, None]},
        {"@context": {"a": {"@id": "urn:a", "@context": {"a": 1}}}, "a": {"a": 1}},
        {"@context": {"@propagate": True, "a": {"@propagate": 1}}},
        {"@context": {"p": {"@id": "urn:p", "@container": "@nonsense"}}},
    ],
)
def test_broken_json_ld_is_one_clear_error(document: dict[str, Any]) -> None:
    with pytest.raises(JsonLdError) as error:
        canonical(document)
    assert error.value.kind in ("json-ld", "context-unknown")


def test_a_base_of_the_document_is_not_guessed() -> None:
    with pytest.raises(UnknownContext):
        canonical({"@context": {"@base": "https://x.test/", "p": "urn:p"}, "@id": "a", "p": "b"})


def test_contexts_that_name_each_other_are_an_error() -> None:
    contexts = Contexts(
        {"https://a.test/": {"@context": "https://b.test/"}, "https://b.test/": {"@context": "https://a.test/"}}
    )
    with pytest.raises(JsonLdError) as error:
        json_ld.canonical({"@context": "https://a.test/"}, contexts)
    assert error.value.kind == "json-ld"


def clique(size: int) -> dict[str, Any]:
    """Blank nodes that all point at all others: none differs from another."""
    nodes = [{"@id": f"_:n{i}", "p": [{"@id": f"_:n{j}"} for j in range(size) if j != i]} for i in range(size)]
    return {"@context": {"p": "urn:p"}, "@graph": nodes}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"p": value}
    return {"@context": {"p": "urn:p"}, **value}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (clique(12), "graph-too-complex"),
        (clique(40), "graph-too-complex"),
        (
            {"@context": {"p": "urn:p"}, "@graph": [{"p": [{"p": {}} for _ in range(14)]} for _ in range(2)]},
            "graph-too-complex",
        ),
        (nested(10_000), "too-large"),
        ({"@context": [V2] * 1_000}, "too-large"),
        ({"@context": {"p": "urn:p"}, "p": [str(number) for number in range(2_000)]}, "too-large"),
        ({"@context": {"p": "urn:p"}, "@graph": [{"p": [str(i) for i in range(99)]}] * 99}, "too-large"),
    ],
)
def test_a_document_made_to_take_forever_is_refused_soon(document: dict[str, Any], kind: str) -> None:
    begun = time.monotonic()
    with pytest.raises(JsonLdError) as error:
        canonical(document)
    assert error.value.kind == kind
    assert time.monotonic() - begun < QUICK_S


def test_a_small_clique_can_still_be_told_apart() -> None:
    """Test case "poison - Clique Graph" is large; what a credential may hold is not."""
    assert canonical(clique(4)).count("\n") == 12


def test_a_second_canonicalization_costs_little() -> None:
    document = {"@context": [V2], "type": ["VerifiableCredential"], "credentialSubject": {"name": "x"}}
    canonical(document)
    begun = time.process_time()
    for _ in range(20):
        canonical(document)
    assert (time.process_time() - begun) / 20 < 0.05


def test_alike_nodes_are_told_apart_by_what_they_point_at() -> None:
    """Names follow from what is said of the nodes, not from how they were called."""
    quads = "<urn:s> <urn:p> _:a .\n<urn:s> <urn:p> _:b .\n_:a <urn:q> _:b .\n"
    renamed = quads.replace("_:a", "_:x").replace("_:b", "_:a").replace("_:x", "_:b")
    assert canonical_n_quads(parse_nquads(quads), "sha256") == canonical_n_quads(parse_nquads(renamed), "sha256")


KEYWORDS = (
    "@context @id @type @value @list @set @graph @reverse @base @vocab @container @language @version @import "
    "@protected @nest @index @json @none id type name p urn:x"
)
WORDS = st.sampled_from([*KEYWORDS.split(), V2, ""])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=1_000, derandomize=True, deadline=None)
@given(st.dictionaries(WORDS, VALUES, max_size=6))
def test_whatever_comes_there_is_a_form_or_one_clear_error(document: dict[str, Any]) -> None:
    document = {"@context": [V2, {"p": {"@id": "urn:p"}}], **document}
    json.dumps(document)
    for process in (canonical, kinds):
        try:
            process(document)
        except JsonLdError as error:
            assert error.kind  # noqa: PT017
