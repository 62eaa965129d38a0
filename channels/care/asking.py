"""A desk asks for a relationship, and the patient tells a code that only her phone shows, or confirms in the app."""

import hmac
import math
import secrets
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import RateLimited
from carewire.providers.letters import SendSmsSecret
from channels.care.errors import NoNumber
from channels.care.facts import RELATION_ASKED
from channels.care.lifecycle import RELATIONSHIP
from channels.care.nouns import RelationState
from channels.identity import access as identity
from channels.identity.errors import CodeGone, WrongCode

TTL: Final = timedelta(minutes=10)
PAUSE: Final = timedelta(seconds=30)
TRIES: Final = 5
CODES_A_DAY: Final = 5

CODE_TEXT: Final = {
    "en": "{code} lets {place} see your allergies and medicines. Tell it to the desk only if you want that.",
    "hi": "{code}: यह कोड बताने पर {place} आपकी एलर्जी और दवाएँ देख सकेगा। चाहें तभी काउंटर पर बताएँ।",
    "ar": "{code} يتيح لـ {place} الاطلاع على الحساسيات والأدوية. أخبر المكتب به فقط إن أردت ذلك.",
}

# Her own number, or of who acts for her. What a desk typed counts only where it is nobody's who works there: else he
# who asks would read the code himself.
_NUMBER: Final = """
SELECT phone, locale FROM (
    SELECT a.phone, a.locale, (g.kind <> 'self')::int AS rank, g.since FROM guarding g
      JOIN account a ON a.id = g.account_id AND a.state = 'active' AND a.phone IS NOT NULL
     WHERE g.patient_id = $1 AND a.id <> $3
       AND NOT EXISTS (SELECT FROM doctor d WHERE d.account_id = a.id AND d.id = $2)
    UNION ALL SELECT p.phone, 'en', 2, p.created_at FROM patient p
     WHERE p.id = $1 AND p.phone IS NOT NULL AND NOT EXISTS (SELECT FROM guarding g WHERE g.patient_id = p.id)
       AND NOT EXISTS (SELECT FROM account a WHERE a.phone = p.phone AND (a.id = $3
            OR EXISTS (SELECT FROM membership m WHERE m.account_id = a.id AND m.place_id = $4 AND m.until IS NULL)
            OR EXISTS (SELECT FROM doctor d LEFT JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = $4
                            AND f.state IN ('accepted', 'ended')
                        WHERE d.account_id = a.id AND (d.id = $2 OR f.id IS NOT NULL))))
) n ORDER BY rank, since LIMIT 1"""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way to the patient's number. A relationship that stands is renewed by it."""

    id: UUID
    state: RelationState
    expires_at: datetime
    resend_after_s: int


async def ask(ctx: Ctx, patient_id: UUID, doctor_id: UUID | None, place_id: UUID) -> Asked:
    """Ask the patient's side for a relationship. Whoever calls has checked that the caller may: at his own place.

    Raises `NoNumber`, and `RateLimited` after a few codes a day.
    """
    number = await ctx.tx.fetchrow(_NUMBER, patient_id, doctor_id, ctx.actor.id, place_id)
    if number is None:
        raise NoNumber()
    row = await _lock(ctx, patient_id, doctor_id, place_id)
    state = RelationState(row["state"])
    if state is not RelationState.STANDING:
        state = RELATIONSHIP.move(state, "ask")
        await ctx.tx.execute(
            "UPDATE relationship SET state = $2, asked_by = $3, ended_at = NULL WHERE id = $1",
            row["id"],
            state,
            ctx.actor.id,
        )
    code = f"{secrets.randbelow(10**6):06d}"
    waits = await _keep(ctx, row["id"], code)
    if waits is not None:
        return Asked(id=row["id"], state=state, expires_at=waits["expires_at"], resend_after_s=waits["wait_s"])
    expires_at = ctx.real_now + TTL
    place: str = await ctx.tx.fetchval("SELECT name FROM place WHERE id = $1", place_id)
    text = CODE_TEXT.get(number["locale"].split("-", 1)[0], CODE_TEXT["en"]).format(code=code, place=place)
    ctx.enqueue(SendSmsSecret(to=number["phone"], text=text, expires_at=expires_at), key=f"relation:{row['id']}")
    for _, account_id in await identity.acting_for(ctx.tx, [patient_id]):
        ctx.notify(account_id, RELATION_ASKED, row["id"], occasion=str(ctx.now.date()), place=place)  # once a day
    return Asked(id=row["id"], state=state, expires_at=expires_at, resend_after_s=int(PAUSE.total_seconds()))


