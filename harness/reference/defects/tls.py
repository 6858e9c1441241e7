"""Faults of the connection: what RFC 9325 and FAPI 2.0 Security Profile section 5.2 forbid or advise against."""

from __future__ import annotations

from harness.reference.authorization_documents import AuthorizationResponse
from harness.reference.context import Context
from harness.reference.faults import fault
from harness.reference.tls_draft import RECOMMENDED, TlsDraft

_OAKLEY_2 = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"
)
_OAKLEY_14 = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF"
)
"""Primes of 1024 and 2048 bits (RFC 2409 section 6.2, RFC 3526 section 3)."""


# Versions


@fault("tls:version-1.0")
def version_1_0(draft: TlsDraft, _: Context) -> None:
    """Connections are set up with TLS 1.0, too, and with what it needs: CBC mode and SHA-1."""
    draft.lowest, draft.security_level, draft.ciphers = "1.0", 0, f"{RECOMMENDED}:ECDHE-ECDSA-AES128-SHA"


@fault("tls:version-1.1")
def version_1_1(draft: TlsDraft, _: Context) -> None:
    """Connections are set up with TLS 1.1, too, and with what it needs: CBC mode and SHA-1."""
    draft.lowest, draft.security_level, draft.ciphers = "1.1", 0, f"{RECOMMENDED}:ECDHE-ECDSA-AES128-SHA"


@fault("tls:without-1.3")
def without_1_3(draft: TlsDraft, _: Context) -> None:
    """There is no TLS 1.3."""
    draft.highest = "1.2"


@fault("tls:without-1.2")
def without_1_2(draft: TlsDraft, _: Context) -> None:
    """There is no TLS 1.2."""
    draft.lowest = "1.3"


@fault("tls:prefers-1.2")
def prefers_1_2(draft: TlsDraft, _: Context) -> None:
    """Clients that have TLS 1.2 and 1.3 get TLS 1.2."""
    draft.prefers_older = True


# Cipher suites


@fault("tls:suite-null")
def suite_null(draft: TlsDraft, _: Context) -> None:
    """A cipher suite without encryption is used, and SHA-1 where a client wants it."""
    draft.security_level = 0
    draft.ciphers += ":ECDHE-ECDSA-NULL-SHA"


@fault("tls:suite-static-rsa")
def suite_static_rsa(draft: TlsDraft, _: Context) -> None:
    """A cipher suite with RSA key transport is used."""
    draft.key = "rsa-2048"
    draft.ciphers += ":AES128-GCM-SHA256"


@fault("tls:suite-dhe")
def suite_dhe(draft: TlsDraft, _: Context) -> None:
    """A cipher suite with Diffie-Hellman keys on finite fields is used."""
    draft.key, draft.dh_prime = "rsa-2048", _OAKLEY_14
    draft.ciphers += ":DHE-RSA-AES128-GCM-SHA256"


@fault("tls:dh-1024")
def dh_1024(draft: TlsDraft, _: Context) -> None:
    """Diffie-Hellman keys on finite fields have 1024 bits."""
    draft.security_level = 1
    draft.key, draft.dh_prime = "rsa-2048", _OAKLEY_2
    draft.ciphers += ":DHE-RSA-AES128-GCM-SHA256"


@fault("tls:suite-cbc")
def suite_cbc(draft: TlsDraft, _: Context) -> None:
    """A cipher suite in CBC mode is used without encrypt_then_mac."""
    draft.ciphers += ":ECDHE-ECDSA-AES128-SHA256"


@fault("tls:prefers-static-rsa")
def prefers_static_rsa(draft: TlsDraft, _: Context) -> None:
    """A cipher suite with RSA key transport is preferred to those with forward secrecy."""
    draft.key = "rsa-2048"
    draft.ciphers = f"AES128-GCM-SHA256:{RECOMMENDED}"


@fault("tls:prefers-cbc")
def prefers_cbc(draft: TlsDraft, _: Context) -> None:
    """A cipher suite in CBC mode is preferred to those with AES-GCM."""
    draft.key = "rsa-2048"
    draft.ciphers = f"ECDHE-RSA-AES128-SHA256:{RECOMMENDED}"


@fault("tls:suite-missing")
def suite_missing(draft: TlsDraft, _: Context) -> None:
    """Of the recommended cipher suites that fit the certificate, only that with AES-256 is supported."""
    draft.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"


# Extensions, names, keys


@fault("tls:without-extended-master-secret")
def without_extended_master_secret(draft: TlsDraft, _: Context) -> None:
    """There is no extended_master_secret in TLS 1.2."""
    draft.extended_master_secret = False


@fault("tls:no-alpn")
def no_alpn(draft: TlsDraft, _: Context) -> None:
    """Application protocols are not negotiated."""
    draft.protocols = ()


@fault("tls:any-protocol")
def any_protocol(draft: TlsDraft, _: Context) -> None:
    """Connections for none but unknown application protocols are set up."""
    draft.any_protocol = True


@fault("tls:any-name")
def any_name(draft: TlsDraft, _: Context) -> None:
    """Connections for names of other hosts are set up."""
    draft.any_name = True


@fault("tls:without-x25519")
def without_x25519(draft: TlsDraft, _: Context) -> None:
    """P-256 is the only curve for key exchanges."""
    draft.only_curve = "prime256v1"


@fault("tls:certificate-rsa-1024")
def certificate_rsa_1024(draft: TlsDraft, _: Context) -> None:
    """The certificate has an RSA key of 1024 bits."""
    draft.key, draft.security_level = "rsa-1024", 1


@fault("tls:certificate-p-384")
def certificate_p_384(draft: TlsDraft, _: Context) -> None:
    """The certificate has a key on P-384."""
    draft.key = "p-384"


@fault("tls:certificate-sha-1")
def certificate_sha_1(draft: TlsDraft, _: Context) -> None:
    """The certificate is signed with SHA-1, and so are handshakes of clients that want it."""
    draft.digest, draft.security_level = "sha-1", 0


@fault("tls:handshake-sha-1")
def handshake_sha_1(draft: TlsDraft, _: Context) -> None:
    """Handshakes are signed with SHA-1 where a client wants it."""
    draft.security_level = 0


# Without TLS


@fault("tls:also-plain")
def also_plain(draft: TlsDraft, _: Context) -> None:
    """Everything is served over plain http as well, on the same port."""
    draft.also_plain = True


@fault("authorization-response:transport-security-missing")
def transport_security_missing(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response does not tell browsers to stay with TLS."""
    response.headers.pop("Strict-Transport-Security", None)


@fault("authorization-response:transport-security-over")
def transport_security_over(response: AuthorizationResponse, _: Context) -> None:
    """The authorization response tells browsers that TLS may be left off."""
    if "Strict-Transport-Security" in response.headers:
        response.headers["Strict-Transport-Security"] = "max-age=0"
