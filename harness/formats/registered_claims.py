"""The names in the IANA registry *JSON Web Token Claims*, whose meaning no credential format decides."""

from __future__ import annotations

_NAMES = """
    acr act address also_known_as amr at_hash ath aud auth_time authorization_details azp
    birth_family_name birth_given_name birth_middle_name birthdate c_hash client_id cnf email
    email_verified entitlements events exp family_name gender geohash given_name groups htm htu iat
    iss jti locale location may_act middle_name msisdn name nationalities nbf nickname nonce
    phone_number phone_number_verified picture place_of_birth preferred_username profile roles
    salutation scope sd_hash sid sig_val_claims status status_list sub sub_id sub_jwk title toe
    token_introspection ttl txn updated_at vc verified_claims vot vp vtm website zoneinfo
    _claim_names _claim_sources _sd _sd_alg
"""

REGISTERED_CLAIMS: frozenset[str] = frozenset(_NAMES.split())
"""Those of JWTs in general, of persons, of OAuth and OpenID, and of credentials; the registry also has some for
telephony, mobile networks and attestation of devices, which no credential carries."""
