"""Finding one's way in the document: the payloads' inner schemas, for whatever is generated from it."""

from typing import Any, cast

from carewire.contract.schemas import REF

Schema = dict[str, Any]


def message_of(document: dict[str, Any], operation: str, *, reply: bool = False) -> dict[str, Any]:
    """The one message of an operation, or of its reply."""
    where = document["operations"][operation]
    reference: str = (where["reply"] if reply else where)["messages"][0]["$ref"]
    _, _, noun, _, key = reference.split("/", 4)
    return cast("dict[str, Any]", document["channels"][noun]["messages"][key])


def request_of(document: dict[str, Any], operation: str) -> Schema:
    """The params of a call."""
    return cast("Schema", message_of(document, operation)["payload"]["properties"]["params"])


def result_of(document: dict[str, Any], operation: str) -> Schema:
    """The result of a call."""
    answer = message_of(document, operation, reply=True)["payload"]["oneOf"][0]
    return cast("Schema", answer["properties"]["result"])


def params_of(document: dict[str, Any], operation: str) -> Schema:
    """The params of a notification the server sends."""
    return request_of(document, operation)


def example_of(document: dict[str, Any], operation: str, *, reply: bool = False) -> Any:
    """The example frame of an operation, or of its reply; None when there is none."""
    found = message_of(document, operation, reply=reply).get("examples")
    return found[0]["payload"] if found else None


def resolve(document: dict[str, Any], schema: Schema) -> Schema:
    """The component a schema refers to, or itself."""
    while reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.removeprefix(REF)]
    return schema
