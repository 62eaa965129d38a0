"""A test's result over HTTP: a form with the file becomes the published report."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath, HeaderParameter

from carewire.errors import Field, InvalidParams, Refusal
from carewire.http import routes
from channels.lab.views import LabReportView
from channels.media import MediaKind, take


@routes.route
@post(
    "/api/v1/lab-tests/{lab_test_id:uuid}/result",
    status_code=201,
    request_max_body_size=None,
    summary="Send the result of a laboratory test in",
)
async def result(
    request: Request[Any, Any, Any],
    lab_test_id: FromPath[UUID],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
) -> Response[Any]:
    """A multipart form: the file, and the params of `lab_test.submit_result` as fields, `values` as JSON."""
    try:
        taken = await take(request, MediaKind.MEDICAL_RECORD, idempotency_key)
        params: dict[str, Any] = dict(taken.fields)
        if "values" in params:
            try:
                params["values"] = msgspec.json.decode(params["values"])
            except msgspec.DecodeError:
                raise InvalidParams(fields=(Field("$.values", "is no JSON"),)) from None
        params |= {"lab_test_id": lab_test_id, "media_ids": [taken.media.id], "idempotency_key": taken.key}
        report = await routes.run(request, "lab_test.take_result", taken.actor, params, LabReportView)
    except Refusal as refusal:
        return routes.refuse(refusal)
    return Response(report, status_code=201, headers={"cache-control": "no-store"})
