"""Articles and services of a pharmacy as its people keep them and everybody finds them.

Ledger: medicine.list H-193 H-293, medicine.create H-194, medicine.update H-195, medicine.delete H-196,
medicine.get H-294, medicine.search H-295, the models H-027 H-029, pharmacy_service.list H-209,
pharmacy_service.get H-210, pharmacy_service.create H-211, pharmacy_service.update H-212, pharmacy_service.delete H-213.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound, Unauthenticated
from carewire.node import Node
from channels.directory.demo import PHARMACY
from channels.identity.demo import Person
from channels.stock import access as stock
from channels.stock.demo import MEDICINES, SHELF
from channels.stock.errors import AlreadyStocked, TooManyArticles
from channels.stock.medicines import ARTICLES_MAX
from tests.channels.callers import Caller, told
from tests.channels.stock.conftest import INR, Shop, open_shop

NEW: dict[str, Any] = {
    "name": "Crocin",
    "form": "tablet",
    "price": {"amount": 2_050, "currency": INR},
    "schedule": "otc",
}
OTHER = Person(uuid4(), "+919900020002", "Otto Owner", "en", ())


async def test_only_its_own_people_keep_the_articles_of_a_pharmacy(
    shop: Shop, technician: Caller, priya: Caller, anon: Caller
) -> None:
    one = await shop.article("Paracetamol", (90, 5))
    for who, refused in ((technician, NotFound), (priya, Forbidden), (anon, Unauthenticated)):
        for method, params in (
            ("medicine.create", {"pharmacy_id": shop.id, **NEW}),
            ("medicine.update", {"medicine_id": one, "is_available": False}),
            ("medicine.delete", {"medicine_id": one}),
        ):
            with pytest.raises(refused):
                await who.call(method, **params)
    assert (await anon.call("medicine.get", medicine_id=one))["is_available"] is True


async def test_everybody_reads_what_is_for_sale_and_never_how_many_there_are(shop: Shop, anon: Caller) -> None:
    one = await shop.article("Paracetamol", (90, 6), generic="Paracetamol", strength="500 mg", pack_size=15)
    entry = await anon.call("medicine.get", medicine_id=one)
    assert entry["availability"] == "available"
    assert entry["price"] == {"amount": 2_500, "currency": INR, "exponent": 2}
    assert not {"physical", "held", "low_at", "cost"} & entry.keys()
    await shop.hold((one, 1), minutes=5)
    assert (await anon.call("medicine.get", medicine_id=one))["availability"] == "few"
    await shop.hold((one, 5), minutes=5)
    assert (await anon.call("medicine.list", pharmacy_id=shop.id))["rows"][0]["availability"] == "none"
    assert (await anon.call("medicine.list", pharmacy_id=shop.id, availability="few"))["rows"] == []
    shop.clock.turn(minutes=6)
    assert (await anon.call("medicine.get", medicine_id=one))["availability"] == "available", "no job had to run"
    shop.clock.turn(days=91)
    assert (await anon.call("medicine.get", medicine_id=one))["availability"] == "none"


async def test_what_is_taken_off_is_seen_by_its_people_and_administrators(
    shop: Shop, anon: Caller, admin: Caller, priya: Caller
) -> None:
    one = await shop.article("Paracetamol")
    await shop.pharmacist.call("medicine.update", medicine_id=one, is_available=False)
    for who in (anon, priya):
        with pytest.raises(NotFound):
            await who.call("medicine.get", medicine_id=one)
    for who in (shop.pharmacist, admin):
        assert (await who.call("medicine.get", medicine_id=one))["is_available"] is False
    await shop.pharmacist.call("medicine.update", medicine_id=one, is_available=True)
    await shop.pharmacist.call("medicine.delete", medicine_id=one)
    with pytest.raises(NotFound):
        await admin.call("medicine.get", medicine_id=one)
    with pytest.raises(NotFound):
        await shop.receive(one, "B1", 9, 1)
    changes = [data["change"] for _, data in await told(shop.node, "catalogue:medicine")]
    assert changes == ["created", "deleted", "created", "deleted"]


async def test_the_same_article_twice_is_refused_and_may_come_again_when_it_was_closed(shop: Shop) -> None:
    more = {"strength": "500 mg", "barcode": "8901234567890"}
    first = await shop.pharmacist.call("medicine.create", **NEW, **more)
    with pytest.raises(AlreadyStocked):
        await shop.pharmacist.call("medicine.create", **NEW, strength="500 mg")
    with pytest.raises(AlreadyStocked):
        await shop.pharmacist.call("medicine.create", **NEW, strength="650 mg", barcode="8901234567890")
    await shop.pharmacist.call("medicine.delete", medicine_id=first["id"])
    assert (await shop.pharmacist.call("medicine.create", **NEW, **more))["id"] != first["id"]
    changed = await shop.pharmacist.call(
        "medicine.update",
        medicine_id=(await shop.pharmacist.call("medicine.list", pharmacy_id=shop.id))["rows"][0]["id"],
        price={"amount": 2_200, "currency": INR},
        generic="Paracetamol",
        barcode=None,
    )
    assert (changed["price"]["amount"], changed["generic"], changed["barcode"]) == (2_200, "Paracetamol", None)


async def test_a_pharmacy_has_only_so_many_articles(shop: Shop) -> None:
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "INSERT INTO medicine (pharmacy_id, name, form, amount, currency, schedule, created_at)"
            " SELECT $1, 'N' || n, 'gel', 1, 'INR', 'otc', $2 FROM generate_series(1, $3::int) n",
            shop.id,
            ctx.now,
            ARTICLES_MAX,
        )
    )
    with pytest.raises(TooManyArticles):
        await shop.pharmacist.call("medicine.create", **NEW)
    page = await shop.pharmacist.call("medicine.list", pharmacy_id=shop.id, count=True, limit=1)
    assert page["total"] == ARTICLES_MAX


async def test_one_who_keeps_two_pharmacies_says_which(shop: Shop) -> None:
    other = await open_shop(shop.node, OTHER)
    assert shop.pharmacist.actor is not None
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'pharmacist', $3)",
            shop.pharmacist.actor.id,  # type: ignore[union-attr]
            other,
            ctx.now,
        )
    )
    with pytest.raises(InvalidParams):
        await shop.pharmacist.call("medicine.create", **NEW)
    assert (await shop.pharmacist.call("medicine.create", pharmacy_id=other, **NEW))["pharmacy_id"] == str(other)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("crocin", "Crocin 500"),
        ("paracetamol 650", "Dolo 650"),
        ("paracetmol 650", "Dolo 650"),  # off by a letter
        ("pantop pantocid", "Pantocid 40"),
        ("पैरासिटामोल 650", "Dolo 650"),
        ("آموكسيسيلين", "Mox 500"),
        ("azithro", "Azithral 500"),
        ("thyronorm", "Thyronorm 50"),
    ],
)
async def test_a_medicine_is_found_by_name_or_generic_in_any_script(
    typed: str, found: str, clinic: Node, anon: Caller
) -> None:
    rows = (await anon.call("medicine.search", search=typed))["rows"]
    assert rows, typed
    assert found in [row["medicine"]["name"] for row in rows][:2]
    assert rows[0]["pharmacy_name"].startswith("Arogya")
    listed = (await anon.call("medicine.list", search=typed, pharmacy_id=PHARMACY))["rows"]
    assert {row["id"] for row in listed} == {row["medicine"]["id"] for row in rows}


async def test_only_pharmacies_that_can_be_quoted_are_searched_and_pages_meet(shop: Shop, anon: Caller) -> None:
    prices = (900, 100, 500, 300)
    for n, amount in enumerate(prices):
        await shop.article(
            "Raremycin", (90, n), strength=f"{n} mg", price={"amount": amount, "currency": INR}
        ) if n else (await shop.article("Raremycin", strength="0 mg", price={"amount": amount, "currency": INR}))

    async def search(**more: Any) -> list[int]:
        found: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = await anon.call("medicine.search", search="raremycin", limit=3, **cursor, **more)
            found += [row["medicine"]["price"]["amount"] for row in page["rows"]]
            if page["cursor"] is None:
                return found
            cursor = {"cursor": page["cursor"]}

    assert await search() == sorted(prices), "alike by name: what costs least first"
    assert await search(in_stock=True) == [100, 300, 500]
    assert await search(city="pune") == sorted(prices)
    assert await search(city="Delhi") == []
    assert await search(serves="411001") == []
    until = (shop.now + timedelta(hours=1)).isoformat()
    await shop.pharmacist.call("pharmacy.update", pharmacy_id=shop.id, served_postal_codes=["411001"])
    assert await search(serves="411001") == sorted(prices)
    await shop.pharmacist.call("provider.pause_orders", place_id=shop.id, until=until)
    assert await search() == []
    shop.clock.turn(hours=2)
    assert await search() == sorted(prices)
    with pytest.raises(InvalidParams):
        await anon.call("medicine.search", search="raremycin", cursor="bm9uc2Vuc2U")


async def test_what_could_be_given_instead_is_of_the_same_generic_strength_and_form(clinic: Node, shop: Shop) -> None:
    names = {medicine_id: article[0] for medicine_id, article in zip(MEDICINES, SHELF, strict=True)}
    crocin = next(one for one, name in names.items() if name == "Crocin 500")
    found = await shop.run(lambda ctx: stock.equivalents(ctx, crocin))
    assert [one.name for one in found] == ["Calpol 500"], "neither 650 mg nor the suspension"
    assert found[0].price.amount == 1_580
    pan = next(one for one, name in names.items() if name == "Pan 40")
    assert [one.name for one in await shop.run(lambda ctx: stock.equivalents(ctx, pan))] == ["Pantocid 40"]
    plain = await shop.article("No generic known")
    assert await shop.run(lambda ctx: stock.equivalents(ctx, plain)) == []


async def test_what_is_on_a_bill_stays_readable_when_it_is_closed(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (90, 2), schedule="h1", tax_basis_points=1_200, pack_size=15)
    await shop.pharmacist.call("medicine.delete", medicine_id=one)
    found = await shop.run(lambda ctx: stock.articles(ctx, [one, UUID(int=0)]))
    assert found.keys() == {one}
    assert (found[one].offered, found[one].schedule, found[one].pack_size) == (False, "h1", 15)


async def test_services_are_kept_by_the_pharmacy_and_the_active_ones_are_everybodys(
    shop: Shop, technician: Caller, anon: Caller, admin: Caller
) -> None:
    with pytest.raises(NotFound):
        await technician.call("pharmacy_service.create", pharmacy_id=shop.id, name="Home delivery")
    made = await shop.pharmacist.call("pharmacy_service.create", name="Home delivery")
    assert (made["price"], made["is_active"], made["pharmacy_id"]) == (None, True, str(shop.id))
    key = {"pharmacy_service_id": made["id"]}
    with pytest.raises(Conflict):
        await shop.pharmacist.call("pharmacy_service.create", name="HOME delivery")
    with pytest.raises(NotFound):
        await technician.call("pharmacy_service.update", **key, is_active=False)
    priced = await shop.pharmacist.call("pharmacy_service.update", **key, price={"amount": 3_000, "currency": INR})
    assert priced["price"] == {"amount": 3_000, "currency": INR, "exponent": 2}
    assert (await anon.call("pharmacy_service.list", pharmacy_id=shop.id))["rows"] == [priced]
    await shop.pharmacist.call("pharmacy_service.update", **key, price=None, is_active=False)
    assert (await anon.call("pharmacy_service.list", pharmacy_id=shop.id))["rows"] == []
    with pytest.raises(NotFound):
        await anon.call("pharmacy_service.get", **key)
    for who in (shop.pharmacist, admin):
        assert (await who.call("pharmacy_service.get", **key))["price"] is None
    with pytest.raises(NotFound):
        await technician.call("pharmacy_service.delete", **key)
    await shop.pharmacist.call("pharmacy_service.delete", **key)
    assert (await shop.pharmacist.call("pharmacy_service.list", pharmacy_id=shop.id))["rows"] == []
    changes = [data["change"] for _, data in await told(shop.node, "catalogue:pharmacy_service")]
    assert changes == ["created", "updated", "deleted"]
