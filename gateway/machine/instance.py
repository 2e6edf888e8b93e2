"""Making an instance: a directory with config.toml, a secret key, this node's signing key, a database and the city's works."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gateway import cities, config, lasting
from gateway.config import SECRET_FILE, Config
from gateway.decisions import planning
from gateway.errors import Problem
from gateway.journal import ledger
from gateway.journal.database import Database, fault_in_words, is_away
from gateway.node import open_node
from gateway.phone import create_secret, open_vault

TEMPLATE = '''\
# Barrio instance. Every key is explained in config.example.toml.
[node]
name = "{name}"
role = "{role}"
city = "{city}"

[web]
bind = "{bind}"
public_url = "{public_url}"

[database]
url = "{database_url}"
'''

# A small box: one process takes texts in, works and meets the hub, in a third of the memory of several.
ONE_PROCESS = '''
[queue]
url = "none"
'''


def create(directory: Path, *, city: str = "la-paz", role: str = "hub", name: str | None = None, bind: str = "127.0.0.1:8000",
           public_url: str | None = None, database_url: str = "sqlite:///barrio.db", extra: str = "") -> Config:
    """Make a new instance, or raise a Problem and leave nothing half made."""
    cities.load(city)
    path = directory / "config.toml"
    if path.exists():
        raise Problem("init.exists", path=directory)
    if any(re.search(r'["\\\n]', value or "") for value in (name, bind, public_url, database_url)):
        raise Problem("usage", reason="quotes and backslashes cannot stand in a name or an address")
    try:
        lasting.make_folder(directory)
        lasting.write_text(path, TEMPLATE.format(name=name or role, role=role, city=city, bind=bind, database_url=database_url,
                                                 public_url=public_url or f"http://{bind}")
                           + (ONE_PROCESS if role == "field" and "[queue]" not in extra else "") + extra)
    except OSError as fault:
        raise Problem("data.not_writable", path=directory, reason=fault.strerror) from None
    try:
        made = config.load(str(path))
        if not os.environ.get("BARRIO_SECRET_KEY") and not (made.data / SECRET_FILE).exists():
            create_secret(made.data / SECRET_FILE)
        from offline_sync.identity import create_identity
        create_identity(made.data)
        database = Database(made.database_url)
        try:
            ledger.found(database, fingerprint=open_vault(made).fingerprint, name=made.node.name)
        except Exception as fault:
            if is_away(fault):
                raise Problem("database.away", reason=fault_in_words(fault)) from None
            raise
        finally:
            database.engine.dispose()
        node = open_node(made)
        planning.record_city(node)
        node.database.engine.dispose()
        lasting.sync_folder(directory)
        lasting.sync_folder(made.data)
    except Problem:
        path.unlink()
        raise
    return made
