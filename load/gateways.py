"""Gateways of a load test: they report on what the run itself left with them, in any order and some of it again; and
beside them somebody who guesses signatures.

They sign as the real ones do, so the server has to know the secret: docs/guide/load-test.md says which.
"""

import itertools
import os
import random
import secrets
from collections import deque
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

import msgspec
from locust import HttpUser, between, task

from carewire.money import Money
from carewire.providers import house, tracking, twilio_reports
from carewire.providers.payments import Heard, Intent, IntentState
from carewire.settings import Settings, variable_of
from load.users import TOWN

SMS_TOKEN: Final = os.environ.get(variable_of("sms_tokens"), "").partition(",")[0].strip()
SECRET: Final = os.environ.get(variable_of("secret"), "")
"""The deployment's: from it development's payment gateway makes its own."""
PUBLIC: Final = os.environ.get(variable_of("public_url"), "").rstrip("/")
"""The server's address as it knows itself, where that is another than the one we load."""
KNOWN_MAX: Final = 1_000
"""Reports that may be sent again."""


class Said(NamedTuple):
    """What a gateway says: to which path, and its body before it is signed."""

    path: str
    body: bytes


class GatewayUser(HttpUser):
    """Whoever calls webhooks: each call is told apart by what it must be answered."""

    abstract = True
    wait_time = between(0.05, 0.3)
    path: ClassVar[str]
    content_type: ClassVar[str]

    def on_start(self) -> None:
        """Nothing was said yet."""
        self.said: deque[Said] = deque(maxlen=KNOWN_MAX)
        self.turns = itertools.count()

    def news(self) -> list[Said]:
        """What happened that nobody was told."""
        raise NotImplementedError

    def lie(self) -> Said:
        """Something that somebody would like to be true."""
        raise NotImplementedError

    def sign(self, said: Said, secret: str) -> dict[str, str]:
        """The header of the signature."""
        raise NotImplementedError

    @task
    def call(self) -> None:
        """What is new, in any order; every third time something known again, every tenth time somebody guesses."""
        turn = next(self.turns)
        news = self.news()
        random.shuffle(news)
        for said in news:
            self._post(said, self.path)
            self.said.append(said)
        if turn % 3 == 2 and self.said:
            self._post(random.choice(self.said), f"{self.path}, again")
        if turn % 10 == 1:
            self._post(self.lie(), f"{self.path}, forged", forged=True)

    def _post(self, said: Said, name: str, *, forged: bool = False) -> None:
        """Another answer than the one that is due is a failure."""
        headers = {"content-type": self.content_type, **self.sign(said, "a guess" if forged else "")}
        due = 400 if forged else 200
        asked: Any = self.client.post(said.path, data=said.body, headers=headers, name=name, catch_response=True)
        with asked as answer:
            if answer.status_code == due:
                answer.success()
            else:
                answer.failure(f"{answer.status_code} where {due} was due")

    @property
    def public(self) -> str:
        """What gateways know the server as."""
        return PUBLIC or str(self.environment.host).rstrip("/")


class Twilio(GatewayUser):
    """Reports how far the codes came that the others of this process asked for; one in twenty does not arrive."""

    abstract = not SMS_TOKEN
    weight = 3
    path = f"/webhooks/{tracking.GATEWAY}"
    content_type = twilio_reports.FORM

    def news(self) -> list[Said]:
        """All there is to say of one letter."""
        if not TOWN.letters:
            return []
        path, sid = f"{self.path}?letter={TOWN.letters.popleft()}", "SM" + secrets.token_hex(16)
        end, problem = random.choices((("delivered", ""), ("undelivered", "30003")), (19, 1))[0]
        return [Said(path, _form(sid, "queued")), Said(path, _form(sid, "sent")), Said(path, _form(sid, end, problem))]

    def lie(self) -> Said:
        """A letter was read that there is none of."""
        return Said(self.path, _form("SM" + secrets.token_hex(16), "read"))

    def sign(self, said: Said, secret: str) -> dict[str, str]:
        """Over the address and the form."""
        form = parse_qsl(said.body.decode(), keep_blank_values=True)
        return {"x-twilio-signature": twilio_reports.signature(secret or SMS_TOKEN, self.public + said.path, form)}


def _form(sid: str, status: str, problem: str = "") -> bytes:
    form = {"MessageSid": sid, "MessageStatus": status, "To": "+15005550009", "ApiVersion": "2010-04-01"}
    return urlencode(form | {"ErrorCode": problem} if problem else form).encode()


class House(GatewayUser):
    """The gateway that development plays tells of what the others of this process paid, beside what it tells itself."""

    abstract = not SECRET
    weight = 3
    path = house.PATH
    content_type = "application/json"

    def news(self) -> list[Said]:
        """Of one payment that its money came."""
        if not TOWN.paid:
            return []
        paid = TOWN.paid.popleft()
        return [self._completed(paid.intent, UUID(paid.payment_id), msgspec.convert(paid.money, Money))]

    def lie(self) -> Said:
        """Money came that nobody sent."""
        return self._completed("hi_" + secrets.token_hex(16), uuid4(), Money(amount=50_000, currency="INR"))

    def _completed(self, intent: str, payment_id: UUID, money: Money) -> Said:
        now = datetime.now(UTC)
        moved = Intent(ref=intent, payment_id=payment_id, state=IntentState.COMPLETED, money=money, at=now)
        heard = Heard(id=f"he_{uuid4().hex}", kind="intent.completed", intent=moved)
        return Said(self.path, msgspec.json.encode(heard))

    def sign(self, said: Said, secret: str) -> dict[str, str]:
        """Over the body, as of now."""
        settings = Settings(secret=secret or SECRET)
        return {house.HEADER: house.signed(settings, said.body.decode(), datetime.now(UTC))}
