"""What identity keeps of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity.nouns import MEDICAL

_OF_ACCOUNT = "account_id = ANY($1)"

holds(
    "account",
    whose="id = ANY($1)",
    personal={
        "name": "'—'", "phone": "NULL", "email": "NULL", "email_verified_at": "NULL", "password_hash": "NULL",
        "state": "'deleted'", "zone": "NULL",
    },
    secret={"password_hash"},
)  # fmt: skip
holds("account_capacity", whose=_OF_ACCOUNT, personal={})
holds("membership", whose=_OF_ACCOUNT, personal={})
holds("admin_scope", whose=_OF_ACCOUNT, personal={})
holds("admin_request", whose="$1 && ARRAY[subject_id, asked_by, decided_by]", personal={})
holds(
    "patient",
    whose="id = ANY($2)",
    personal={"name": "'—'", "phone": "NULL", "birth_date": "NULL"},
    kept=MEDICAL,
)
# Another's record that carries her number, which will be somebody else's.
holds("patient", whose="phone = ANY($3) AND id <> ALL($2)", personal={"phone": "NULL"})
holds("guardianship", whose=f"{_OF_ACCOUNT} OR patient_id = ANY($2)", personal={})
holds("patient_claim", whose=f"{_OF_ACCOUNT} OR patient_id = ANY($2)", personal={})
holds(
    "guardian_invitation",
    whose="phone = ANY($3) OR invited_by = ANY($1) OR patient_id = ANY($2)",
    personal={"phone": None},
)
holds("login", whose=_OF_ACCOUNT, personal={"device": "NULL"})
holds(
    "refresh_token",
    whose="login_id IN (SELECT id FROM login WHERE account_id = ANY($1))",
    personal={"digest": None},
    secret={"digest"},
)
holds("login_otp", whose="phone = ANY($3)", personal={"phone": None}, secret={"code_digest", "nonce", "charged"})
holds(
    "registration",
    whose="phone = ANY($3) OR email = ANY($3)",
    personal={"phone": None, "name": None, "email": None, "password_hash": None},
    secret={"ticket_digest", "password_hash"},
)
holds("address_proof", whose=_OF_ACCOUNT, personal={"email": None}, secret={"digest"})
# Of others only what can no longer be taken back: their undo is theirs.
holds(
    "contact_change",
    whose=f"{_OF_ACCOUNT} OR (state <> 'standing' AND (old = ANY($3) OR new = ANY($3)))",
    personal={"old": None, "new": None},
    secret={"digest"},
)
holds("terms_acceptance", whose=_OF_ACCOUNT, personal={}, kept=MEDICAL)
holds("terms_version", whose="published_by = ANY($1)", personal={})
holds("export_order", whose=_OF_ACCOUNT, personal={})
holds(
    "export_part",
    whose="export_id IN (SELECT id FROM export_order WHERE account_id = ANY($1))",
    personal={"sealed": None},
    secret={"sealed"},
)
holds("erasure", whose=_OF_ACCOUNT, personal={})

harmless("account", "locale", why="a language, not whose")
harmless("registration", "locale", why="a language, not whose")
harmless("registration", "accepts", why="versions of texts")
harmless("terms_version", "kind", why="a closed list")
harmless("terms_text", "kind", "locale", "title", "text", why="published by the platform")
harmless("terms_acceptance", "kind", "locale", why="which text")
harmless("throttle", "subject", why="a keyed digest that is gone within a day")
harmless("login_otp", "code_digest", "nonce", "charged", why="keyed digests of codes that live five minutes")
harmless("registration", "ticket_digest", why="the digest of a random token")
harmless("admin_request", "scopes", "changes", why="words and numbers of the platform's settings")
harmless("admin_settings", "value", why="numbers and switches of the platform")
harmless("erasure_remains", "what", "reason", why="names of tables, and reasons from the code")

leaves_traces(
    topics=(
        "SELECT 'account:' || id FROM account WHERE id = ANY($1)",
        "SELECT 'notifications:' || id FROM account WHERE id = ANY($1)",
    ),
)
