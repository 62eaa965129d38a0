"""Structured logs: one JSON object a line on stderr, or readable lines on a terminal. Never a payload, never a person.

Log calls name what happened and add ids, counts and classes of errors. Keys that could carry what people wrote are
taken out here as a second fence, and counted so that somebody notices.
"""

import logging
import sys
from typing import Any, Final

import structlog

from carewire import metrics
from carewire.settings import Settings

FORBIDDEN: Final = frozenset(
    {
        "params",
        "payload",
        "result",
        "frame",
        "text",
        "body",
        "token",
        "password",
        "code",
        "phone",
        "email",
        "name",
        "sql",
    }
)


def _fence(logger: Any, method: str, entry: Any) -> Any:
    for key in FORBIDDEN.intersection(entry):
        metrics.LOG_KEYS_FENCED.inc()
        entry[key] = "…"
    return entry


def configure_logs(settings: Settings) -> None:
    """Set up logging for this process."""
    level = logging.getLevelNamesMapping()[settings.log.upper()]
    last: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _fence,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(message)s")
