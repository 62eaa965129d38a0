"""JSON-RPC 2.0 to the letter: one table of hostile frames with their answers, in order of precedence."""

# ruff: noqa: UP031 (JSON in format strings would need every brace twice)

import json
import random

import msgspec
import pytest

from carewire.errors import Field, InvalidParams, NotFound
from carewire.gateway import rpc, text

OPEN = '"jsonrpc":"2.0"'
CALL = '{"jsonrpc":"2.0","id":1,"method":"a.b"'


def codes(frame: str | bytes) -> list[tuple[int, object]]:
    """(code, id) of every ready-made answer."""
    return [(a["error"]["code"], a["id"]) for a in map(json.loads, rpc.parse(frame).answers)]


REFUSED: list[tuple[str, str, int, object]] = [
    ("nothing at all", "", -32700, None),
    ("half an object", '{"jsonrpc"', -32700, None),
    ("trailing characters", CALL + "} x", -32700, None),
    ("a byte order mark", "\ufeff" + CALL + "}", -32700, None),
    ("a number with a leading zero", '{"id":01}', -32700, None),
    ("a raw control character in text", '{"id":"a\x01"}', -32700, None),
    ("an unknown escape", '{"id":"\\x"}', -32700, None),
    ("NaN in an otherwise odd frame", CALL + ',"params":{"a":NaN,"b":1e999}}', -32700, None),
    ("Infinity beside half a surrogate pair", CALL + ',"params":{"a":"\\ud800","b":Infinity}}', -32700, None),
    ("a broken batch", "[" + CALL + ',"method"]', -32700, None),
    ("too deep", "[" * 33 + "]" * 33, -32600, None),
    ("too deep inside params", CALL + ',"params":{"a":' + "[" * 32 + "]" * 32 + "}}", -32600, None),
    ("deep and unclosed", "[" * 60_000, -32600, None),
    ("an empty batch", "[]", -32600, None),
    ("a batch of 51", "[" + ",".join([CALL + "}"] * 51) + "]", -32600, None),
    ("a number", "7", -32600, None),
    ("text", '"hello"', -32600, None),
    ("null", "null", -32600, None),
    ("an object with nothing in it", "{}", -32600, None),
    ("no method", "{%s}" % OPEN, -32600, None),
    ("no method but an id", '{%s,"id":"q"}' % OPEN, -32600, "q"),
    ("id true", '{%s,"id":true,"method":"a.b"}' % OPEN, -32600, None),
    ("id an array", '{%s,"id":[1],"method":"a.b"}' % OPEN, -32600, None),
    ("id an object", '{%s,"id":{"a":1},"method":"a.b"}' % OPEN, -32600, None),
    ("a huge id", '{%s,"id":"%s","method":"a.b"}' % (OPEN, "x" * 255), -32600, None),
    ("id with half a surrogate pair", '{%s,"id":"\\ud800","method":"a.b"}' % OPEN, -32600, None),
    ("a bad id before a bad version", '{"jsonrpc":"1.0","id":false,"method":"a.b"}', -32600, None),
    ("version 1.0", '{"jsonrpc":"1.0","id":1,"method":"a.b"}', -32600, 1),
    ("version as a number", '{"jsonrpc":2.0,"id":1,"method":"a.b"}', -32600, 1),
    ("no version", '{"id":1,"method":"a.b"}', -32600, 1),
    ("an invalid notification is answered", '{%s,"method":1,"params":"bar"}' % OPEN, -32600, None),
    ("method a number", '{%s,"id":1,"method":1}' % OPEN, -32600, 1),
    ("method null", '{%s,"id":1,"method":null}' % OPEN, -32600, 1),
    ("a method of 129 letters", '{%s,"id":1,"method":"%s"}' % (OPEN, "m" * 129), -32600, 1),
    ("params text", CALL + ',"params":"bar"}', -32600, 1),
    ("params null", CALL + ',"params":null}', -32600, 1),
    ("rpc. is reserved", '{%s,"id":1,"method":"rpc.discover"}' % OPEN, -32601, 1),
    ("rpc. is reserved before params are looked at", '{%s,"id":1,"method":"rpc.x","params":[1]}' % OPEN, -32601, 1),
    ("a null id is a request", '{%s,"id":null,"method":"rpc.x"}' % OPEN, -32601, None),
]


