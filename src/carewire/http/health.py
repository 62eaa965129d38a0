"""Health, readiness and metrics. Public answers say up or down, never an address or a version."""

import asyncio
import os
import time
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from carewire.errors import Refusal
from carewire.gateway.workers import METRICS_FOLDER
from carewire.jobs import rows
from carewire.metrics import JOBS_DEAD, JOBS_OLDEST_SECONDS, JOBS_OPEN, JOBS_RETRIED, JOBS_RUNNING
from carewire.node import Node
from carewire.providers import spending

CHECK_TIMEOUT_S = 1.0
JOBS_LATE_S = 60.0


class Health(msgspec.Struct, frozen=True):
    """One part's health; `latency_ms` is of the check just made."""

    status: Literal["ok", "down", "degraded"]
    latency_ms: Annotated[float | None, msgspec.Meta(description="Milliseconds")] = None


class Services(msgspec.Struct, frozen=True):
    """Health of the parts this node leans on."""

    status: Literal["ok", "down", "degraded"]
    db: Health
    redis: Health
    jobs: Health


def _node(state: State) -> Node:
    node: Node = state.node
    return node


async def _check_db(node: Node) -> Health:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await node.db.ping()
    except (Refusal, TimeoutError):
        return Health("down")
    return Health("ok", round((time.perf_counter() - started) * 1000, 2))


async def _check_redis(node: Node) -> Health:
    """Redis away makes pushes slower, not lossy: degraded."""
    if node.redis is None:
        return Health("ok")
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await node.redis.ping()
    except Exception:
        return Health("degraded")
    return Health("ok" if node.broker.connected else "degraded", round((time.perf_counter() - started) * 1000, 2))


async def _check_jobs(node: Node) -> Health:
    """Jobs that nobody takes are waited for, not lost: degraded. Also what `/metrics` says of them."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S), node.db.snapshot() as tx:
            counts = await rows.count(tx, node.clock.now())
            await spending.measure(tx, node.settings, node.clock.real_now())
    except (Refusal, TimeoutError):
        return Health("down")
    JOBS_OPEN.set(counts.open)
    JOBS_RUNNING.set(counts.running)
    JOBS_RETRIED.set(counts.retried)
    JOBS_DEAD.set(counts.dead)
    JOBS_OLDEST_SECONDS.set(counts.oldest_s)
    late = counts.oldest_s / node.clock.rate > JOBS_LATE_S
    return Health("degraded" if late else "ok", round((time.perf_counter() - started) * 1000, 2))


def _answer(health: Any) -> Response[Any]:
    return Response(health, status_code=503 if health.status == "down" else 200, headers={"cache-control": "no-store"})


@get("/api/v1/health", summary="This process is alive")
async def alive() -> Health:
    """Answers as long as the process runs; says nothing of its parts."""
    return Health("ok")


@get("/api/v1/health/ready", summary="May traffic come here?")
async def ready(state: State) -> Response[Health]:
    """503 while starting, stopping, or without the database."""
    node = _node(state)
    return _answer(await _check_db(node) if node.ready else Health("down"))


@get("/api/v1/health/db", summary="PostgreSQL answers")
async def db(state: State) -> Response[Health]:
    """One query, within a second."""
    return _answer(await _check_db(_node(state)))


@get("/api/v1/health/redis", summary="Redis answers")
async def redis(state: State) -> Response[Health]:
    """`degraded` when it does not: pushes between nodes then take up to a second."""
    return _answer(await _check_redis(_node(state)))


@get("/api/v1/health/services", summary="All parts at once")
async def services(state: State) -> Response[Services]:
    """The worst of the parts is the status of the whole."""
    node = _node(state)
    at_db, at_redis, jobs = await asyncio.gather(_check_db(node), _check_redis(node), _check_jobs(node))
    worst = [h.status for h in (at_db, at_redis, jobs)]
    status: Literal["ok", "down", "degraded"] = (
        "down" if "down" in worst else "degraded" if "degraded" in worst else "ok"
    )
    return _answer(Services(status, at_db, at_redis, jobs))


def _collect() -> bytes:
    """The metrics of this process; with siblings those of all: they share a folder (see `gateway/workers.py`)."""
    if METRICS_FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@get("/metrics", media_type=CONTENT_TYPE_LATEST, include_in_schema=True, summary="Prometheus metrics")
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sockets, commands by name and outcome, hints, joins, jobs. No label ever holds a person."""
    await _check_jobs(_node(request.app.state))
    return Response(await asyncio.to_thread(_collect), media_type=CONTENT_TYPE_LATEST)


HEALTH = [alive, ready, db, redis, services, metrics]
