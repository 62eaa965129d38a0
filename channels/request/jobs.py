"""What a request does by itself when time passes or it was given up."""

from carewire.command import Ctx
from carewire.jobs.job import consumer
from channels.request import access
from channels.request.sagas import REQUEST_SAGA, RequestUnwinds


@consumer(RequestUnwinds)
async def unwind(ctx: Ctx, job: RequestUnwinds) -> None:
    """Undo one step; the root is locked first, as by everybody who moves a request."""
    await access.locked(ctx.tx, job.request_id)
    await REQUEST_SAGA.unwind(ctx, job.request_id)