@pytest.mark.parametrize(("frame", "code", "identity"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_malformed_frame_gets_its_one_typed_answer(frame: str, code: int, identity: object) -> None:
    parsed = rpc.parse(frame)
    assert codes(frame) == [(code, identity)]
    assert (parsed.calls, parsed.dropped, parsed.refused) == ([], 0, 0)


FAULTS: list[tuple[str, str, str]] = [
    ("positional params", "[1]", "-"),
    ("empty positional params", "[]", "-"),
    ("U+0000 in text", '{"a":{"b":["x","\\u0000"]}}', "$.a.b[1]"),
    ("U+0000 in a name", '{"a":{"x\\u0000":1}}', "$.a"),
    ("an integer beyond int64", '{"a":9223372036854775808}', "$.a"),
    ("an integer below int64", '{"a":[-9223372036854775809]}', "$.a[0]"),
    ("an integer of 5,000 digits", '{"a":%s}' % ("9" * 5000), "$.a"),
    ("a whole number in exponent form", '{"a":9999999999e9}', "$.a"),
    ("a number beyond a double", '{"a":1e999}', "$.a"),
    ("half a surrogate pair", '{"a":"\\ud83d"}', "$.a"),
    ("a surrogate pair the wrong way round", '{"a":"\\ude00\\ud83d"}', "$.a"),
    ("half a surrogate pair in a name", '{"\\ud800":1}', "$"),
]


@pytest.mark.parametrize(("params", "path"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_params_no_command_can_take_are_a_fault_of_the_call(params: str, path: str) -> None:
    parsed = rpc.parse(CALL + ',"params":%s}' % params)
    [call] = parsed.calls
    assert isinstance(call.fault, InvalidParams)
    assert parsed.answers == []
    assert [f.path for f in call.fault.fields] == ([] if path == "-" else [path])


SOUND = [
    ("the ends of int64", '{"a":[9223372036854775807,-9223372036854775808]}'),
    ("a whole surrogate pair", '{"a":"\\ud83d\\ude00"}'),
    ("an escaped backslash before ud800", '{"a":"\\\\ud800"}'),
    ("u0000 behind an escaped backslash", '{"a":"\\\\u0000"}'),
    ("nineteen digits in text", '{"a":"99999999999999999999"}'),
    ("brackets in text", '{"a":"%s \\" %s"}' % ("[" * 40, "{" * 40)),
    ("many shallow brackets", '{"a":[%s]}' % ",".join(["[]"] * 100)),
    ("as deep as may be", '{"a":%s%s}' % ("[" * 30, "]" * 30)),
]


@pytest.mark.parametrize("params", [s[1] for s in SOUND], ids=[s[0] for s in SOUND])
def test_odd_but_sound_params_are_carried_on_byte_for_byte(params: str) -> None:
    [call] = rpc.parse(CALL + ',"params": %s }' % params).calls
    assert (call.fault, call.params) == (None, params.encode())


@pytest.mark.parametrize(
    "raw",
    ["7", "-0", "1.0", "1e400", "123456789012345678901234567890", "null", '"é"', '"\\u00e9"', '""', '"a\\u0000"'],
)
def test_an_id_comes_back_as_the_bytes_the_client_sent(raw: str) -> None:
    [call] = rpc.parse('{%s,"id": %s ,"method":"a.b"}' % (OPEN, raw)).calls
    assert call.id == raw.encode()
    assert rpc.result(call.id, b"1") == b'{"jsonrpc":"2.0","id":%b,"result":1}' % raw.encode()


def test_a_call_without_an_id_is_a_notification_and_without_params_has_none() -> None:
    assert rpc.parse('{%s,"method":"a.b"}' % OPEN).calls == [rpc.Call(None, "a.b", b"{}")]


def test_a_refused_notification_is_counted_and_not_answered() -> None:
    parsed = rpc.parse('{%s,"method":"rpc.x"}' % OPEN)
    assert (parsed.answers, parsed.refused) == ([], 1)


def test_a_response_is_dropped_and_counted() -> None:
    for frame in ('{"result":1}', '{"error":{},"id":1,"jsonrpc":"2.0"}', '{"id":[],"result":1}'):
        parsed = rpc.parse(frame)
        assert (parsed.answers, parsed.calls, parsed.dropped) == ([], [], 1)


def test_a_result_member_beside_a_method_is_an_unknown_member_and_ignored() -> None:
    assert [c.method for c in rpc.parse(CALL + ',"result":1,"zz":{"y":"\\u0000"}}').calls] == ["a.b"]


def test_of_duplicate_members_the_last_one_wins_also_when_spelled_with_escapes() -> None:
    frame = '{%s,"id":1,"\\u0069d":2,"method":"x.y","method":"a.b","params":[1],"params":{"a":1}}' % OPEN
    assert rpc.parse(frame).calls == [rpc.Call(b"2", "a.b", b'{"a":1}')]


def test_half_a_surrogate_pair_outside_params_does_no_harm() -> None:
    [call] = rpc.parse('{"\\udfff":"\\ud800","jsonrpc":"2.0","id":"é","method":"a.b","params":{"a":"x"}}').calls
    assert (call.id, call.params, call.fault) == ('"é"'.encode(), b'{"a":"x"}', None)


def test_the_specification_s_mixed_batch_gets_one_answer_per_member_that_deserves_one() -> None:
    frame = (
        '[{"jsonrpc":"2.0","method":"sum","params":{},"id":"1"},{"jsonrpc":"2.0","method":"hello"},'
        '{"foo":"boo"},1,{"result":7},{"jsonrpc":"2.0","method":"rpc.x"},{"jsonrpc":"2.0","method":"get","id":"9"}]'
    )
    parsed = rpc.parse(frame)
    assert parsed.batch
    assert [(c.id, c.method) for c in parsed.calls] == [(b'"1"', "sum"), (None, "hello"), (b'"9"', "get")]
    assert codes(frame) == [(-32600, None), (-32600, None)]
    assert (parsed.dropped, parsed.refused) == (1, 1)


def test_a_batch_of_fifty_is_not_too_many() -> None:
    assert len(rpc.parse("[" + ",".join([CALL + "}"] * 50) + "]").calls) == 50


def test_bad_utf8_is_found_also_where_a_value_is_only_carried_on() -> None:
    with pytest.raises(UnicodeDecodeError):
        rpc.parse(b'{"jsonrpc":"2.0","id":1,"method":"a.b","params":{"a":"\xff"}}')


def test_answers_are_built_from_raw_bytes_and_always_the_same() -> None:
    refusal = InvalidParams(fields=(Field("$.a", "no"),))
    assert rpc.error(b"1.0", refusal) == (
        b'{"jsonrpc":"2.0","id":1.0,"error":{"code":-32602,"message":"A parameter is missing, unknown or of the wrong '
        b'form","data":{"reason":"invalid_params","retry":"never","fields":[{"path":"$.a","problem":"no"}]}}}'
    )
    assert rpc.notification("socket:welcome", b"{}") == b'{"jsonrpc":"2.0","method":"socket:welcome","params":{}}'
    assert rpc.batch([rpc.result(b"1", b"2"), rpc.error(b"2", NotFound())]).startswith(b'[{"jsonrpc"')


def test_the_slow_reader_of_json_agrees_with_the_fast_one() -> None:
    """Whatever the fast decoder takes, the slow one must take alike: else a surrogate elsewhere would change a call."""
    rng = random.Random(7)
    alphabet = '{}[]":,\\u0e1-.9tnfalse \n'
    for _ in range(20_000):
        raw = "".join(rng.choices(alphabet, k=rng.randrange(1, 12))).encode()
        try:
            fast = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            continue
        slow = json.loads(raw)
        assert repr(fast) == repr(slow) or isinstance(fast, float)
        assert text.decode(raw)[0] == fast or fast != fast
