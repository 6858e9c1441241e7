"""Reads what a server answers to a hello, as far as that is in the clear (RFC 5246 section 7, RFC 8446 4.1.3).

The bytes are anybody's: what is malformed raises :class:`TlsError`, and nothing is kept beyond a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.tls import hello as words
from harness.tls import suites
from harness.tls.hello import Hello

MOST_BYTES = 200_000
"""Bytes of one answer; no chain of certificates is as long."""
_RECORD = 16_384 + 2_048
_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE, _DONE = 2, 11, 12, 14
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest (RFC 8446 section 4.1.3)."""
_FATAL = 2
_CLOSE_NOTIFY = 0
ALERTS = {
    10: "unexpected_message",
    20: "bad_record_mac",
    40: "handshake_failure",
    47: "illegal_parameter",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    109: "missing_extension",
    112: "unrecognized_name",
    120: "no_application_protocol",
}


class TlsError(Exception):
    """The bytes are no answer of a TLS server; the message says why."""


@dataclass(frozen=True)
class KeyExchange:
    """A ServerKeyExchange.

    Attributes:
        curve: code point of the named curve; ``None`` with finite fields or a curve without name.
        dh_bits: length of the prime of finite fields; ``None`` with curves.
        signature: code point of the signature scheme, which TLS 1.2 says.

    """

    curve: int | None = None
    dh_bits: int | None = None
    signature: int | None = None


@dataclass
class Answer:
    """What a server has answered so far.

    Attributes:
        version: what was chosen; ``None`` before the ServerHello.
        suite: code point of the chosen suite.
        compressed: whether a compression was chosen.
        extensions: data by the extension's code point.
        certificates: the chain in DER, the server's own first; TLS 1.3 sends it encrypted.
        key_exchange: what TLS 1.2 and before say of the key exchange.
        finished: whether the server has sent all that it sends in the clear before the client goes on.
        alert: code point of the alert by which it refused.

    """

    version: int | None = None
    suite: int = 0
    compressed: bool = False
    extensions: Mapping[int, bytes] = field(default_factory=dict)
    certificates: tuple[bytes, ...] = ()
    key_exchange: KeyExchange | None = None
    finished: bool = False
    alert: int | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is waited for."""
        return self.finished or self.alert is not None

    @property
    def group(self) -> int | None:
        """The curve of the key exchange, in whichever version."""
        shared = self.extensions.get(words.KEY_SHARE, b"")
        if self.version == words.TLS_1_3:
            return int.from_bytes(shared[:2], "big") if len(shared) >= 2 else None
        return self.key_exchange.curve if self.key_exchange else None

    @property
    def protocol(self) -> str | None:
        """The application protocol that was chosen, where that is in the clear."""
        data = self.extensions.get(words.ALPN, b"")
        return data[3:].decode("ascii", "replace") if len(data) > 3 else None


class Reading:
    """Reads the answer to one hello, piece by piece.

    Args:
        asked: what was offered; a server that takes anything else sets no connection up.

    """

    def __init__(self, asked: Hello) -> None:
        self.answer = Answer()
        self._asked = asked
        self._records = bytearray()
        self._messages = bytearray()
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take further bytes; those after the end of the answer are ignored.

        Raises:
            TlsError: it is no answer of a TLS server to this hello.

        """
        self._count += len(data)
        if self._count > MOST_BYTES:
            raise TlsError(f"the answer is longer than {MOST_BYTES} bytes")
        self._records += data
        if self._asked.versions == (words.SSL_2,) and self._records[:1] not in (
            bytearray(),
            bytearray(b"\x15"),
            bytearray(b"\x16"),
        ):
            self._read_ssl_2()
            return
        while not self.answer.over and (record := self._record()) is not None:
            kind, content = record
            if kind == _ALERT:
                self._take_alert(content)
            elif kind == _HANDSHAKE:
                self._messages += content
                while not self.answer.over and (message := self._message()) is not None:
                    self._take(*message)
            else:
                raise TlsError(f"a record of the type {kind} instead of a handshake")

    def _record(self) -> tuple[int, bytes] | None:
        held = self._records
        if held and held[0] not in (_ALERT, _HANDSHAKE, 20, 23):
            raise TlsError(f"no TLS: the answer begins with {bytes(held[:16])!r}")
        if len(held) < 5:
            return None
        if held[1] != 3:
            raise TlsError("a record of an unknown version")
        size = int.from_bytes(held[3:5], "big")
        if size > _RECORD:
            raise TlsError("a record that is longer than TLS allows")
        if len(held) < 5 + size:
            return None
        record = held[0], bytes(held[5 : 5 + size])
        del held[: 5 + size]
        return record

    def _message(self) -> tuple[int, bytes] | None:
        held = self._messages
        if len(held) < 4:
            return None
        size = int.from_bytes(held[1:4], "big")
        if size > MOST_BYTES:
            raise TlsError("a handshake message that is too long")
        if len(held) < 4 + size:
            return None
        message = held[0], bytes(held[4 : 4 + size])
        del held[: 4 + size]
        return message

    def _take_alert(self, content: bytes) -> None:
        if len(content) != 2:
            raise TlsError("a malformed alert")
        level, description = content
        # Of a name that it does not know, a server may merely warn (RFC 6066 section 3).
        if level == _FATAL or description == _CLOSE_NOTIFY:
            self.answer.alert = description

    def _take(self, kind: int, body: bytes) -> None:
        answer = self.answer
        if kind == _SERVER_HELLO and answer.version is None:
            self._take_hello(Cursor(body))
        elif answer.version is None:
            raise TlsError("a handshake that does not begin with a ServerHello")
        elif kind == _CERTIFICATE:
            answer.certificates = _certificates(Cursor(body))
        elif kind == _KEY_EXCHANGE:
            answer.key_exchange = _key_exchange(Cursor(body), answer)
        elif kind == _DONE:
            answer.finished = True

    def _take_hello(self, body: Cursor) -> None:
        answer, asked = self.answer, self._asked
        version, random = body.number(2), body.bytes(32)
        body.bytes(body.number(1))
        answer.suite = body.number(2)
        answer.compressed = body.number(1) != 0
        answer.extensions = _extensions(body)
        chosen = answer.extensions.get(words.SUPPORTED_VERSIONS)
        if chosen is not None:
            version = int.from_bytes(chosen, "big")
        self._agree(version)
        answer.version = version
        if version == words.TLS_1_3:
            answer.finished = True
        elif random == _RETRY:
            raise TlsError("a HelloRetryRequest outside TLS 1.3")
        if answer.compressed and not asked.compression:
            raise TlsError("a compression that was not offered")

    def _agree(self, version: int) -> None:
        asked = self._asked
        # Who offers no TLS 1.3 says the highest version only, and takes the older ones that it offers with it.
        if version not in asked.versions and not (words.SSL_3 <= version < min(asked.versions) <= words.TLS_1_2):
            raise TlsError(f"the version {version:#06x}, which was not offered")
        if self.answer.suite not in asked.suites:
            raise TlsError(f"the cipher suite {suites.name(self.answer.suite)}, which was not offered")
        if (self.answer.suite in suites.TLS_1_3) != (version == words.TLS_1_3):
            raise TlsError("a cipher suite of another version")

    def _read_ssl_2(self) -> None:
        held = self._records
        if len(held) >= 2 and not held[0] & 0x80:
            raise TlsError("no SSL 2")
        if len(held) < 13:
            return
        if held[2] != 4 or int.from_bytes(held[5:7], "big") != words.SSL_2:
            self.answer.alert = 0
            return
        if int.from_bytes(held[9:11], "big"):  # how many bytes of cipher suites both have
            self.answer.version = words.SSL_2
            self.answer.finished = True
        else:
            self.answer.alert = 0


