"""What the platform's own tables keep of a person: events, receipts, jobs, letters. Erased beside those of domains.

Text about a person stands there inside of documents. A name may be that of many, so it is taken out only of documents
that also hold one of her ids; a number or an address is hers wherever it stands.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec

from carewire import personal
from carewire.jobs.vault import Vault
from carewire.personal import Subject, harmless, holds
from carewire.store.db import Tx

ERASED: Final = "—"
"""What stands where a name or number stood."""
_BATCH: Final = 500

holds("mailbox", whose="address = ANY($3)", personal={"address": None, "subject": None, "body": None})
holds(
    "receipt", whose="account = ANY($1)", personal={"result": None, "doors": None}, secret={"input", "result", "doors"}
)

harmless("house_intent", "ref", "secret", "currency", "problem", why="development plays with it; no money, no person")
harmless("house_refund", "ref", why="the gateway's name of an intent")
harmless("receipt", "command", "input", why="a name from the code, a digest")
harmless("event", "topic", "name", why="ids and names from the code")
harmless("event", "payload", why="erased by `traces.erase`, and gone after a week")
harmless("event", "day", why="when it was told")
harmless("topic_head", "topic", why="ids")
harmless("job", "name", "key", "problem", "proof", why="names from the code, ids, keyed digests")
harmless("job", "payload", why="erased by `traces.erase`; sealed where it is personal, wiped when it is done")
harmless("letter_count", "day", why="how many letters left in a day")
harmless("letter", "channel", "kind", "ref", why="words from the code, and what a gateway calls a letter")
harmless("webhook_event", "gateway", "event_id", why="a name from the code, and what a gateway calls an event")
harmless("schedule", "name", "plan", why="names from the code")
harmless(
    "audit",
    "month",
    "command",
    "noun",
    "why",
    "reason",
    "input",
    "address",
    "agent",
    "hash",
    why="names from the code; the audit holds ids and digests",
)
harmless("audit_seal", "leaves", "epoch", "key", why="digests")
harmless("saga_step", "saga", "step", "why", why="words from the code")
harmless("migration", "name", "digest", why="names of files")


async def erase(tx: Tx, subject: Subject, vault: Vault) -> None:
    """Take a person out of what was told, answered and planned. Before her rows are wiped: they say where to look."""
    topics = await personal.collect(tx, subject, "topics")
    ids = {str(one) for one in (*subject.accounts, *subject.patients)} | await personal.collect(tx, subject, "ids")
    words = {*subject.addresses, *subject.names}
    await _erase_events(tx, topics, ids, words)
    await _erase_replies(tx, ids, words)
    await _erase_jobs(tx, ids | set(subject.addresses), vault)


async def _erase_events(tx: Tx, topics: Collection[str], ids: Collection[str], words: Collection[str]) -> None:
    """The events stay, so that no offset is missing; the words in them go."""
    rows = await tx.fetch('SELECT topic, "offset", payload FROM event WHERE topic = ANY($1)', sorted(topics))
    for row in rows:
        if (cleaned := without(row["payload"], ids, words)) is not None:
            await tx.execute(
                'UPDATE event SET payload = $3 WHERE topic = $1 AND "offset" = $2', row["topic"], row["offset"], cleaned
            )


async def _erase_replies(tx: Tx, ids: Collection[str], words: Collection[str]) -> None:
    """Replies that others got and may get again with their keys; her own receipts go as rows."""
    marks = [mark.encode() for mark in ids]
    rows = await tx.fetch(
        "SELECT account, command, key, result FROM receipt WHERE result IS NOT NULL"
        " AND EXISTS (SELECT FROM unnest($1::bytea[]) mark WHERE position(mark IN result) > 0)",
        marks,
    )
    for row in rows:
        if (cleaned := without(row["result"], ids, words)) is not None:
            await tx.execute(
                "UPDATE receipt SET result = $4 WHERE account = $1 AND command = $2 AND key = $3",
                row["account"],
                row["command"],
                row["key"],
                cleaned,
            )


async def _erase_jobs(tx: Tx, marks: Collection[str], vault: Vault) -> None:
    """Work about her that is still to be done is not done any more; what was given up is wiped."""
    last = None
    while rows := await tx.fetch(
        "SELECT id, name, payload, secret FROM job WHERE payload IS NOT NULL AND name <> 'user.erasure_due'"
        " AND (secret OR EXISTS (SELECT FROM unnest($3::bytea[]) mark WHERE position(mark IN payload) > 0))"
        " AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2 FOR UPDATE",
        last,
        _BATCH,
        [mark.encode() for mark in marks],
    ):
        last = rows[-1]["id"]
        hers = [row["id"] for row in rows if not row["secret"] or _mentions(row, marks, vault)]
        await tx.execute(
            "UPDATE job SET payload = NULL, claim = NULL, ended_at = coalesce(ended_at, now()),"
            " state = CASE WHEN state IN ('open', 'dead') THEN 'discarded' ELSE state END WHERE id = ANY($1)",
            hers,
        )


def _mentions(row: Any, marks: Collection[str], vault: Vault) -> bool:
    try:
        opened = vault.open(row["name"], row["payload"])
    except ValueError:
        return False  # sealed under another secret: nobody here reads it, ever
    return any(mark.encode() in opened for mark in marks)


def without(document: bytes, ids: Collection[str], words: Collection[str]) -> bytes | None:
    """A JSON document without these words, or None where it has none of them, or is about nobody of these ids."""
    if not any(one.encode() in document for one in ids):
        return None
    whole = msgspec.json.decode(document)
    cleaned = _clean(whole, frozenset(words))
    return None if cleaned == whole else msgspec.json.encode(cleaned)


def _clean(value: Any, words: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _clean(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one, words) for one in value]
    if isinstance(value, str):
        if value in words:
            return ERASED
        for word in words:  # inside of a text: "Priya Sharma asks you …"
            if len(word) > 3 and word in value:
                value = value.replace(word, ERASED)
    return value
