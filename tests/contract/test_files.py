"""The committed files: current, and a stale one is named."""

from pathlib import Path
from typing import Any

import pytest

from carewire.contract import check, typescript, write
from carewire.contract.declarations import Declarations, discover_product
from carewire.contract.generate import run
from tests.contract.conftest import run_node

COMMITTED = Path(__file__).parents[2] / "docs" / "contract"


def test_the_committed_contract_is_that_of_the_declarations(product: Declarations) -> None:
    assert check(COMMITTED, product) == [], "run `make contract` and commit docs/contract"


def test_stale_missing_and_left_over_files_are_named(product: Declarations, tmp_path: Path) -> None:
    assert check(tmp_path / "nowhere", product) == ["asyncapi.json", "carewire.ts"]
    assert write(tmp_path, product) == ["asyncapi.json", "carewire.ts"]
    assert write(tmp_path, product) == []
    assert check(tmp_path, product) == []
    (tmp_path / "carewire.ts").write_bytes((tmp_path / "carewire.ts").read_bytes() + b"\n")
    (tmp_path / "old.ts").write_text("")
    assert check(tmp_path, product) == ["carewire.ts", "old.ts"]
    assert write(tmp_path, product) == ["carewire.ts"]


def test_the_command_fails_on_a_stale_file_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(check=True, folder=tmp_path) == 1
    assert "asyncapi.json is stale; run `carewire contract`" in capsys.readouterr().err
    assert run(check=False, folder=tmp_path) == 0
    assert run(check=True, folder=tmp_path) == 0


USE = """\
import type { Call, Commands, Notices, Refusal, Start, Topics } from "./carewire";
declare const call: Call;

export async function use(): Promise<void> {
  const pong = await call("socket.ping");
  const time: string = pong.server_time;
  const start: Start<"line"> = { epoch: "e", offset: 1 };
  const heard: (keyof Topics["line"]["events"])[] = ["queue:updated"];
  const welcome: Notices["socket:welcome"]["limits"]["in_flight"] = 64;
  const refusal = null as unknown as Refusal<Commands["queue.join"]["refusal"]>;
  if (refusal.data.reason === "rate_limited" && typeof refusal.data.retry === "object") refusal.data.retry.after_ms;
  void [time, start, heard, welcome];
  // @ts-expect-error: no such command
  await call("queue.jump");
  // @ts-expect-error: a parameter of the wrong type
  await call("topic.subscribe", { topic: 7 });
  // @ts-expect-error: a parameter is missing
  await call("topic.subscribe");
  // @ts-expect-error: nobody says this reason
  const never: boolean = refusal.data.reason === "no_such_reason";
}
"""


async def test_the_typescript_compiles_and_refuses_what_the_wire_would_refuse(
    document: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "carewire.ts").write_text(typescript.render(document))
    (tmp_path / "use.ts").write_text(USE)
    code, printed = await run_node(
        "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022", "--module", "es2022",
        "--moduleResolution", "bundler", str(tmp_path / "use.ts"),
    )  # fmt: skip
    assert code == 0, printed


def test_what_production_offers_has_no_development_commands() -> None:
    offered = {c.name for c in discover_product(development=False).commands}
    everything = {c.name for c in discover_product().commands}
    assert everything - offered == {"dev.mailbox", "dev.pay"}
