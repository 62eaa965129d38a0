"""Insurers, questions with answers, and pages: what administrators (content) write for everybody."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE
from carewire.errors import Forbidden
from carewire.forms import Email, Line, Name, Phone
from carewire.resource import Order, Part, equal, resource
from channels.content.forms import Body, Category, DisplayOrder, Keywords, Lines, Markdown, PageSlug, Title
from channels.content.packages import Country
from channels.content.sight import unless_editor
from channels.content.tables import Faq, InsuranceProvider, WebsitePage
from channels.content.treatments import IsActive
from channels.directory.access import content_only
from channels.identity import Capacity

Website = Annotated[str, Meta(pattern=r'^https?://[^\s<>"]{1,280}\Z')]
IsPublished = Annotated[bool, Meta(description="Only administrators see those that are not")]


class InsuranceView(msgspec.Struct, frozen=True, kw_only=True):
    """An insurance provider; `coverage` says what it pays for, line by line."""

    id: UUID
    name: str
    country: str | None
    phone: str | None
    email: str | None
    website: str | None
    coverage: list[str]
    is_active: bool


INSURANCE: Final = resource(
    "insurance",
    table=InsuranceProvider,
    view=InsuranceView,
    parameter="insurance_id",
    create={
        "name": Name,
        "country": Country | UnsetType,
        "phone": Phone | UnsetType,
        "email": Email | UnsetType,
        "website": Website | UnsetType,
        "coverage": Lines | UnsetType,
        "is_active": bool | UnsetType,
    },
    update={
        "name": Name,
        "country": Country | None,
        "phone": Phone | None,
        "email": Email | None,
        "website": Website | None,
        "coverage": Lines,
        "is_active": bool,
    },
    read={ANYONE},
    write={Capacity.ADMIN},
    door=content_only,
    errors={Forbidden},
    orders={"name": Order("lower(e.name)", str)},
    search=Part(("name",)),
    filters={"country": equal(Country), "is_active": equal(IsActive)},
    published="e.is_active",
    visible=unless_editor("e.is_active"),
)


class FaqView(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is asked often, and its answer."""

    id: UUID
    question: str
    answer: str
    category: str | None
    display_order: int
    is_published: bool
    locale: str
    fallback: list[str]


FAQS: Final = resource(
    "faq",
    table=Faq,
    view=FaqView,
    parameter="faq_id",
    create={
        "question": Line,
        "answer": Body,
        "category": Category | UnsetType,
        "display_order": DisplayOrder | UnsetType,
        "is_published": bool | UnsetType,
    },
    update={
        "question": Line,
        "answer": Body,
        "category": Category | None,
        "display_order": DisplayOrder,
        "is_published": bool,
    },
    read={ANYONE},
    write={Capacity.ADMIN},
    door=content_only,
    errors={Forbidden},
    orders={"display_order": Order("e.display_order", int)},
    search=Part(("question", "answer")),
    filters={"category": equal(Category), "is_published": equal(IsPublished)},
    published="e.is_published",
    visible=unless_editor("e.is_published"),
    translatable=("question", "answer"),
)


class WebsiteView(msgspec.Struct, frozen=True, kw_only=True):
    """A page; `content` is CommonMark. It is served, rendered, at `/pages/{slug}`."""

    slug: str
    title: str
    content: str
    description: str | None
    keywords: list[str]
    is_published: bool
    locale: str
    fallback: list[str]


PAGES: Final = resource(
    "website",
    table=WebsitePage,
    view=WebsiteView,
    key="slug",
    create={
        "slug": PageSlug,
        "title": Title,
        "content": Markdown,
        "description": Line | UnsetType,
        "keywords": Keywords | UnsetType,
        "is_published": bool | UnsetType,
    },
    update={
        "title": Title,
        "content": Markdown,
        "description": Line | None,
        "keywords": Keywords,
        "is_published": bool,
    },
    read={ANYONE},
    write={Capacity.ADMIN},
    door=content_only,
    errors={Forbidden},
    orders={"slug": Order("e.slug", str)},
    search=Part(("title",)),
    filters={"is_published": equal(IsPublished)},
    published="e.is_published",
    visible=unless_editor("e.is_published"),
    translatable=("title", "content", "description"),
)
