"""One TOML file, typed; every fault is reported in one go, with the key that was probably meant."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.errors import Problem

SECRET_FILE = "secret.key"
CHANNELS = ("twilio", "kannel", "android", "http", "console")
NODE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"


def _address(value: str, hint: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(hint)
    return value.rstrip("/")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Node(Section):
    name: str = Field("hub", pattern=NODE_NAME)
    role: Literal["hub", "field"] = "hub"
    city: str = "la-paz"
    data: str = "."


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for each in value:
            ip_network(each, strict=False)
    except ValueError:
        raise ValueError('write addresses or networks as "10.0.0.5" or "10.0.0.0/24"') from None
    return value


class Web(Section):
    bind: str = "127.0.0.1:8000"
    public_url: str = "http://127.0.0.1:8000"
    threads: int = Field(8, ge=1, le=256)
    processes: int = Field(1, ge=1, le=32)
    secure_cookies: bool = False
    proxies: tuple[str, ...] = ()

    @field_validator("proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _networks(value)

    @field_validator("bind")
    @classmethod
    def _bind(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if not (colon and host and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("write it as HOST:PORT, for example 127.0.0.1:8000")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        return _address(value, "write the address the provider posts to, for example https://barrio.example.org")

    @property
    def host(self) -> str:
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.bind.rpartition(":")[2])


class Database(Section):
    url: str = "sqlite:///barrio.db"

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("use sqlite:///file.db or postgresql://user@host/name")
        return value


class Queue(Section):
    url: str = "embedded"
    sweep_seconds: int = Field(5, ge=1, le=60)

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value not in ("embedded", "none") and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("use embedded, none, redis://host:6379/0 or unix:///path/to.sock")
        return value


class Twilio(Section):
    number: str = "+59122000000"
    api_url: str = "https://api.twilio.com"
    timeout: float = Field(10.0, gt=0, le=60)

    @field_validator("number")
    @classmethod
    def _number(cls, value: str) -> str:
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}|[0-9]{3,6}", value):
            raise ValueError('write the whole number that residents text, as "+59170000000", or a short one of 3 to 6 digits')
        return value


class Kannel(Section):
    enabled: bool = False
    sendsms_url: str = "http://127.0.0.1:13013/cgi-bin/sendsms"
    number: str = ""
    smsc: str = ""
    callback_url: str = ""
    bare_prefix: str = Field("", pattern=r"^(\+[0-9]{0,4})?$")
    peers: tuple[str, ...] = ("127.0.0.1",)
    timeout: float = Field(10.0, gt=0, le=60)

    @field_validator("sendsms_url")
    @classmethod
    def _sendsms_url(cls, value: str) -> str:
        return _address(value, "write where its smsbox takes SMS, for example http://127.0.0.1:13013/cgi-bin/sendsms")

    @field_validator("callback_url")
    @classmethod
    def _callback_url(cls, value: str) -> str:
        return _address(value, "write where Kannel reaches this machine, for example http://127.0.0.1:8000") if value else ""

    @field_validator("peers")
    @classmethod
    def _peers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _networks(value)


class Http(Section):
    send_url: str = ""
    lookup_url: str = ""
    idempotent: bool = False
    number: str = ""
    window_seconds: int = Field(300, ge=10, le=3600)
    timeout: float = Field(10.0, gt=0, le=60)

    @field_validator("send_url", "lookup_url")
    @classmethod
    def _urls(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment):
            raise ValueError("write a whole address, for example https://sms.example.org/send")
        return value


class Android(Section):
    enabled: bool = False
    phones: dict[str, str] = {}
    urls: tuple[str, ...] = ()
    segments_per_hour: int = Field(100, ge=1, le=1000)
    bare_prefix: str = Field("", pattern=r"^(\+[0-9]{0,4})?$")

    @field_validator("phones")
    @classmethod
    def _phones(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(re.match(NODE_NAME, name) and re.fullmatch(r"\+[1-9][0-9]{6,14}", number) for name, number in value.items()):
            raise ValueError('write a name and the whole number of each phone, as { office = "+59170000000" }')
        if len(set(value.values())) < len(value):
            raise ValueError("two phones have one number")
        return value

    @field_validator("urls")
    @classmethod
    def _urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_address(each, "write this machine as the phones write it, for example http://192.168.1.10:8000") for each in value)


class Console(Section):
    enabled: bool = True


class Outbox(Section):
    channel: str = "twilio"
    automatic_per_day: int = Field(5, ge=1, le=100)
    expire_hours: int = Field(24, ge=1, le=168)

    @field_validator("channel")
    @classmethod
    def _channel(cls, value: str) -> str:
        if value not in CHANNELS:
            near = difflib.get_close_matches(value, CHANNELS, 1)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(CHANNELS)}"
            raise ValueError(f"no channel is called {value}; {meant}")
        return value


class News(Section):
    delay_minutes: int = Field(30, ge=0, le=1440)
    from_hour: int = Field(8, ge=0, le=23)
    until_hour: int = Field(20, ge=1, le=24)
    ask_after_days: int = Field(7, ge=1, le=90)
    forget_days: int = Field(14, ge=1, le=90)
    answer_days: int = Field(7, ge=1, le=90)

    @property
    def hours(self) -> tuple[int, int]:
        return self.from_hour, self.until_hour

    @model_validator(mode="after")
    def _in_order(self) -> News:
        if self.from_hour >= self.until_hour:
            raise ValueError("from_hour comes before until_hour: nobody could ever be told")
        return self


class Governor(Section):
    segments_per_day: int = Field(0, ge=0)
    segments_per_month: int = Field(0, ge=0)
    price_per_segment: float = Field(0.0, ge=0)
    broadcasts_per_week: int = Field(2, ge=1, le=50)
    prefixes: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    @field_validator("prefixes", "barred")
    @classmethod
    def _dialled(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"\+[1-9][0-9]{0,13}", each) for each in value):
            raise ValueError('write how numbers begin as "+591"')
        return value


class Reconcile(Section):
    every_seconds: int = Field(300, ge=10)
    overlap_hours: int = Field(48, ge=1, le=720)


class Sync(Section):
    hub_url: str = ""
    every_seconds: int = Field(300, ge=5, le=86400)
    photos: Literal["own", "all", "none"] = "own"

    @field_validator("hub_url")
    @classmethod
    def _hub_url(cls, value: str) -> str:
        return _address(value, "write where this node reaches its hub, for example https://barrio.example.org") if value else ""


class Access(Section):
    k_anonymity: int = Field(10, ge=2, le=1000)
    session_hours: int = Field(10, ge=1, le=168)


class Triage(Section):
    cluster_people: int = Field(10, ge=2, le=10_000)
    cluster_days: int = Field(7, ge=1, le=90)
    alerts_per_day: int = Field(60, ge=1, le=1000)
    escalate_days: int = Field(2, ge=1, le=60)
    hold_seconds: int = Field(360, ge=30, le=86_400)


class Roads(Section):
    silent_hours: int = Field(24, ge=1, le=720)
    silent_floor_minutes: int = Field(60, ge=10, le=10_080)
    failed_in_a_row: int = Field(5, ge=2, le=20)
    failed_percent: int = Field(50, ge=5, le=100)
    outbox_minutes: int = Field(15, ge=1, le=1440)
    battery_percent: int = Field(20, ge=1, le=100)
    unheard_minutes: int = Field(15, ge=1, le=1440)


class Circle(Section):
    repeat_hours: int = Field(6, ge=1, le=23)
    knock_hours: int = Field(12, ge=2, le=23)
    task_hours: int = Field(24, ge=3, le=72)
    consent_days: int = Field(7, ge=1, le=60)

    @model_validator(mode="after")
    def _in_order(self) -> Circle:
        if not self.repeat_hours < self.knock_hours < self.task_hours:
            raise ValueError("first the text is repeated, then the volunteer is asked to go, then it is a person's task")
        return self


class Canary(Section):
    channels: tuple[str, ...] = ()
    every_minutes: int = Field(60, ge=5, le=1440)
    within_minutes: int = Field(15, ge=1, le=1440)
    to: str = Field("", pattern=r"^(\+[1-9][0-9]{6,14})?$")


class Protection(Section):
    keep_days: int = Field(180, ge=1, le=3650)


class Config(Section):
    """What one instance is told. `directory` is where the file lies; relative paths start there."""

    node: Node = Node()
    web: Web = Web()
    database: Database = Database()
    queue: Queue = Queue()
    twilio: Twilio = Twilio()
    kannel: Kannel = Kannel()
    http: Http = Http()
    android: Android = Android()
    console: Console = Console()
    outbox: Outbox = Outbox()
    news: News = News()
    governor: Governor = Governor()
    reconcile: Reconcile = Reconcile()
    sync: Sync = Sync()
    access: Access = Access()
    triage: Triage = Triage()
    protection: Protection = Protection()
    roads: Roads = Roads()
    canary: Canary = Canary()
    circle: Circle = Circle()
    directory: Path = Path(".")

    @property
    def data(self) -> Path:
        return (self.directory / self.node.data).resolve()

    @property
    def number(self) -> str:
        """What residents text: the number of the channel by which texts leave that are no answer."""
        return self.number_of(self.outbox.channel) or self.twilio.number

    def number_of(self, channel: str) -> str:
        """What residents text by a channel; empty where that is not written down."""
        phone = next(iter(self.android.phones.values()), "")
        return {"kannel": self.kannel.number, "http": self.http.number, "android": phone, "twilio": self.twilio.number}.get(channel, "")

    @property
    def longest_call(self) -> float:
        """Seconds that the slowest provider may take to answer."""
        return max(self.twilio.timeout, self.kannel.timeout if self.kannel.enabled else 0, self.http.timeout if self.http.send_url else 0)

    @property
    def database_url(self) -> str:
        """The address SQLAlchemy opens: a relative SQLite file lies in the data directory."""
        url = self.database.url
        if url.startswith("sqlite:///"):
            return f"sqlite:///{self.data / url.removeprefix('sqlite:///')}"
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def is_sqlite(self) -> bool:
        return self.database.url.startswith("sqlite")

    @property
    def queue_url(self) -> str | None:
        """Where the bell hangs; None means the web process does the work itself."""
        if self.queue.url == "none":
            return None
        if self.queue.url == "embedded":
            return f"unix://{self.data / 'broker' / 'valkey.sock'}?db=0"
        return self.queue.url


def config_path(named: str | None) -> Path:
    return Path(named or os.environ.get("BARRIO_CONFIG") or "config.toml")


def load(named: str | None = None) -> Config:
    """Read the configuration, or raise one Problem that lists every fault."""
    path = config_path(named)
    if not path.is_file():
        raise Problem("config.missing", path=path)
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Problem("config.unreadable", path=path, reason=fault) from None
    except OSError as fault:
        raise Problem("config.unreadable", path=path, reason=fault.strerror) from None
    if "directory" in found:
        found["directory "] = found.pop("directory")  # not a key of the file: let it be reported as unknown
    try:
        return Config.model_validate(found).model_copy(update={"directory": path.resolve().parent})
    except ValidationError as fault:
        faults = [_in_words(e["loc"], e["type"], e["msg"]) for e in fault.errors()]
        raise Problem("config.faults", path=path, count=len(faults), faults="\n".join(f"  {f}" for f in faults)) from None


def keys() -> list[tuple[str, str]]:
    """Every (section, key) there is; the test of config.example.toml walks it."""
    sections = {n: f.annotation for n, f in Config.model_fields.items() if n != "directory"}
    return [(section, key) for section, model in sections.items() if model is not None
            for key in model.model_fields]


def _in_words(place: tuple[int | str, ...], kind: str, message: str) -> str:
    where = ".".join(str(p).strip() for p in place)
    if kind != "extra_forbidden":
        return f"{where}: {message.removeprefix('Value error, ')}"
    known = [s for s in Config.model_fields if s != "directory"] if len(place) == 1 else \
        [key for section, key in keys() if section == place[0]]
    near = difflib.get_close_matches(str(place[-1]), known, 1)
    meant = f"; did you mean {near[0]}?" if near else f" (known here: {', '.join(known)})"
    return f"{where}: unknown key{meant}"
