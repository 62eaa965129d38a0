"""Records over HTTP, where bytes come and go: a form with a file becomes a record, and a record's file is read."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from carewire.errors import Field, InvalidParams, Refusal
from carewire.http import routes
from channels.media import MediaKind, send, take
from channels.media.access import Opened
from channels.record.events import MedicalRecordView

WORDS: Final = {"true": True, "false": False}


@routes.route
@post(
    "/api/v1/medical-records",
    status_code=201,
    request_max_body_size=None,
    summary="Keep a file as a medical record",
)
async def keep(
    request: Request[Any, Any, Any],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
) -> Response[Any]:
    """A multipart form: the file, and the params of `medical_record.create` as fields."""
    try:
        taken = await take(request, MediaKind.MEDICAL_RECORD, idempotency_key)
        params: dict[str, Any] = dict(taken.fields)
        if "is_shared_with_doctors" in params:
            said = params["is_shared_with_doctors"]
            if said not in WORDS:
                raise InvalidParams(fields=(Field("$.is_shared_with_doctors", "want true or false"),))
            params["is_shared_with_doctors"] = WORDS[said]
        params |= {"media_ids": [taken.media.id], "idempotency_key": taken.key}
        record = await routes.run(request, "medical_record.keep", taken.actor, params, MedicalRecordView)
    except Refusal as refusal:
        return routes.refuse(refusal)
    return Response(record, status_code=201, headers={"cache-control": "no-store"})


@routes.route
@get(
    "/api/v1/medical-records/{record_id:uuid}/download",
    opt={routes.AS_IT_IS: True},
    summary="Read a file of a medical record",
)
async def download(
    request: Request[Any, Any, Any],
    record_id: FromPath[UUID],
    media_id: Annotated[UUID | None, QueryParameter()] = None,
) -> Response[Any] | Stream:
    """The file as an attachment; of several the first, or the one that `media_id` names."""
    try:
        actor = await routes.authenticate(request)
        params = {"record_id": record_id, "media_id": media_id}
        return await send(request, await routes.run(request, "medical_record.open", actor, params, Opened))
    except Refusal as refusal:
        return routes.refuse(refusal)
