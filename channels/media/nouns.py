"""The closed lists of this domain, and the limits of each kind. A test holds the lists against the database."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

MIB: Final = 1024 * 1024


class MediaKind(StrEnum):
    """What an upload is for; it decides what is taken, and how large."""

    IMAGE = "image"
    """A picture to be shown, e.g. of a person or a clinic."""
    DOCUMENT = "document"
    """A licence, a certificate, an attachment."""
    MEDICAL_RECORD = "medical_record"
    """A patient's own papers: a report, a prescription, an X-ray."""


class UploadState(StrEnum):
    """How far an upload is."""

    RECEIVING = "receiving"
    STORED = "stored"
    REFUSED = "refused"


JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
PDF: Final = "application/pdf"
DICOM: Final = "application/dicom"

MIMES: Final = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", PDF: ".pdf", DICOM: ".dcm"}
"""What is kept at all, each with the ending a download gets."""
PICTURES: Final = frozenset({JPEG, PNG, WEBP})


class Limits(msgspec.Struct, frozen=True):
    """What a kind takes."""

    max_bytes: int
    mimes: frozenset[str]


LIMITS: Final = {
    MediaKind.IMAGE: Limits(10 * MIB, PICTURES),
    MediaKind.DOCUMENT: Limits(20 * MIB, PICTURES | {PDF}),
    MediaKind.MEDICAL_RECORD: Limits(50 * MIB, PICTURES | {PDF, DICOM}),
}
PIXELS_MAX: Final = 40_000_000
"""A picture of a few kilobytes can unpack to gigabytes."""
LOOSE_MAX: Final = 100
"""Files of one account that are attached to nothing."""

FileName = Annotated[str, Meta(min_length=1, max_length=120)]
Size = Annotated[int, Meta(ge=1, le=max(kind.max_bytes for kind in LIMITS.values()))]
Bytes = Annotated[int, Meta(ge=0, le=2**40)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Path = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[0-9a-z/_-]+$")]
Token = Annotated[str, Meta(min_length=1, max_length=200)]
