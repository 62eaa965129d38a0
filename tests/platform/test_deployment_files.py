"""Dockerfile and compose.yaml, held against the settings and against each other: no Docker needed."""

import re
import shlex
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from carewire.cli import build_parser
from carewire.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
VARIABLES = {variable_of(field.name) for field in msgspec.structs.fields(Settings)}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return parsed


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (INSTRUCTION, rest) with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(head.upper(), rest.strip()) for head, _, rest in (line.partition(" ") for line in lines)]


def final_stage(instructions: list[tuple[str, str]]) -> list[tuple[str, str]]:
    last = max(index for index, (head, _) in enumerate(instructions) if head == "FROM")
    return instructions[last:]


def values(instructions: list[tuple[str, str]], head: str) -> list[str]:
    return [rest for name, rest in instructions if name == head]


def gateways(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if name.startswith("gateway")}


def test_the_image_runs_as_a_user_that_is_not_root(instructions: list[tuple[str, str]]) -> None:
    users = values(final_stage(instructions), "USER")
    assert users == ["carewire"]
    assert any("useradd --system --uid 10001" in run for run in values(final_stage(instructions), "RUN"))
    order = [head for head, _ in final_stage(instructions)]
    assert "RUN" not in order[order.index("USER") :], "nothing is installed after the privileges are gone"


def test_the_image_checks_its_own_readiness_and_starts_a_known_command(instructions: list[tuple[str, str]]) -> None:
    (check,) = values(final_stage(instructions), "HEALTHCHECK")
    assert "/api/v1/health/ready" in check
    (command,) = values(final_stage(instructions), "CMD")
    program, *words = msgspec.json.decode(command)
    assert program == "carewire"
    assert build_parser().parse_args(words).run


def test_the_health_check_of_the_image_is_a_program_that_python_accepts(instructions: list[tuple[str, str]]) -> None:
    (check,) = values(final_stage(instructions), "HEALTHCHECK")
    words = msgspec.json.decode(check[check.index("CMD") + 3 :])
    assert words[:2] == ["python", "-c"]
    compile(words[2], "HEALTHCHECK", "exec")


def test_what_the_image_copies_exists_and_is_not_kept_from_the_builder(instructions: list[tuple[str, str]]) -> None:
    allowed = set((ROOT / ".dockerignore").read_text().splitlines())
    for copy in values(instructions, "COPY"):
        if copy.startswith("--from"):
            continue
        *sources, _ = shlex.split(copy)
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in allowed, source


def test_only_variables_that_exist_are_set(instructions: list[tuple[str, str]], compose: dict[str, Any]) -> None:
    used = {word.partition("=")[0] for env in values(instructions, "ENV") for word in shlex.split(env)}
    for service in compose["services"].values():
        used |= set(service.get("environment", {}))
    ours = {name for name in used if name.startswith("CAREWIRE_")}
    assert {"CAREWIRE_MODE", "CAREWIRE_SECRET", "CAREWIRE_DATABASE_URL", "CAREWIRE_REDIS_URL"} <= ours <= VARIABLES


def test_no_image_floats(instructions: list[tuple[str, str]], compose: dict[str, Any]) -> None:
    images = [rest.split()[0] for rest in values(instructions, "FROM")]
    images += [service["image"] for service in compose["services"].values()]
    for image in images:
        name, _, tag = image.rpartition(":")
        assert name, f"{image} has no tag"
        assert re.match(r"\d", tag), f"{image} is not a version"


def test_two_gateways_serve_and_they_differ_by_name_only(compose: dict[str, Any]) -> None:
    first, second = gateways(compose).values()
    names = [service["environment"]["CAREWIRE_NODE"] for service in (first, second)]
    assert names[0] != names[1]
    assert {**first["environment"], "CAREWIRE_NODE": names[1]} == second["environment"]
    assert {**first, "environment": {}} == {**second, "environment": {}}


def test_two_workers_do_the_gateways_jobs_and_they_differ_by_name_only(compose: dict[str, Any]) -> None:
    workers = {name: service for name, service in compose["services"].items() if name.startswith("worker")}
    first, second = workers.values()
    assert first["command"] == ["carewire", "worker"]
    assert {**first, "environment": {}} == {**second, "environment": {}}
    assert first["environment"]["CAREWIRE_NODE"] != second["environment"]["CAREWIRE_NODE"]
    # The image's health check asks at this port.
    assert first["environment"]["CAREWIRE_WORKER_PORT"] == "8000"
    for service in (*workers.values(), *gateways(compose).values()):
        assert service["environment"]["CAREWIRE_JOBS"] == "apart"


def test_real_servers_of_the_wanted_versions_stand_behind_them(compose: dict[str, Any]) -> None:
    assert compose["services"]["postgres"]["image"].startswith("postgres:18")
    assert compose["services"]["redis"]["image"].startswith("valkey/valkey:9")
    assert set(compose["volumes"]) == {"postgres", "files"}


def test_every_service_has_a_health_check_of_its_own_or_of_its_image(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        of_our_image = "build" in service and "healthcheck" not in service
        ends_by_itself = service.get("healthcheck") == {"disable": True} and service["command"][-1] == "migrate"
        assert of_our_image or ends_by_itself or service["healthcheck"]["test"][0] == "CMD", name


def test_nothing_but_the_balancer_is_reachable_and_it_only_from_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"balancer": ["127.0.0.1:8000:8000"]}


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "SECRET" in name or "PASSWORD" in name:
                assert value.startswith("${"), f"{name} has no default"
                assert ":?" in value, f"{name} has no default"


def test_settings_accept_what_compose_passes(compose: dict[str, Any]) -> None:
    secret = "n3ZbqgC0vS7kX1yTtW8dLrP5mHfJ2aEu"
    given = {"CAREWIRE_SECRET": secret, "POSTGRES_PASSWORD": "letters1"}
    for service in gateways(compose).values():
        env = {}
        for name, value in service["environment"].items():
            filled = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda match: given[match[1]], value)
            env[name] = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", filled)
        settings = Settings.from_env(env)
        assert settings.mode == "production"
        assert settings.database_url == "postgresql://carewire:letters1@postgres:5432/carewire"


def test_the_balancer_knows_every_gateway_and_asks_for_readiness(compose: dict[str, Any]) -> None:
    (volume,) = compose["services"]["balancer"]["volumes"]
    config = (ROOT / volume.split(":")[0]).read_text()
    assert set(re.findall(r"^\s+server \S+ (\S+):8000$", config, flags=re.MULTILINE)) == set(gateways(compose))
    assert "/api/v1/health/ready" in config
    assert set(gateways(compose)) <= set(compose["services"]["balancer"]["depends_on"])


def test_the_gateways_take_the_clients_addresses_from_the_balancer_and_from_nobody_else(
    compose: dict[str, Any],
) -> None:
    balancer = compose["services"]["balancer"]
    address = balancer["networks"]["default"]["ipv4_address"]
    for service in gateways(compose).values():
        assert service["environment"]["CAREWIRE_PROXY_FROM"] == address
    (pool,) = compose["networks"]["default"]["ipam"]["config"]
    assert ip_address(address) in ip_network(pool["subnet"])
    assert ip_address(address) not in ip_network(pool["ip_range"]), "another container could be given it"
    config = (ROOT / balancer["volumes"][0].split(":")[0]).read_text()
    (line,) = re.findall(r"^\s+default-server .*$", config, flags=re.MULTILINE)
    assert "send-proxy-v2" in line.split()
    assert "check-send-proxy" in line.split(), "health checks come from the same address"
