"""When a desk-made record turns out to be hers, or turns out not to be: what was opened by it, and what is shown."""

from typing import Any

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.care import access, summary
from channels.care.events import BackgroundChanged, SummaryChanged
from channels.care.merging import merging_changed
from channels.care.nouns import EntryKind
from channels.identity import access as identity
from channels.identity.events import ClaimChanged


@consumer(ClaimChanged, emits={SummaryChanged, BackgroundChanged})
async def follow(ctx: Ctx, job: ClaimChanged) -> None:
    """Tell who follows the record, look again at who may; what a claim let somebody grant goes with the claim."""
    claim = await ctx.tx.fetchrow(
        "SELECT patient_id, into_id, account_id, undone_at FROM patient_claim WHERE id = $1", job.claim_id
    )
    if claim is None:
        return
    records = [claim["patient_id"], *([claim["into_id"]] if claim["into_id"] else [])]
    await ctx.tx.execute("SELECT FROM patient WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", records)
    parties = await access.readers_of(ctx, records)
    if claim["undone_at"] is not None:
        await _take_back(ctx, claim)
    await access.readers_changed(ctx, parties)
    for kind in (EntryKind.ALLERGY, EntryKind.CONDITION):
        for record in records:
            await summary.tell(ctx, record, kind, follow=False)
    if claim["into_id"] is not None:
        merging_changed(ctx, claim["patient_id"], claim["into_id"])


async def _take_back(ctx: Ctx, claim: Any) -> None:
    """Who acted for the record only by this claim granted nothing in her name."""
    if await identity.guards(ctx.tx, claim["account_id"], claim["patient_id"]) is not None:
        return
    await ctx.tx.execute(
        "UPDATE consent SET revoked_at = greatest(granted_at, $3) WHERE patient_id = $1 AND granted_by = $2"
        " AND revoked_at IS NULL",
        claim["patient_id"],
        claim["account_id"],
        ctx.now,
    )
    await ctx.tx.execute(
        "UPDATE relationship SET state = 'ended', ended_at = $3, expected_until = NULL WHERE patient_id = $1"
        " AND made_by = $2 AND state = 'standing'",
        claim["patient_id"],
        claim["account_id"],
        ctx.now,
    )
