"""E-mail over SMTP (RFC 5321). The Message-ID is made from the job, so a mail sent twice is one to readers who compare.

`smtps://` speaks TLS from the start (port 465), `smtp://` must upgrade by STARTTLS (port 587) except on this machine.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPConnectTimeoutError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from carewire.ids import made_at
from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Temporary

TIMEOUT_S: Final = 8.0
HERE: Final = ("127.0.0.1", "::1", "localhost")


class Smtp:
    """One mail server. The URL holds user, password and `from`."""

    def __init__(self, url: SplitResult) -> None:
        self._tls = url.scheme == "smtps"
        self._host = url.hostname or ""
        self._port = url.port or (465 if self._tls else 587)
        self._user = unquote(url.username) if url.username else None
        self._password = unquote(url.password) if url.password else None
        self._from = parse_qs(url.query)["from"][0]

    async def send_email(self, trip: Trip, to: str, subject: str, text: str) -> str:
        """The Message-ID. Raises `Temporary` or `Permanent`."""
        message = self._message(trip, to, subject, text)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=None if self._tls or self._host in HERE else True,
                timeout=TIMEOUT_S,
            )
        except SMTPRecipientsRefused as refused:
            raise _problem(refused.recipients[0].code, "bad_address") from None
        except SMTPAuthenticationError:
            raise Temporary("credentials") from None
        except SMTPResponseException as refused:
            raise _problem(refused.code, "refused") from None
        except (SMTPConnectError, SMTPConnectTimeoutError):
            raise Temporary("unreachable") from None
        except (SMTPException, OSError):
            raise Temporary("no_answer", unclear=True) from None
        return str(message["Message-ID"])

    def _message(self, trip: Trip, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        try:
            message["To"] = Address(addr_spec=to)
        except (ValueError, IndexError):
            raise Permanent("bad_address") from None
        message["From"] = self._from
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(made_at(trip.ref))
        message["Message-ID"] = f"<{trip.ref}@{self._from.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice comes back
        message.set_content(text)
        return message


def _problem(code: int, word: str) -> Temporary | Permanent:
    """4yz is a no for now, 5yz for good (RFC 5321, 4.2.1)."""
    return Permanent(word) if code >= 500 else Temporary("deferred")
