"""Every metric of the platform, in one place. Labels are command names, outcomes and codes: never a person."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

LIVE: Final = "liveall"
"""With several workers each has its own value, told apart by the label `pid`, as long as it lives."""
NEWEST: Final = "livemostrecent"
"""Figures of the table: whichever process was asked last knows them."""

NODE: Final = Gauge(
    "carewire_node", "1 for the node that answers; with workers which pid it is", ["node"], multiprocess_mode=LIVE
)
BUS_CONNECTED: Final = Gauge("carewire_bus_connected", "1 while the bus answers", multiprocess_mode=LIVE)
BUS_ERRORS: Final = Counter("carewire_bus_errors", "Errors of hint handling that were contained")
HINTS_UNSENT: Final = Counter("carewire_hints_unsent", "Hints this node could not send; the others heal by the sweep")
HINTS_DUPLICATE: Final = Counter("carewire_hints_duplicate", "Hints that came again and were dropped")
HINTS_LOST: Final = Counter("carewire_hints_lost", "Events that no hint announced in time and that were read back")
GAPS_HEALED: Final = Counter("carewire_gaps_healed", "Gaps closed from the record")
RESYNCS: Final = Counter("carewire_resyncs", "Subscriptions told to start from a snapshot", ["why"])
JOINS: Final = Counter("carewire_joins", "Subscribes and resumes by outcome", ["outcome"])
SWEEP_SECONDS: Final = Histogram("carewire_sweep_seconds", "Duration of a sweep for lost hints")
RIGHTS_ENDED: Final = Counter("carewire_rights_ended", "Subscriptions ended because the right was gone", ["found_by"])
OUTBOX_LAG_SECONDS: Final = Histogram(
    "carewire_outbox_lag_seconds",
    "From a command's commit to its hints being handed to the bus",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1),
)
LOG_KEYS_FENCED: Final = Counter("carewire_log_keys_fenced", "Log entries that wanted to say what they must not")
COMMANDS: Final = Counter("carewire_commands", "Commands and queries by name and outcome", ["name", "outcome"])
COMMANDS_WAITING: Final = Gauge(
    "carewire_commands_waiting", "Commands waiting for a database connection", multiprocess_mode=LIVE
)
COMMANDS_SHED: Final = Counter("carewire_commands_shed", "Commands refused as `overloaded`")
COMMAND_SECONDS: Final = Histogram(
    "carewire_command_seconds",
    "Duration of commands and queries",
    ["name"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
REFUSALS_UNDECLARED: Final = Counter(
    "carewire_refusals_undeclared", "Refusals that the contract does not name for their command", ["name", "reason"]
)
BATCH_MEMBERS: Final = Histogram(
    "carewire_batch_members", "Calls served in one transaction of a lane", buckets=(1, 2, 4, 8, 16, 32, 64)
)
BATCHES_SPLIT: Final = Counter(
    "carewire_batches_split", "Batches that the database refused; their members ran again one by one", ["name"]
)
STATEMENTS: Final = Counter(
    "carewire_statements", "SQL statements sent, with BEGIN and COMMIT, by what they were for", ["of"]
)
RERUNS: Final = Counter("carewire_command_reruns", "Commands rerun after a deadlock or serialization failure", ["name"])
REPLAYS: Final = Counter("carewire_receipt_replays", "Stored replies returned", ["name"])
AUDIT_REFUSALS: Final = Counter(
    "carewire_audit_refusals", "Refusals of rights, each of them; the audit counts equal ones"
)
AUDIT_SEALED: Final = Counter("carewire_audit_sealed", "Entries of the audit that this node chained")
AUDIT_UNSEALED_SECONDS: Final = Gauge(
    "carewire_audit_unsealed_seconds",
    "How long the oldest entry waits to be chained; more than 5 is an alarm",
    multiprocess_mode=NEWEST,
)
JOBS: Final = Counter("carewire_jobs", "Jobs by name and outcome", ["name", "outcome"])
JOBS_OPEN: Final = Gauge("carewire_jobs_open", "Jobs that are not done, also those due later", multiprocess_mode=NEWEST)
JOBS_RUNNING: Final = Gauge("carewire_jobs_running", "Jobs somebody is at now", multiprocess_mode=NEWEST)
JOBS_RETRIED: Final = Gauge(
    "carewire_jobs_retried",
    "Open jobs that failed at least once and wait for another try",
    multiprocess_mode=NEWEST,
)
JOBS_DEAD: Final = Gauge(
    "carewire_jobs_dead", "Jobs that were given up; an admin decides about them", multiprocess_mode=NEWEST
)
JOBS_OLDEST_SECONDS: Final = Gauge(
    "carewire_jobs_oldest_seconds", "How long the oldest due job has been due", multiprocess_mode=NEWEST
)
JOBS_RELAYED: Final = Counter("carewire_jobs_relayed", "Ids handed to the stream, again ones too")
JOBS_STREAM: Final = Gauge(
    "carewire_jobs_stream", "1 while this worker reads the stream; else it works from the table", multiprocess_mode=LIVE
)
JOBS_STRAY: Final = Counter("carewire_jobs_stray", "Entries of the stream that were no ids of jobs")
JOBS_WAKES_UNSENT: Final = Counter(
    "carewire_jobs_wakes_unsent", "Hints to the workers that were lost; they look by themselves"
)

LETTERS_TODAY: Final = Gauge(
    "carewire_letters_today", "Letters that left today (UTC), tries too", ["channel"], multiprocess_mode=NEWEST
)
LETTERS_CAP: Final = Gauge(
    "carewire_letters_cap", "Most letters a day; alarm well below it", ["channel"], multiprocess_mode=NEWEST
)
LETTERS_CAPPED: Final = Counter(
    "carewire_letters_capped", "Letters and codes refused because the day's were spent", ["channel"]
)
PAYMENTS: Final = Counter(
    "carewire_payments",
    "Money that came by a gateway: `applied`, or why it goes back; `refund_failed` needs a person",
    ["gateway", "outcome"],
)

WEBHOOKS: Final = Counter(
    "carewire_webhooks",
    "Calls of gateways by how they ended: done, repeated, unknown, ignored, or the reason of a refusal (forged, …)",
    ["gateway", "outcome"],
)
LETTERS_REPORTED: Final = Counter(
    "carewire_letters_reported",
    "Letters that a gateway said came so far: delivered, undelivered, …",
    ["channel", "state"],
)

SOCKETS: Final = Gauge("carewire_sockets", "Open sockets", multiprocess_mode=LIVE)
SOCKETS_MOVED: Final = Counter("carewire_sockets_moved", "Sockets told to move by a stopping node")
SOCKETS_CLOSED: Final = Counter("carewire_sockets_closed", "Sockets that ended, by close code", ["code"])
CONNECTIONS_REFUSED: Final = Counter(
    "carewire_connections_refused", "Connections cut off before they asked anything, by reason", ["reason"]
)
HANDSHAKES_REFUSED: Final = Counter("carewire_handshakes_refused", "Sockets refused before they opened", ["reason"])
NOTIFICATIONS_REFUSED: Final = Counter(
    "carewire_notifications_refused", "Calls without an id that were refused and so not answered", ["reason"]
)
FRAMES_REFUSED: Final = Counter("carewire_frames_refused", "Members of frames that were no request at all")
FRAMES_DROPPED: Final = Counter("carewire_frames_dropped", "Frames and members that went nowhere, by kind", ["kind"])
QUEUE_BYTES: Final = Gauge(
    "carewire_queue_bytes", "Bytes waiting for slow readers, by lane", ["lane"], multiprocess_mode=LIVE
)
TRANSLATIONS_MISSING: Final = Gauge(
    "carewire_translations_missing",
    "Texts that readers of a language see in English, at most some hundreds of each catalogue",
    ["locale"],
    multiprocess_mode="mostrecent",
)
