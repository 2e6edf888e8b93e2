"""One error class and its catalogue: what is wrong, why it may be so, and what to do.

>>> str(Problem("port.in_use", bind="127.0.0.1:8000"))
'Nothing can listen on 127.0.0.1:8000: another process already does. Stop it, or choose another port (--port of the demo, bind in [web]).'
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person reads: the fault with its facts in braces, and the next step."""

    what: str
    do: str
    exit_code: int = 1


CATALOGUE: dict[str, Entry] = {
    # configuration and instance (exit 2: the person at the keyboard can mend it)
    "config.missing": Entry("There is no configuration at {path}.",
                            "Run `barrio init DIR` first, or name the file with --config or BARRIO_CONFIG.", 2),
    "config.unreadable": Entry("{path} is not valid TOML: {reason}.", "Mend that line and run `barrio check`.", 2),
    "config.faults": Entry("{path} has {count} fault(s):\n{faults}",
                           "Mend them all, then run `barrio check`; every key is explained in config.example.toml.", 2),
    "init.exists": Entry("{path} already holds an instance.",
                         "Choose an empty directory, or run what is there: barrio --config {path}/config.toml up.", 2),
    "usage": Entry("{reason}.", "See `barrio --help`.", 2),
    "secret.unreadable": Entry("The secret key file {path} cannot be read: {reason}.",
                               "Restore it from your backup or set BARRIO_SECRET_KEY; without it no phone number "
                               "can be opened.", 2),
    "secret.mismatch": Entry("The secret key is not the one this database was made with.",
                             "Restore secret.key, or set the BARRIO_SECRET_KEY it was made with: with another key "
                             "nobody can be answered.", 2),
    "city.unknown": Entry("There is no city pack named {city}.", "Choose one of: {known}.", 2),
    "city.faults": Entry("The city pack {city} has {count} bad row(s):\n{faults}",
                         "Mend these rows; nothing of the pack was loaded.", 2),
    # a city's own model
    "model.unreadable": Entry("The model {path} cannot be read: {reason}.",
                              "Make it again with `barrio classify train`, or remove it: the shipped one is used then.", 2),
    "model.no_texts": Entry("{path} has no text with a subcategory that could be learned ({rows} rows).",
                            "Write columns text,label with labels as WAT01, or NONE for a text that states no need.", 2),
    "labels.faults": Entry("{path} has {count} bad row(s):\n{faults}", "Mend these rows; nothing was done.", 2),
    # a city's own files
    "import.unreadable": Entry("{path} cannot be read: {reason}.", "Nothing was read of it.", 2),
    "import.refused": Entry("{refused} of {rows} rows are refused (see above), so nothing was imported.",
                            "Mend them, or import the others with --skip-refused."),
    "import.broken": Entry("Nothing of {path} can be imported (see above).", "Mend the file and try again with --dry-run."),
    "import.at_hub": Entry("{name} is a field node, and places, programmes and works are imported at the hub.",
                           "Import there; the next sync brings them here. --dry-run works here too.", 2),
    # the machine
    "port.in_use": Entry("Nothing can listen on {bind}: another process already does.",
                         "Stop it, or choose another port (--port of the demo, bind in [web])."),
    "data.in_use": Entry("Another `barrio {what}` already works on {path}.",
                         "Stop that one first; two of them on one data directory would race for the same texts."),
    "data.not_writable": Entry("{path} cannot be written: {reason}.",
                               "Give the user that runs Barrio write permission there (chown), or choose another place."),
    "broker.failed": Entry("The embedded broker did not start: {reason}.",
                           "Free memory or disk, or set queue.url to redis://... or none."),
    "broker.path_too_long": Entry("The data directory path is too long for a Unix socket: {path}.",
                                  "Use a shorter directory, or set queue.url to redis://... or none."),
    "clock.wrong": Entry("This machine's clock says {now}, before Barrio was made.",
                         "Set the clock (NTP, or `date -s`); texts are still accepted and marked 'clock not trusted'."),
    # the database
    "database.away": Entry("The database does not answer: {reason}.",
                           "Check that it runs and that the address in [database] is right. Texts are spooled meanwhile."),
    "database.weak": Entry("The database would lose acknowledged texts in a power cut: {reason}.",
                           "Barrio refuses to start with it. {hint}"),
    "database.newer": Entry("The database was written by a newer Barrio (schema {found}, this one knows {known}).",
                            "Install that version again, or restore the backup made before it."),
    "database.empty": Entry("The database {url} holds no Barrio instance.", "Run `barrio init DIR` first.", 2),
    "database.driver": Entry("PostgreSQL needs its driver, which is not installed.",
                             "Run `pip install 'barrio[postgres]'`.", 2),
    # intake
    "intake.spool_failed": Entry("Neither the database nor the spool could keep the text: {reason}.",
                                 "Free disk space; the provider was told 503 and will try again."),
    "channel.unknown": Entry("There is no channel named {name}.", "Channels: {known}.", 2),
    "channel.unsigned": Entry("The request carries no valid signature.",
                              "Check the auth token and that web.public_url is exactly the address the provider posts to."),
    "channel.stranger": Entry("The request comes from a machine that is not named, or through a proxy.",
                              "Name Kannel's address in kannel.peers, and let it call this machine directly."),
    "channel.stale": Entry("The request was signed more than {window} seconds from now.",
                           "Set both clocks right; or somebody sends an old request again."),
    "channel.weak_secret": Entry("{name} has only {length} characters, or some that an address cannot hold.",
                                 "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'.", 2),
    "channel.foreign_account": Entry("The request is for another account.",
                                     "Check BARRIO_TWILIO_ACCOUNT_SID against the provider's console."),
    "channel.foreign_phone": Entry("A phone with our password calls itself by a number that is not ours.",
                                   "Write in its app, as “Your phone number”, the number it has in android.phones; or name it there."),
    "channel.malformed": Entry("The request is not one the provider makes: {reason}.", "Nothing was stored."),
    "channel.too_long": Entry("The request has more than {most} bytes.", "No SMS is that long; nothing was stored."),
    "channel.unconfigured": Entry("Channel {name} has no credentials.", "Set {variables}.", 2),
    # the provider
    "provider.refused": Entry("The provider refused the message: {reason}.", "See the provider's error code."),
    "provider.away": Entry("The provider did not answer: {reason}.", "Nothing to do: Barrio tries again."),
    # the journal
    "journal.broken_chain": Entry("Entry {seq} of writer {writer} does not fit the one before it.",
                                  "The database file was changed by hand or is damaged: restore a backup."),
    "journal.bad_body": Entry("The body of entry {seq} of writer {writer} is not the one its header names.",
                              "The database file was changed by hand or is damaged: restore a backup."),
    "rebuild.differs": Entry("Folding the journal again does not give the tables that stand: {tables}.",
                             "The old tables were kept. Please report this; `barrio rebuild` replaces them."),
    # other nodes
    "sync.refused": Entry("Nothing of {source} was taken: {reason}.", "{hint}"),
    "sync.away": Entry("{peer} does not answer: {reason}.", "Nothing to do: Barrio tries again; or carry a bundle (barrio sync export)."),
    "sync.unknown_node": Entry("No node called {name} is known here.", "Known: {known}.", 2),
    "sync.not_met": Entry("{name} was invited and was never heard of, so its key is not known here and nothing can be sealed for it.",
                          "It speaks first: on {name}, barrio sync run, or barrio sync export --to {here} and bring the file.", 2),
    "sync.not_joined": Entry("This field node has not joined a hub.", "Ask the hub for an invitation, then: barrio node join FILE.", 2),
    "node.refused": Entry("{reason}.", "{hint}", 2),
    "backup.refused": Entry("{path} was not restored: {reason}.", "{hint}", 2),
    # people
    "planning.unknown": Entry("There is no {thing} {id}.",
                              "Go back to the list and look for it there: somebody may have merged it, changed it or taken it away."),
    "planning.refused": Entry("{reason}", "Nothing was changed."),  # the reason is a sentence
    "rank.version": Entry("Run {run} was made by other formulas (version {found}, this Barrio knows {known}).",
                          "Make a new run, or read that one with the version it was made by."),
    "rank.differs": Entry("Run {run} does not come out as it was made.", "Please report this; the run's inputs are kept in the journal."),
    "rank.unreadable": Entry("The inputs of run {run} cannot be read: {reason}.", "Make a new run."),
    "user.unknown": Entry("Nobody called {name} was enrolled at this node.",
                          "`barrio user list` shows who was; the hub's are changed there.", 2),
    "user.exists": Entry("There is already an account named {name}.", "Choose another name.", 2),
    "user.weak_password": Entry("The password has fewer than 12 characters.", "Choose a longer one.", 2),
    "access.undeclared": Entry("Route {route} has no access rule.", "Decorate its view with access.rule(...)."),
    "export.format": Entry("{what} cannot be exported as {format}.", "Formats: {known}.", 2),
}

