"""The client itself; see `carewire.client`."""

import asyncio
import time
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import msgspec

from carewire.client.link import Link
from carewire.client.refused import PAUSE_S, Backoff, Lost, Refused, pause_before
from carewire.client.subscription import Subscription
from carewire.client.tokens import Changed, Tokens
from carewire.client.topics import Topics
from carewire.client.wire import Then, Wire
from carewire.ids import uuid7

T = TypeVar("T")

PATIENCE_S: Final = 60.0
HEARTBEAT_S: Final = 20.0


class Client:
    """One principal's socket. Use it as a context manager, or `open` and `close` it.

    - `access_token`, `refresh_token`: from an earlier run; `tokens_changed(access, refresh)` is called with each new
      pair, so that they can be kept (both None after `logout`).
    - `reconnect=False`: the first lost socket is the end.
    - `patience_s`: how long a request may take, with all its retries and reconnects, before it raises `Lost`.
    - `heartbeat_s`: a silent socket is given up after twice this.
    - `pause_s`: the bounds of the first and of the longest pause between tries to connect.
    """

    def __init__(
        self,
        url: str,
        *,
        access_token: str | None = None,
        refresh_token: str | None = None,
        tokens_changed: Changed | None = None,
        reconnect: bool = True,
        patience_s: float = PATIENCE_S,
        heartbeat_s: float = HEARTBEAT_S,
        pause_s: tuple[float, float] = PAUSE_S,
    ) -> None:
        self.patience_s = patience_s
        self._link = Link(
            url,
            greet=self._greet,
            hear=self._hear,
            adopted=self._adopted,
            ended=self._ended,
            reconnect=reconnect,
            heartbeat_s=heartbeat_s,
            backoff=Backoff(*pause_s),
        )
        self._topics = Topics(self._until_answered, lambda: self._link.wire, self._link.spawn)
        self._tokens = Tokens(
            access_token,
            refresh_token,
            changed=tokens_changed,
            server_now=self.server_now,
            ready=self._link.ready,
            spawn=self._link.spawn,
        )

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, and log in when there is a token. Raises `OSError` or `Refused` when that does not work now."""
        await self._link.open()

    async def close(self) -> None:
        """End for good: requests under way raise `Lost`, loops over topics end."""
        self._tokens.stop()
        self._topics.end_all(StopAsyncIteration())
        await self._link.close()

    # --- what is known -------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it connects."""
        return self._link.url

    @url.setter
    def url(self, url: str) -> None:
        """The next socket goes there."""
        self._link.url = url

    @property
    def welcome(self) -> dict[str, Any]:
        """What the server of the last socket said of itself: version, node, limits, clock."""
        return self._link.welcome

    @property
    def reconnects(self) -> int:
        """How often another socket replaced the first."""
        return max(0, self._link.adoptions - 1)

    @property
    def access_token(self) -> str | None:
        """The newest."""
        return self._tokens.access

    @property
    def refresh_token(self) -> str | None:
        """The newest. It is good once."""
        return self._tokens.refresh

    def server_now(self) -> float:
        """The server's time in Unix seconds, as well as we know it."""
        return time.time() + self._link.skew_s

    def new_key(self) -> UUID:
        """An idempotency key: a UUIDv7 (RFC 9562) dated by the server's clock."""
        return uuid7(self.server_now())

    # --- asking --------------------------------------------------------------------------------------------------

    async def call(self, method: str, **params: Any) -> Any:
        """Send once, whatever happens: for methods that keep no receipts (logins). `ConnectionError`: nobody knows."""
        return await self._once(method, params)

    async def query(self, method: str, **params: Any) -> Any:
        """Ask, again if the socket goes; a query changes nothing."""
        return await self._until_answered(method, params)

    async def command(self, method: str, **params: Any) -> Any:
        """Have the effect exactly once: sent with a key, again until there is a final answer.

        Pass `idempotency_key=client.new_key()` to be able to repeat it yourself after `Lost`.
        """
        params.setdefault("idempotency_key", self.new_key())
        return await self._until_answered(method, params)

    async def ask(self, returns: type[T], method: str, **params: Any) -> T:
        """`query` with the answer converted to a type."""
        return msgspec.convert(await self.query(method, **params), returns, strict=False)

    async def _once(self, method: str, params: dict[str, Any], then: Then | None = None) -> Any:
        try:
            async with asyncio.timeout(self.patience_s):
                return await (await self._link.ready()).request(method, params, then)
        except TimeoutError:
            raise Lost(f"{method} had no answer within {self.patience_s:g} s") from None

    async def _until_answered(self, method: str, params: dict[str, Any], then: Then | None = None) -> Any:
        """Ask again after refusals that say so and after lost sockets, until the patience ends."""
        deadline = time.monotonic() + self.patience_s
        attempt = 0
        try:
            async with asyncio.timeout(self.patience_s):
                while True:
                    wire = await self._link.ready()
                    try:
                        return await wire.request(method, params, then)
                    except Refused as refused:
                        pause = pause_before(refused.retry, attempt)
                        if pause is None or time.monotonic() + pause > deadline:
                            raise
                        attempt += 1
                        await asyncio.sleep(pause)
                    except ConnectionError:
                        continue
        except TimeoutError:
            raise Lost(f"{method} had no answer within {self.patience_s:g} s") from None

    # --- login ---------------------------------------------------------------------------------------------------

    async def login_with_code(self, phone: str, code: str, **more: Any) -> dict[str, Any]:
        """`auth.otp_verify`; ask for the code first with `call("auth.otp_send", phone=…)`."""
        return await self._log_in("auth.otp_verify", {"phone": phone, "code": code, **more})

    async def login(self, email: str, password: str) -> dict[str, Any]:
        """`auth.login`."""
        return await self._log_in("auth.login", {"email": email, "password": password})

    async def _log_in(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._once(method, params, lambda _, login: self._tokens.keep(login))
        return answer

    async def authenticate(self, access_token: str, refresh_token: str | None = None) -> None:
        """Use tokens (or a display's credential) from elsewhere."""
        await self._tokens.adopt(await self._link.ready(), access_token, refresh_token)

    async def refresh(self) -> None:
        """Renew the tokens now instead of in time. A lost reply is repaired on the next socket."""
        if self._tokens.refresh is None:
            raise ValueError("there is no refresh token")
        try:
            async with asyncio.timeout(self.patience_s):
                await self._tokens.renew()
        except TimeoutError:
            raise Lost(f"auth.refresh had no answer within {self.patience_s:g} s") from None

    async def logout(self, *, everywhere: bool = False) -> None:
        """End this login (or all of the account's): the tokens are dead and forgotten, loops over topics end."""
        await self._once("auth.logout", {"all": everywhere})
        self._tokens.forget()
        self._topics.end_all(StopAsyncIteration())

    # --- topics --------------------------------------------------------------------------------------------------

    async def subscribe(self, topic: str) -> Subscription:
        """Follow a topic; the first change is a `Snapshot`. Raises `Refused` without the right."""
        return await self._topics.follow(topic)

    async def open_screen(self, query: str, **params: Any) -> dict[str, Subscription]:
        """Follow the topics that a query answers, in one round trip; those one may not hear are left out."""
        return await self._topics.open(query, params)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Stop following."""
        await self._topics.leave(subscription)

    # --- what the link tells -------------------------------------------------------------------------------------

    async def _greet(self, wire: Wire) -> None:
        await self._tokens.log_in(wire)
        await self._topics.resume(wire)

    def _adopted(self, wire: Wire) -> None:
        self._topics.adopted(wire)

    def _ended(self, why: Exception) -> None:
        self._tokens.stop()
        self._topics.end_all(why)

    def _hear(self, wire: Wire, name: str, params: dict[str, Any]) -> None:
        if name == "auth:expiring":
            if wire is self._link.wire:
                self._tokens.expiring(params["expires_at"])
        else:
            self._topics.hear(wire, name, params)
