"""Commands that are one SQL statement: effect, receipt, audit and events in one round trip that commits itself.

    COUNT = Statement(
        takes={"counter_id": "uuid", "by": "bigint"},
        effect='''done AS (
            UPDATE counter c SET value = c.value + m.by FROM member m
             WHERE c.id = m.counter_id AND c.owner = m.account RETURNING m.n, c.value)''',
        gives=("value",),
        otherwise=NotFound,
    )

    @command("toy.raise", allow={KNOWN}, emits={Counted}, errors={NotFound}, statement=COUNT)
    async def raise_(ctx: Ctx, counter_id: UUID, by: int = 1) -> Counter:
        '''Count up.'''
        value = COUNT.later("value")
        ctx.emit(Counted(counter_id=counter_id, value=value))
        return Counter(counter_id=counter_id, value=value)

The handler runs before the statement and says what is told: to the caller and to topics. What only the database knows
stands there as `later(…)` and is put in by the database itself. There is no transaction to await: who may do it is
part of the statement (`member.account` is the caller), and whoever got no row of `done` is answered `otherwise`.

`effect` is a list of common table expressions. It reads `member`: one row for each caller who has no receipt, with her
number `n`, `account`, `now` (product time) and what it `takes` of the params. One expression is `done`, with `n` and
what it `gives`, a row for each who gets what she wants. All of it sees the database as it was when the statement
began, except rows that it changes itself: those are as new as their lock. So what is told must come from RETURNING.
What `done` does not read is written last, behind the topic heads; foreign keys are checked there too, and have to
point at rows that are locked by then.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from carewire.errors import Refusal

if TYPE_CHECKING:
    from carewire.event import Event

# Encoded JSON holds no control characters, so nobody's text can look like this.
_MARK: Final = "\x01"
_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")
_OWN: Final = frozenset({"n", "account", "key", "input", "reply", "doors", "now"})


class Statement(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What such a command does, in SQL."""

    effect: str
    takes: Mapping[str, str] = {}
    """Its parameters with their SQL types."""
    gives: Sequence[str] = ()
    """The columns of `done` that the handler may speak of."""
    otherwise: type[Refusal]
    """The refusal of a caller without a row in `done`."""

    def __post_init__(self) -> None:
        words = [*self.takes, *self.gives, *self.takes.values()]
        strange = [word for word in words if not _WORD.fullmatch(word)] + sorted(_OWN.intersection(self.takes))
        if strange:
            raise TypeError(f"{strange[0]!r} cannot be the name of a column here")

    def later(self, name: str) -> Any:
        """This column of `done`, in a reply or an event; not in what names the event's topic."""
        if name not in self.gives:
            raise TypeError(f"the statement gives no {name!r}")
        return msgspec.Raw(_mark(name).encode())


def fill(text: bytes, given: Mapping[str, str]) -> bytes:
    """What the handler said, with what the database knows."""
    for name, value in given.items():
        text = text.replace(_mark(name).encode(), value.encode())
    return text


def names_topic(event: "Event") -> str:
    """The event's topic. Raises `TypeError` when it is not known before the statement."""
    for name in event.spec.pattern.parameters:
        if isinstance(getattr(event, name), msgspec.Raw):
            raise TypeError(f"the topic of {event.spec.name} is not known before the statement")
    return event.topic()


def _mark(name: str) -> str:
    return f"{_MARK}{name}{_MARK}"


# --- the whole statement ---------------------------------------------------------------------------------------------
# Who has a receipt is no member. Everybody's receipt is written once, whole, behind the effect: `kept` is what nobody
# reads, so it comes last of all, behind the topic heads. A twin that commits in between makes it fail, and the whole is
# run again (`constraints.is_rerun`); or the effect finds nothing any more because of her, which `met` tells. One row
# comes back: `ran` are the numbers of those who had no receipt, `done` of those who got what they wanted, in the order
# of what they were given, `met` of those who got nothing and have a receipt now, `offsets` those of the events.


