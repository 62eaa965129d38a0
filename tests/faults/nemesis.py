"""Does to the world what the schedule says."""

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Callable

from tests.faults.client import Client, Op, now
from tests.faults.proxy import Mischief
from tests.faults.schedule import Fault
from tests.faults.world import Gateway, World

STRIKE_S = 2.0
"""A gateway that was told to die at its next commit and commits nothing so long is let off."""
ARMED_S = STRIKE_S - 0.5
BURST = 320
"""Events at once: more than a resume replays."""
STUCK_BURSTS = 6
MISCHIEFS = {
    "hints_late": Mischief(late=0.5, delay_s=0.4),
    "hints_twice": Mischief(twice=0.5, late=0.3, delay_s=0.2),
    "hints_lost": Mischief(drop=0.6, late=0.1, delay_s=0.1),
}


class Nemesis:
    """`done` counts the faults that took place, by kind."""

    def __init__(self, world: World, clients: list[Client], say: Callable[[str], None]) -> None:
        self.world, self.clients, self._say = world, clients, say
        self.done: Counter[str] = Counter()
        self.restored_at: float | None = None
        self._stuck = asyncio.Lock()

    async def run(self, faults: list[Fault]) -> None:
        """Each fault at its time; those that need the same part wait for each other."""
        began = asyncio.get_running_loop().time()

        async def one(fault: Fault) -> None:
            await asyncio.sleep(began + fault.at_s - asyncio.get_running_loop().time())
            self._say(f"{fault.at_s:6.2f}s  {fault.kind} ({fault.target}, {fault.for_s} s)")
            await getattr(self, f"_{fault.kind}")(fault)
            self.done[fault.kind] += 1

        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(one(fault))

    def _gateway(self, fault: Fault) -> Gateway:
        return self.world.gateways[fault.target % len(self.world.gateways)]

    def _client(self, fault: Fault) -> Client:
        return self.clients[fault.target % len(self.clients)]

    # --- gateways ----------------------------------------------------------------------------------------------------
    async def _gateway_kill(self, fault: Fault) -> None:
        await self._kill_at(fault, ("", "claim", "reply")[fault.target % 3])

    async def _kill_before_commit(self, fault: Fault) -> None:
        await self._kill_at(fault, "before")

    async def _kill_after_commit(self, fault: Fault) -> None:
        await self._kill_at(fault, "after")

    async def _kill_at(self, fault: Fault, point: str) -> None:
        gateway = self._gateway(fault)
        async with gateway.lock:
            if point:
                gateway.arm("kill", point, ARMED_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STRIKE_S):
                        await gateway.ended()
            await gateway.kill()
            await asyncio.sleep(fault.for_s)
            await gateway.start_for_sure()

    async def _stop_before_commit(self, fault: Fault) -> None:
        await self._stop_at(fault, "before")

    async def _stop_after_commit(self, fault: Fault) -> None:
        await self._stop_at(fault, "after")

    async def _stop_at(self, fault: Fault, point: str) -> None:
        gateway = self._gateway(fault)
        async with gateway.lock:
            gateway.arm("stop", point, ARMED_S)
            try:
                async with asyncio.timeout(STRIKE_S):
                    while not gateway.frozen:  # noqa: ASYNC110 - the kernel tells nobody
                        await asyncio.sleep(0.01)
            except TimeoutError:
                gateway.send(signal.SIGSTOP)
            await asyncio.sleep(fault.for_s)
            gateway.send(signal.SIGCONT)

    async def _gateway_stop(self, fault: Fault) -> None:
        gateway = self._gateway(fault)
        async with gateway.lock:
            gateway.send(signal.SIGSTOP)
            await asyncio.sleep(fault.for_s)
            gateway.send(signal.SIGCONT)

    async def _rolling_restart(self, fault: Fault) -> None:
        for gateway in self.world.gateways:
            async with gateway.lock:
                await gateway.retire()
                await gateway.start_for_sure()

    # --- PostgreSQL --------------------------------------------------------------------------------------------------
    async def _postgres_crash(self, fault: Fault) -> None:
        async with self.world.postgres_lock:
            await self.world.postgres.kill()
            await asyncio.sleep(fault.for_s)
            await self.world.postgres.start()

    async def _back_up(self, fault: Fault) -> None:
        await self.world.back_up()

    async def _restore(self, fault: Fault) -> None:
        await self.world.restore()
        self.restored_at = now()

    async def _fail_over(self, fault: Fault) -> None:
        """A standby that follows, then hears nothing for a while, then takes over: what came in between is gone."""
        await self.world.stand_by()
        self.world.cut_standby()
        await asyncio.sleep(fault.for_s)
        await self.world.fail_over()
        self.restored_at = now()

    async def _postgres_cut(self, fault: Fault) -> None:
        self._gateway(fault).to_postgres.cut()

    async def _postgres_freeze(self, fault: Fault) -> None:
        proxy = self._gateway(fault).to_postgres
        proxy.freeze()
        await asyncio.sleep(fault.for_s)
        proxy.thaw()

    # --- Valkey ------------------------------------------------------------------------------------------------------
    async def _valkey_restart(self, fault: Fault) -> None:
        await self._valkey_away(fault)

    async def _valkey_away(self, fault: Fault) -> None:
        async with self.world.valkey_lock:
            await self.world.valkey.kill()
            await asyncio.sleep(fault.for_s)
            await self.world.valkey.start()

    async def _valkey_flush(self, fault: Fault) -> None:
        async with self.world.valkey_lock:
            _, writer = await asyncio.open_unix_connection(str(self.world.valkey_socket()))
            writer.write(b"FLUSHALL\r\n")
            await writer.drain()
            writer.close()

    async def _valkey_cut(self, fault: Fault) -> None:
        self._gateway(fault).to_valkey.cut()

    async def _valkey_freeze(self, fault: Fault) -> None:
        proxy = self._gateway(fault).to_valkey
        proxy.freeze()
        await asyncio.sleep(fault.for_s)
        proxy.thaw()

    async def _hints_late(self, fault: Fault) -> None:
        await self._mix(fault)

    async def _hints_twice(self, fault: Fault) -> None:
        await self._mix(fault)

    async def _hints_lost(self, fault: Fault) -> None:
        await self._mix(fault)

    async def _mix(self, fault: Fault) -> None:
        for gateway in self.world.gateways:
            gateway.to_valkey.mischief = MISCHIEFS[fault.kind]
        await asyncio.sleep(fault.for_s)
        for gateway in self.world.gateways:
            gateway.to_valkey.mischief = None

    # --- clients -----------------------------------------------------------------------------------------------------
    async def _client_cut_after_send(self, fault: Fault) -> None:
        self._client(fault).cut_after_send = True

    async def _client_cut_after_receive(self, fault: Fault) -> None:
        self._client(fault).cut_after_receive = True

    async def _client_frozen(self, fault: Fault) -> None:
        client = self._client(fault)
        client.freeze()
        await asyncio.sleep(fault.for_s)
        client.thaw()

    async def _client_stuck(self, fault: Fault) -> None:
        """It stops reading while more happens than the line and the gateway's queue hold: closed with 4102."""
        listening = [c for c in self.clients if any(topic.startswith("ledger:") for topic in c.wanted)]
        client = listening[fault.target % len(listening)]
        other = next(c for c in listening if c.account != client.account)
        ledger = next(topic for topic in client.wanted if topic.startswith("ledger:"))
        params = {"ledger_id": ledger.removeprefix("ledger:"), "times": BURST}
        bursts = [Op(other.account, "ledger.burst", params, marked=True) for _ in range(STUCK_BURSTS)]
        async with self._stuck:  # two of them, each working through the one the other froze, would never end
            client.freeze()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(fault.for_s))
                    group.create_task(self._perform(other, bursts))
            finally:
                client.thaw()

    @staticmethod
    async def _perform(client: Client, ops: list[Op]) -> None:
        for op in ops:
            await client.perform(op)

    async def _client_away(self, fault: Fault) -> None:
        """Away while more happens than a resume replays."""
        client, other = self._client(fault), self.clients[0]
        if client is other:
            client = self.clients[1]
        client.stay_away(fault.for_s)
        ledger = next((topic for topic in client.wanted if topic.startswith("ledger:")), None)
        if ledger is not None:
            params = {"ledger_id": ledger.removeprefix("ledger:"), "times": BURST}
            await other.perform(Op(other.account, "ledger.burst", params, marked=True))

    async def _clients_cut(self, fault: Fault) -> None:
        self._gateway(fault).front.cut()
