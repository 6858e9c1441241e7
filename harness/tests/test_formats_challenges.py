"""Challenges of WWW-Authenticate: the grammar of RFC 9110 section 11.6.1, no more and no less."""

import pytest

from harness.formats.challenges import Challenge, ChallengeError, read


@pytest.mark.parametrize(
    ("field", "challenges"),
    [
        ("", ()),
        ("Bearer", (Challenge("Bearer"),)),
        ('Bearer realm="a"', (Challenge("Bearer", (("realm", "a"),)),)),
        (
            'Bearer realm="a, b" , Error = invalid_token',
            (Challenge("Bearer", (("realm", "a, b"), ("error", "invalid_token"))),),
        ),
        (r'Bearer realm="a \"b\" \\"', (Challenge("Bearer", (("realm", 'a "b" \\'),)),)),
        ('Bearer scope="a", scope="b"', (Challenge("Bearer", (("scope", "a"), ("scope", "b"))),)),
        (
            'DPoP algs="ES256", bearer, Basic realm="x", charset="UTF-8"',
            (
                Challenge("DPoP", (("algs", "ES256"),)),
                Challenge("bearer"),
                Challenge("Basic", (("realm", "x"), ("charset", "UTF-8"))),
            ),
        ),
        ("Negotiate a87421000492aa874209af8bc028==, Bearer", (Challenge("Negotiate"), Challenge("Bearer"))),
        (", ,Bearer  realm=a,,", (Challenge("Bearer", (("realm", "a"),)),)),
        # Section 11.6.1: a scheme and a parameter look alike until the equals sign.
        (
            'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
            (
                Challenge("Newauth", (("realm", "apps"), ("type", "1"), ("title", 'Login to "apps"'))),
                Challenge("Basic", (("realm", "simple"),)),
            ),
        ),
    ],
)
def test_challenges_are_read(field: str, challenges: tuple[Challenge, ...]) -> None:
    assert read([field]) == challenges


def test_several_fields_are_one_list() -> None:
    assert read(['Bearer realm="a"', "DPoP"]) == (Challenge("Bearer", (("realm", "a"),)), Challenge("DPoP"))


@pytest.mark.parametrize(
    "field",
    [
        'Bearer realm="a',
        'Bearer realm="a" error="b"',
        'realm="a"',
        'Bearer, ="a"',
        "Bearer realm=ä",
        '"Bearer"',
        "Bearer realm=a;b=c",
        'Bearer error_description="a "b" c"',
    ],
)
def test_what_is_no_list_of_challenges_is_refused(field: str) -> None:
    with pytest.raises(ChallengeError, match="challenge-malformed"):
        read([field])


def test_values_gives_every_value_of_a_parameter() -> None:
    (challenge,) = read(['Bearer scope="a", SCOPE=b, realm=c'])
    assert challenge.values("scope") == ["a", "b"]
    assert challenge.values("error") == []


def test_a_hostile_field_costs_little() -> None:
    read(["Bearer " + ", ".join(f'a{n}="b"' for n in range(2_000))])
    with pytest.raises(ChallengeError):
        read(["Bearer " + 'a="' * 20_000])
