"""Reading a body piece by piece, so that what a few kilobytes inflate to never stands in memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from parcelwise.errors import GiveUp, RetryLater

#: What we say we understand. Brotli is left out: its decoder cannot be stopped at a cap in every version.
ACCEPT_ENCODING = "gzip, deflate"


def read_body(pieces: Iterable[bytes], encoding: str, cap: int, host: str, *, cut: bool = False) -> bytes:
    """The decoded body. GiveUp past ``cap`` bytes (raw or inflated), RetryLater when it is damaged or cut off.

    ``cut``: past ``cap`` bytes the rest is left unread instead.
    """
    inflate = _decoder(encoding, host)
    body = bytearray()
    raw = 0
    try:
        for piece in pieces:
            raw += len(piece)
            body += inflate.feed(piece, cap - len(body) + 1)
            if max(raw, len(body)) > cap:
                if cut:
                    return bytes(body[:cap])
                raise GiveUp(f"The answer of {host} is larger than {cap:,} bytes and was not read to its end.")
        inflate.end()
    except (zlib.error, EOFError) as error:
        raise RetryLater(f"The compressed answer of {host} is damaged: {error}.") from error
    return bytes(body)


def _decoder(encoding: str, host: str) -> _Plain | _Inflate:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Inflate(zlib.MAX_WBITS | 16)
        case "deflate":
            return _Inflate(None)
        case other:
            raise GiveUp(f"{host} answered in the encoding “{other}”, which was not asked for.")


class _Plain:
    def feed(self, piece: bytes, room: int) -> bytes:
        return piece

    def end(self) -> None: ...


class _Inflate:
    """zlib with a limit on each step. ``wbits`` None: deflate, which servers send with and without zlib's header."""

    def __init__(self, wbits: int | None) -> None:
        self._wbits = wbits
        self._zlib = None if wbits is None else zlib.decompressobj(wbits)
        self._start = b""

    def feed(self, piece: bytes, room: int) -> bytes:
        """What ``piece`` inflates to, at most ``room`` bytes of it."""
        if self._zlib is None:
            piece = self._start = self._start + piece
            if len(piece) < 2:
                return b""
            # RFC 1950 section 2.2: method 8, and the first two bytes are a multiple of 31.
            wrapped = piece[0] & 0x0F == 8 and (piece[0] << 8 | piece[1]) % 31 == 0
            self._zlib = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        out = bytearray()
        while piece and len(out) < room:
            if self._zlib.eof:
                if self._wbits is None:
                    break
                self._zlib = zlib.decompressobj(self._wbits)  # gzip allows several members in a row
            out += self._zlib.decompress(piece, room - len(out))
            piece = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        return bytes(out)

    def end(self) -> None:
        if self._zlib is None or not self._zlib.eof:
            raise EOFError("it ends too early")
