"""Gateways of a load test: they report on what the run itself left with them, in any order and some of it again; and
beside them somebody who guesses signatures.

They sign as the real ones do, so the server has to know the secret: docs/guide/load-test.md says which.
"""

import itertools
import os
import random
import secrets
from collections import deque
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from locust import HttpUser, between, task

from carewire.providers import tracking, twilio_reports
from carewire.settings import variable_of
from load.users import TOWN

SMS_TOKEN: Final = os.environ.get(variable_of("sms_tokens"), "").partition(",")[0].strip()
PUBLIC: Final = os.environ.get(variable_of("public_url"), "").rstrip("/")
"""The server's address as it knows itself, where that is another than the one we load."""
KNOWN_MAX: Final = 1_000
"""Reports that may be sent again."""

Report = tuple[str, dict[str, str]]
"""A path with its query, and a form."""


class GatewayUser(HttpUser):
    """Whoever calls webhooks: each call is told apart by what it must be answered."""

    abstract = True
    wait_time = between(0.05, 0.3)

    def say(self, name: str, path: str, body: bytes, headers: dict[str, str], expect: int) -> None:
        """POST; another answer than the expected one is a failure."""
        asked: Any = self.client.post(path, data=body, headers=headers, name=name, catch_response=True)
        with asked as answer:
            if answer.status_code == expect:
                answer.success()
            else:
                answer.failure(f"{answer.status_code} where {expect} was due")

    @property
    def public(self) -> str:
        """What gateways know the server as."""
        return PUBLIC or str(self.environment.host).rstrip("/")


class Twilio(GatewayUser):
    """Reports how far the codes came that the others of this process asked for; one in twenty does not arrive."""

    abstract = not SMS_TOKEN
    weight = 3

    def on_start(self) -> None:
        """Nothing was reported yet."""
        self.reported: deque[Report] = deque(maxlen=KNOWN_MAX)
        self.turns = itertools.count()

    @task
    def call(self) -> None:
        """What is new; every third time something known as well, and every tenth time somebody guesses."""
        turn = next(self.turns)
        if TOWN.letters:
            self._report(TOWN.letters.popleft())
        if turn % 3 == 2 and self.reported:
            self._send(random.choice(self.reported), "/webhooks/twilio, again")
        if turn % 10 == 1:
            told = f"/webhooks/{tracking.GATEWAY}", _form("SM" + secrets.token_hex(16), "read")
            self._send(told, "/webhooks/twilio, forged", token="a guess")

    def _report(self, letter: str) -> None:
        reports = list(_ways(letter))
        random.shuffle(reports)
        for told in reports:
            self._send(told, "/webhooks/twilio")
            self.reported.append(told)

    def _send(self, told: Report, name: str, token: str = "") -> None:
        path, form = told
        signature = twilio_reports.signature(token or SMS_TOKEN, self.public + path, list(form.items()))
        headers = {"content-type": twilio_reports.FORM, "x-twilio-signature": signature}
        self.say(name, path, urlencode(form).encode(), headers, 400 if token else 200)


def _ways(letter: str) -> Iterator[Report]:
    sid = "SM" + secrets.token_hex(16)
    end = random.choices(("delivered", "undelivered"), (19, 1))[0]
    for status in ("queued", "sent", end):
        yield (
            f"/webhooks/{tracking.GATEWAY}?letter={letter}",
            _form(sid, status, "30003" if status == "undelivered" else ""),
        )


def _form(sid: str, status: str, problem: str = "") -> dict[str, str]:
    form = {"MessageSid": sid, "MessageStatus": status, "To": "+15005550009", "ApiVersion": "2010-04-01"}
    return form | {"ErrorCode": problem} if problem else form
