"""What a file really is, by its bytes. The list is closed, so the signatures are a few lines and no library's guess.

A file that is two things at once (an image that is also an archive, a record that is also a program) is what
attackers send. Pictures are painted anew and keep nothing else, no place and no camera either. PDF and DICOM are kept
to the byte, since signatures hang on that, and refused where they carry a second format or a program.
"""

import re
from typing import Final

from channels.media.errors import UnsafeFile, WrongContent
from channels.media.nouns import DICOM, JPEG, LIMITS, PDF, PNG, WEBP, MediaKind

HEAD_BYTES: Final = 1024
"""Enough of the beginning to know what it is."""
_OVERLAP: Final = 64
_TAIL_BYTES: Final = 66_000
"""An archive ends with its directory's record, at most so far from the end (PKWARE APPNOTE 4.3.16)."""

# ISO 32000-1: 12.6.4.16 actions of scripts, 12.6.4.5 of programs, 7.11.4 files inside, 13.6 rich media. Names may be
# written with #xx for any character (7.3.5), so both forms are looked for. Shorter names than these turn up by chance
# in what is compressed; what compression hides is why a download is never shown in the product's own origin.
_LIVELY: Final = ("JavaScript", "Launch", "EmbeddedFile", "RichMedia")


def _name(word: str) -> bytes:
    letters = (f"(?:{re.escape(c)}|#{ord(c):02x}|#{ord(c):02X})" for c in word)
    return b"/" + "".join(letters).encode() + rb"(?![A-Za-z0-9])"


_PDF_LIVELY: Final = re.compile(b"|".join(_name(word) for word in _LIVELY))
_MARKUP: Final = re.compile(rb"<\s*(?:!doctype\s+html|html|script|svg|iframe)", re.IGNORECASE)
_ARCHIVE_END: Final = b"PK\x05\x06"


def recognise(head: bytes) -> str | None:
    """The media type of a file that begins like this, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if re.match(rb"%PDF-[12]\.[0-9]", head):
        return PDF
    if head[128:132] == b"DICM":
        return DICOM
    return None


def check_kind(kind: MediaKind, head: bytes) -> str:
    """The media type, if this kind takes it. Raises `WrongContent`."""
    mime = recognise(head)
    taken = LIMITS[kind].mimes
    if mime not in taken:
        raise WrongContent(takes=sorted(taken))
    return mime


class Inspection:
    """Looks at a PDF or DICOM file piece by piece while it goes by."""

    def __init__(self, mime: str, head: bytes) -> None:
        self._mime = mime
        self._tail = b""
        if _MARKUP.search(head):
            raise UnsafeFile("The file begins as a page")
        if mime == DICOM:
            # PS3.10, 7.1: the preamble is for anybody's use, so also for a program's beginning. Only none, or TIFF's.
            preamble = head[:128]
            if any(preamble) and preamble[:4] not in (b"II*\x00", b"MM\x00*"):
                raise UnsafeFile("The file begins with another format")

    def look(self, piece: bytes) -> None:
        """One more piece. Raises `UnsafeFile`."""
        seam = self._tail[-_OVERLAP:] + piece
        if self._mime == PDF and _PDF_LIVELY.search(seam):
            raise UnsafeFile("The document holds a program or a file")
        self._tail = (self._tail + piece)[-_TAIL_BYTES:]

    def end(self) -> None:
        """That was all. Raises `UnsafeFile`."""
        if _ARCHIVE_END in self._tail:
            raise UnsafeFile("The file is an archive, too")
        if self._mime == PDF and b"%%EOF" not in self._tail[-1024:]:
            raise UnsafeFile("The document does not end where it should")
