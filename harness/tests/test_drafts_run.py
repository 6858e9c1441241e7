"""A whole run against the bundled issuer that speaks an earlier draft of OpenID4VCI, over sockets."""

from __future__ import annotations

import pytest

from harness.tests.test_plugin import judge, last_line, report


def test_the_bundled_issuer_conforms_to_the_draft_that_it_speaks(pytester: pytest.Pytester) -> None:
    result = judge(pytester, "--issuer-url", "reference", "--vci-profile", "oid4vci-draft-14")
    assert result.ret == 0, result.stdout.str()
    assert last_line(result).startswith("CONFORMANT")
    results = report(pytester)["results"]
    passed = {each["check"] for each in results if each["verdict"] == "pass"}
    # Its credential has the earlier name of the format and is named by it; its nonce comes with the token.
    assert {"sd-jwt-digests", "credential-configuration-unknown-refused", "proof-nonce-refused"} <= passed
    assert {each["verdict"] for each in results} == {"pass", "warn", "not-applicable"}
