"""A person as the tables know her: an account, and the patient records that are of herself."""

from uuid import UUID

from carewire.personal import Subject
from carewire.store.db import Tx


async def subject_of(tx: Tx, account_id: UUID) -> Subject:
    """Everything that stands for the account's holder. Patients she only acts for are other people."""
    account = await tx.fetchrow("SELECT name, phone, email FROM account WHERE id = $1", account_id)
    rows = await tx.fetch(
        "SELECT p.id, p.name, p.phone FROM patient p WHERE EXISTS (SELECT FROM guardianship g"
        " WHERE g.patient_id = p.id AND g.account_id = $1 AND g.kind = 'self' AND g.until IS NULL)",
        account_id,
    )
    names = {row["name"] for row in rows} | ({account["name"]} if account else set())
    # A record's number may be somebody else's who brought her; only the account's was proved.
    addresses = {account["phone"], account["email"]} if account else set()
    return Subject(
        accounts=[account_id],
        patients=[row["id"] for row in rows],
        addresses=sorted(word for word in addresses if word),
        names=sorted(names - {"—"}),
    )