SPOKEN = ("planning.unknown", "planning.refused")  # what pages say too, in the reader's language


class Problem(Exception):
    """Something a person or a retry must act on; `permanent` decides whether trying again can help.

    The reason of a refusal is a sentence that pages translate, with its facts left open for them:

    >>> print(Problem("planning.refused", reason="The weights make %(sum)s and not 1.", sum=1.1))
    The weights make 1.1 and not 1. Nothing was changed.
    """

    def __init__(self, code: str, *, permanent: bool = True, **facts: object) -> None:
        self.code, self.permanent, self.facts = code, permanent, facts
        self.entry = CATALOGUE[code]
        super().__init__(code)

    @property
    def message(self) -> str:
        """What is wrong as translators know it, with its fills open: `There is no need %(id)s.` Only of what is SPOKEN."""
        return self.entry.what.format_map(self.facts | {"id": "%(id)s"})

    @property
    def fills(self) -> dict[str, object]:
        """What the message leaves open."""
        return {name: fact for name, fact in self.facts.items() if name not in ("reason", "thing")}

    @property
    def what(self) -> str:
        if self.code not in SPOKEN:
            return self.entry.what.format(**self.facts)
        return self.message % self.fills if self.fills else self.message

    @property
    def do(self) -> str:
        return self.entry.do.format_map(_Facts(self.facts))

    @property
    def exit_code(self) -> int:
        return self.entry.exit_code

    def __str__(self) -> str:
        between = "\n" if "\n" in self.what else " "
        return f"{self.what}{between}{self.do}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (self.code, self.permanent, self.facts))


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _again(code: str, permanent: bool, facts: dict[str, object]) -> Problem:
    return Problem(code, permanent=permanent, **facts)