@cache
def compose_one(command: str, statement: Statement) -> str:
    """For one caller with at most one event and one entry in the audit: a third of the work of a list of one."""
    takes = [f"${12 + i}::{kind} AS {name}" for i, (name, kind) in enumerate(statement.takes.items())]
    return f"""
WITH member AS MATERIALIZED (
    SELECT {", ".join(["1::bigint AS n, $1::uuid AS account, $6::timestamptz AS now", *takes])}
     WHERE $2::uuid IS NULL OR carewire_remembered('{command}', '{{1}}', ARRAY[$1], ARRAY[$2]) = '{{}}'
), {statement.effect}, ended AS MATERIALIZED (
    SELECT {_ended(statement)} FROM done
), kept AS (
    INSERT INTO receipt (account, command, key, input, result, doors)
    SELECT $1, '{command}', $2, $3::bytea, {_filled(statement, "$4::text")}, $5::bytea FROM ended WHERE $2 IS NOT NULL
)
SELECT ARRAY[1] AS ran, CASE WHEN ended.n IS NULL THEN '{{}}' ELSE ARRAY[1] END AS done,
       CASE WHEN ended.n IS NULL AND $2 IS NOT NULL
            THEN carewire_remembered('{command}', '{{1}}', ARRAY[$1], ARRAY[$2]) END AS met,
       CASE WHEN ended.n IS NOT NULL THEN ARRAY(SELECT carewire_conclude(
                CASE WHEN $7::text IS NULL THEN '{{}}' ELSE ARRAY[$7] END, ARRAY[$8::text],
                ARRAY[{_filled(statement, "$9::text")}], $6, '{command}', '{{}}', '{{}}', '{{}}', '{{}}',
                ARRAY[$10::jsonb], ARRAY[$11::bytea])) END AS offsets
       {"".join(f", ARRAY[given_{name}] AS {name}" for name in statement.gives)}
  FROM member LEFT JOIN ended USING (n)"""


@cache
def compose_many(command: str, statement: Statement) -> str:
    """For any number of callers and events."""
    takes = [f", ${14 + i}::{kind}[]" for i, kind in enumerate(statement.takes.values())]
    names = [f", {name}" for name in statement.takes]
    return f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::bytea[]{"".join(takes)})
      WITH ORDINALITY AS asked (account, key, input, reply, doors{"".join(names)}, n)
), member AS MATERIALIZED (
    SELECT n, account, $6::timestamptz AS now{"".join(names)}
      FROM asked WHERE n <> ALL ((SELECT carewire_remembered('{command}', array_agg(n), $1, $2) FROM asked)::bigint[])
), {statement.effect}, ended AS MATERIALIZED (
    SELECT {_ended(statement)} FROM done
), told AS MATERIALIZED (
    SELECT ARRAY(SELECT carewire_conclude(
               topics, names, payloads, $6, '{command}', '{{}}', '{{}}', '{{}}', '{{}}', entries, hashes)) AS offsets
      FROM (SELECT coalesce(array_agg(topic ORDER BY i), '{{}}') AS topics,
                   coalesce(array_agg(name ORDER BY i), '{{}}') AS names,
                   coalesce(array_agg({_filled(statement, "payload")} ORDER BY i), '{{}}') AS payloads
              FROM unnest($7::bigint[], $8::text[], $9::text[], $10::text[])
                   WITH ORDINALITY AS event (n, topic, name, payload, i) JOIN ended USING (n)) AS events,
           (SELECT coalesce(array_agg(entry), '{{}}') AS entries, coalesce(array_agg(hash), '{{}}') AS hashes
              FROM unnest($11::bigint[], $12::jsonb[], $13::bytea[]) AS audit (n, entry, hash)
              JOIN ended USING (n)) AS acts
), kept AS (
    INSERT INTO receipt (account, command, key, input, result, doors)
    SELECT account, '{command}', key, input, {_filled(statement, "reply")}, doors
      FROM asked JOIN ended USING (n) WHERE key IS NOT NULL ORDER BY account, key
), met AS MATERIALIZED (
    SELECT carewire_remembered('{command}', array_agg(n), array_agg(account), array_agg(key)) AS numbers
      FROM asked WHERE key IS NOT NULL AND n IN (SELECT n FROM member) AND n NOT IN (SELECT n FROM ended)
    HAVING count(*) > 0
)
SELECT ARRAY(SELECT n FROM member) AS ran, ARRAY(SELECT n FROM ended) AS done,
       (SELECT offsets FROM told) AS offsets, (SELECT numbers FROM met) AS met
       {"".join(f", ARRAY(SELECT given_{name} FROM ended) AS {name}" for name in statement.gives)}"""


def _ended(statement: Statement) -> str:
    return ", ".join(["n", *(f"coalesce(to_json({name})::text, 'null') AS given_{name}" for name in statement.gives)])


def _filled(statement: Statement, text: str) -> str:
    for name in statement.gives:
        text = f"replace({text}, E'\\x01{name}\\x01', given_{name})"
    return f"convert_to({text}, 'UTF8')"
