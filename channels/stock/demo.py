"""What stands in the demo's pharmacy (PRODUCT 21): common generics, most of them with two batches.

Fixed ids; running it again changes nothing.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.store.db import Tx
from channels.directory.demo import PHARMACY


def _id(kind: int, number: int) -> UUID:
    return UUID(f"0199d3a0-0000-7000-9{kind:03d}-{number:012d}")


SHELF: Final = (
    # name, generic, form, strength, pieces, paise a pack, schedule, packs
    ("Crocin 500", "Paracetamol", "tablet", "500 mg", 15, 2_050, "otc", 120),
    ("Dolo 650", "Paracetamol", "tablet", "650 mg", 15, 3_360, "otc", 90),
    ("Calpol 500", "Paracetamol", "tablet", "500 mg", 15, 1_580, "otc", 60),
    ("Calpol Paediatric", "Paracetamol", "suspension", "120 mg/5 ml", 1, 4_430, "otc", 25),
    ("Brufen 400", "Ibuprofen", "tablet", "400 mg", 15, 2_220, "otc", 40),
    ("Voveran Emulgel", "Diclofenac", "gel", "1%", 1, 13_200, "otc", 18),
    ("Cetzine", "Cetirizine", "tablet", "10 mg", 10, 2_100, "otc", 50),
    ("Allegra 120", "Fexofenadine", "tablet", "120 mg", 10, 22_800, "h", 20),
    ("Electral", "Oral rehydration salts", "powder", "21.8 g", 1, 2_250, "otc", 200),
    ("Zincovit", "Multivitamin with zinc", "tablet", None, 15, 11_000, "otc", 30),
    ("Digene Mint", "Magnesium and aluminium hydroxide", "suspension", None, 1, 15_700, "otc", 15),
    ("Pan 40", "Pantoprazole", "tablet", "40 mg", 15, 17_050, "h", 45),
    ("Pantocid 40", "Pantoprazole", "tablet", "40 mg", 15, 18_600, "h", 22),
    ("Omez 20", "Omeprazole", "capsule", "20 mg", 20, 6_350, "h", 40),
    ("Emeset 4", "Ondansetron", "tablet", "4 mg", 10, 5_920, "h", 30),
    ("Mox 500", "Amoxicillin", "capsule", "500 mg", 15, 13_400, "h1", 24),
    ("Augmentin 625", "Amoxicillin and clavulanic acid", "tablet", "625 mg", 10, 20_150, "h1", 20),
    ("Azithral 500", "Azithromycin", "tablet", "500 mg", 5, 13_260, "h1", 26),
    ("Taxim-O 200", "Cefixime", "tablet", "200 mg", 10, 11_050, "h1", 18),
    ("Glycomet 500", "Metformin", "tablet", "500 mg", 20, 4_320, "h", 60),
    ("Amaryl 1", "Glimepiride", "tablet", "1 mg", 30, 17_900, "h", 16),
    ("Amlong 5", "Amlodipine", "tablet", "5 mg", 15, 3_980, "h", 44),
    ("Telma 40", "Telmisartan", "tablet", "40 mg", 30, 22_450, "h", 35),
    ("Atorva 10", "Atorvastatin", "tablet", "10 mg", 15, 7_690, "h", 38),
    ("Ecosprin 75", "Acetylsalicylic acid", "tablet", "75 mg", 14, 540, "h", 70),
    ("Thyronorm 50", "Levothyroxine", "tablet", "50 mcg", 120, 19_800, "h", 14),
    ("Asthalin", "Salbutamol", "inhaler", "100 mcg", 1, 15_450, "h", 12),
    ("Montair LC", "Montelukast and levocetirizine", "tablet", "10 mg/5 mg", 15, 29_800, "h", 17),
    ("Betadine", "Povidone-iodine", "ointment", "5%", 1, 11_300, "otc", 21),
    ("Shelcal 500", "Calcium and vitamin D3", "tablet", "500 mg", 15, 13_160, "otc", 33),
    ("Insulin Glargine Pen", "Insulin glargine", "injection", "100 IU/ml", 1, 62_400, "h", 4),
)
MEDICINES: Final = tuple(_id(1, n) for n in range(len(SHELF)))
"""Their ids, in that order."""
LIFETIMES: Final = (timedelta(days=75), timedelta(days=540))
"""Of the two batches: a third of what is there expires first."""


async def seed(tx: Tx, now: datetime) -> None:
    """Articles, their batches, the deliveries those came by, and what counts as low."""
    await tx.executemany(
        "INSERT INTO medicine (id, pharmacy_id, name, generic, form, strength, pack_size, amount, currency,"
        " tax_basis_points, schedule, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'INR', $9, $10, $11)"
        " ON CONFLICT DO NOTHING",
        [
            (medicine_id, PHARMACY, name, generic, form, strength, pieces, amount, 1_200, schedule, now)
            for medicine_id, (name, generic, form, strength, pieces, amount, schedule, _) in zip(
                MEDICINES, SHELF, strict=True
            )
        ],
    )
    for n, (medicine_id, article) in enumerate(zip(MEDICINES, SHELF, strict=True)):
        packs = article[-1]
        for which, (share, lifetime) in enumerate(zip((packs // 3, packs - packs // 3), LIFETIMES, strict=True)):
            made = await tx.fetchval(
                "INSERT INTO stock_batch (id, medicine_id, pharmacy_id, number, expires_on, cost, received_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true",
                _id(2, 2 * n + which),
                medicine_id,
                PHARMACY,
                f"{article[0][:3].upper()}{26_000 + 2 * n + which}",
                (now + lifetime).date(),
                article[5] * 7 // 10,
                now,
            )
            if made and share:
                await tx.execute(
                    "INSERT INTO stock_movement (pharmacy_id, medicine_id, batch_id, kind, quantity, at)"
                    " VALUES ($1, $2, $3, 'receive', $4, $5)",
                    PHARMACY,
                    medicine_id,
                    _id(2, 2 * n + which),
                    share,
                    now,
                )
                await tx.execute("UPDATE stock SET low_at = 5 WHERE medicine_id = $1", medicine_id)
