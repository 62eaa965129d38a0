"""How files are refused. Those of the body's form stand in `carewire.http.intake`."""

from carewire.errors import Refusal


class WrongContent(Refusal, code=415, reason="wrong_content"):
    """The file is none of what this kind takes; `takes` names it. Its content counts, not its name."""


class UnsafeFile(Refusal, code=422, reason="unsafe_file"):
    """The file holds more than it shows: a second format, a program, a picture too large to unpack."""


class TooManyFiles(Refusal, code=409, reason="too_many_files"):
    """You have uploaded as many files as may be attached to nothing; delete some."""


class FileInUse(Refusal, code=409, reason="file_in_use"):
    """The file belongs to something; what it belongs to decides about it."""


class StorageUnavailable(Refusal, code=503, reason="storage_unavailable", retry="same"):
    """The files are out of reach for the moment; nothing was changed."""