class Cursor:
    """Reads numbers and bytes one after another.

    Raises:
        TlsError: there are fewer than asked for (each method).

    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._place

    def bytes(self, count: int) -> bytes:
        """Give the next bytes."""
        if count > self.left:
            raise TlsError("a message that breaks off")
        self._place += count
        return self._data[self._place - count : self._place]

    def number(self, size: int) -> int:
        """Give the next number of ``size`` bytes."""
        return int.from_bytes(self.bytes(size), "big")

    def part(self, size: int) -> Cursor:
        """Give what follows its own length of ``size`` bytes."""
        return Cursor(self.bytes(self.number(size)))


def _extensions(body: Cursor) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    if body.left:
        every = body.part(2)
        while every.left:
            kind = every.number(2)
            if kind in found:
                raise TlsError(f"the extension {kind} twice")
            found[kind] = every.bytes(every.number(2))
    return found


def _certificates(body: Cursor) -> tuple[bytes, ...]:
    every = body.part(3)
    found = []
    while every.left:
        found.append(every.bytes(every.number(3)))
    return tuple(found)


def _key_exchange(body: Cursor, answer: Answer) -> KeyExchange:
    way = suites.key_exchange(answer.suite)
    curve = bits = None
    if way == "ecdhe":
        if body.number(1) != 3:
            # A curve that is written out; nothing but its key follows that matters here.
            return KeyExchange()
        curve = body.number(2)
        body.part(1)
    elif way == "dhe":
        bits = int.from_bytes(body.bytes(body.number(2)), "big").bit_length()
        body.part(2)
        body.part(2)
    else:
        return KeyExchange()
    signed = answer.version == words.TLS_1_2 and body.left >= 2
    return KeyExchange(curve, bits, body.number(2) if signed else None)
