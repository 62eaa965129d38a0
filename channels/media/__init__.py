"""Files people upload, and who may read them.

A *media* is one uploaded file: an image, a document or a medical record, checked by content, kept in the storage. It
is *loose* and its uploader's alone until a command *attaches* it to a thing (a verification, a record, a message);
from then on who may read the thing may read the file, and nobody else. It is read by a *link* that lives for minutes
and asks for the right again when it is used.
"""

from channels.media.downloads import send
from channels.media.nouns import MIMES, MediaKind
from channels.media.uploads import Taken, take

__all__ = ["MIMES", "MediaKind", "Taken", "send", "take"]