async def _lock(ctx: Ctx, patient_id: UUID, doctor_id: UUID | None, place_id: UUID) -> Any:
    """The relationship's row, made if need be, locked."""
    return await ctx.tx.fetchrow(
        "INSERT INTO relationship (patient_id, doctor_id, place_id, state, asked_by) VALUES ($1, $2, $3, 'asked', $4)"
        " ON CONFLICT (patient_id, doctor_id, place_id) DO UPDATE SET place_id = EXCLUDED.place_id"
        " RETURNING id, state",
        patient_id,
        doctor_id,
        place_id,
        ctx.actor.id,
    )


async def _keep(ctx: Ctx, relation_id: UUID, code: str) -> dict[str, Any] | None:
    """Keep the new code; an answer instead when the last one is too young. Raises `RateLimited`."""
    now = ctx.real_now
    last = await ctx.tx.fetchrow("SELECT * FROM relationship_code WHERE relationship_id = $1 FOR UPDATE", relation_id)
    counted_from, sent = now, 1
    if last is not None:
        waits = last["sent_at"] + PAUSE - now
        if last["used_at"] is None and waits > timedelta(0):
            return {"expires_at": last["expires_at"], "wait_s": math.ceil(waits.total_seconds())}
        if now < last["counted_from"] + timedelta(days=1):
            counted_from, sent = last["counted_from"], last["sent"] + 1
        if sent > CODES_A_DAY:
            raise RateLimited(after_ms=int((counted_from + timedelta(days=1) - now).total_seconds() * 1000))
    await ctx.tx.execute(
        "INSERT INTO relationship_code (relationship_id, digest, sent_at, expires_at, counted_from, sent)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (relationship_id) DO UPDATE SET digest = EXCLUDED.digest,"
        " sent_at = EXCLUDED.sent_at, expires_at = EXCLUDED.expires_at, counted_from = EXCLUDED.counted_from,"
        " sent = EXCLUDED.sent, tries = 0, used_at = NULL",
        relation_id,
        _digest(ctx, relation_id, code),
        now,
        now + TTL,
        counted_from,
        sent,
    )
    return None


async def use_code(ctx: Ctx, relation_id: UUID, code: str) -> None:
    """Spend the code of a relationship. Raises `CodeGone`, or `WrongCode` (counted)."""
    row = await ctx.tx.fetchrow("SELECT * FROM relationship_code WHERE relationship_id = $1 FOR UPDATE", relation_id)
    if row is None or row["used_at"] is not None or row["expires_at"] <= ctx.real_now or row["tries"] >= TRIES:
        raise CodeGone()
    if not hmac.compare_digest(_digest(ctx, relation_id, code), row["digest"]):
        await ctx.tx.execute("UPDATE relationship_code SET tries = tries + 1 WHERE relationship_id = $1", relation_id)
        refusal = WrongCode(tries_left=TRIES - row["tries"] - 1)
        refusal.keep = True  # a try that is rolled back is a try for free
        raise refusal
    await ctx.tx.execute("UPDATE relationship_code SET used_at = $2 WHERE relationship_id = $1", relation_id, ctx.now)


def _digest(ctx: Ctx, relation_id: UUID, code: str) -> bytes:
    return identity.seal_code(ctx.settings, "relationship", relation_id.bytes, code)
