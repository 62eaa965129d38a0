"""All topics of a client: following, leaving, resuming, starting over.

A topic has one source at a time, the socket whose answer was applied last; what another socket says about it is not
heard. So a topic that moves from socket to socket is neither doubled nor torn.
"""

import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from carewire.client.refused import Refused, pause_before
from carewire.client.subscription import Subscription
from carewire.client.wire import Then, Wire

NOT_FOUND = {"code": 404, "message": "the right to this topic ended", "data": {"reason": "not_found", "retry": "never"}}


class Ask(Protocol):
    """Asks until there is a final answer."""

    async def __call__(self, method: str, params: dict[str, Any], then: Then | None = None) -> Any:
        """Raises `Refused` or `ConnectionError`."""


class Topics:
    """See the module."""

    def __init__(
        self, ask: Ask, current: Callable[[], Wire | None], spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._ask, self._current, self._spawn = ask, current, spawn
        self._followed: dict[str, Subscription] = {}
        self._restarting: set[Subscription] = set()

    # --- following -----------------------------------------------------------------------------------------------

    async def follow(self, topic: str) -> Subscription:
        """Begin; the answer is applied before the event that may stand right behind it."""
        if topic in self._followed:
            raise ValueError(f"{topic} is followed already; close that subscription first")
        subscription = self._followed[topic] = Subscription(topic, self.leave)
        try:
            await self._ask("topic.subscribe", {"topic": topic}, self._applying(subscription))
        except BaseException as error:
            self._drop(subscription)
            if not isinstance(error, Refused):
                self._spawn(self._quit(topic))  # the server may have heard us
            raise
        return subscription

    async def open(self, query: str, params: dict[str, Any]) -> dict[str, Subscription]:
        """Begin with all topics that a query answers; one that was followed already starts over from its snapshot."""
        opened: dict[str, Subscription] = {}

        def apply(wire: Wire, answer: Any) -> None:
            for name, place in answer["topics"].items():
                if "error" in place:
                    continue
                subscription = self._followed.setdefault(name, Subscription(name, self.leave))
                opened[name] = subscription
                subscription.put_answer(wire, answer["epoch"], place)
                if wire is not self._current():
                    self._begin_again(subscription)

        await self._ask("topic.open", {"query": query, "params": params}, apply)
        return opened

    async def leave(self, subscription: Subscription) -> None:
        """Stop; the loop over it ends."""
        if self._drop(subscription):
            subscription.end(StopAsyncIteration())
            await self._quit(subscription.topic)

    def end_all(self, error: Exception) -> None:
        """Nothing more comes on any topic."""
        followed, self._followed = self._followed, {}
        for subscription in followed.values():
            subscription.end(error)

    def _drop(self, subscription: Subscription) -> bool:
        if self._followed.get(subscription.topic) is not subscription:
            return False
        del self._followed[subscription.topic]
        subscription.source = None
        return True

    async def _quit(self, topic: str) -> None:
        """Tell the socket in use. Without one there is nothing to end, and a refusal changes nothing."""
        wire = self._current()
        if wire is None or topic in self._followed:
            return
        await _quit_on(wire, topic)

    def _applying(self, subscription: Subscription) -> Then:
        def apply(wire: Wire, answer: Any) -> None:
            if self._followed.get(subscription.topic) is not subscription:
                self._spawn(self._quit(subscription.topic))
                return
            subscription.put_answer(wire, answer["epoch"], answer)
            if wire is not self._current():
                self._begin_again(subscription)  # we moved while the answer was under way

        return apply

    # --- hearing -------------------------------------------------------------------------------------------------

    def hear(self, wire: Wire, name: str, params: dict[str, Any]) -> None:
        """An event, or a notice about a topic."""
        subscription = self._followed.get(params.get("topic", ""))
        if subscription is None or subscription.source is not wire:
            return
        if name == "topic:ended":
            self._drop(subscription)
            subscription.end(Refused(NOT_FOUND))
        elif name == "topic:resync" or not subscription.put_event(name, params):
            self._begin_again(subscription)

    def _begin_again(self, subscription: Subscription) -> None:
        subscription.start_over()
        # One at a time: the server answers a subscribe that another one overtook as if the right were gone.
        if subscription not in self._restarting:
            self._restarting.add(subscription)
            self._spawn(self._start_over(subscription))

    async def _start_over(self, subscription: Subscription) -> None:
        try:
            while self._followed.get(subscription.topic) is subscription:
                try:
                    await self._ask("topic.subscribe", subscription.place(), self._applying(subscription))
                except Refused as refused:
                    if self._drop(subscription):
                        subscription.end(refused)
                except ConnectionError:
                    continue  # either the client has ended and with it the subscription, or it is tried again
                if self._current() in (None, subscription.source):
                    return  # without a socket the next one resumes
        finally:
            self._restarting.discard(subscription)

    # --- another socket ------------------------------------------------------------------------------------------

    async def resume(self, wire: Wire) -> None:
        """Take all topics to a new socket, each from its own offset; the old one may go on bringing them meanwhile."""
        known = {name: s for name, s in self._followed.items() if s.offset is not None}
        for epoch in {s.epoch for s in known.values()}:
            places = {name: s.offset for name, s in known.items() if s.epoch == epoch}

            def apply(wire: Wire, answer: Any) -> None:
                for name, place in answer["topics"].items():
                    self._place(wire, known[name], answer["epoch"], place)

            await wire.request("socket.resume", {"epoch": epoch, "topics": places}, apply)

    def _place(self, wire: Wire, subscription: Subscription, epoch: str, place: dict[str, Any]) -> None:
        if self._followed.get(subscription.topic) is not subscription:
            if subscription.topic not in self._followed:
                self._spawn(_quit_on(wire, subscription.topic))
        elif "error" not in place:
            subscription.put_answer(wire, epoch, place)
        elif pause_before((refused := Refused(place["error"])).retry) is None:
            self._drop(subscription)
            subscription.end(refused)
        else:
            subscription.source = None  # `adopted` sees to it

    def adopted(self, wire: Wire) -> None:
        """This socket is the one in use now: take along what began on the old one after `resume` had looked."""
        for subscription in self._followed.values():
            if subscription.offset is not None and subscription.source is not wire:
                self._begin_again(subscription)


async def _quit_on(wire: Wire, topic: str) -> None:
    with contextlib.suppress(ConnectionError, Refused):
        await wire.request("topic.unsubscribe", {"topic": topic})
