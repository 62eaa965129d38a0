"""What administrators write for everybody holds no person; see `carewire.personal`."""

from carewire.personal import harmless

harmless("treatment", "name", "category", "description", why="a catalogue")
harmless("hospital_treatment", "description", "inclusions", "exclusions", why="what a hospital offers")
harmless("hospital_treatment_price", "currency", why="a currency")
harmless("package", "name", "country", "description", "inclusions", "currency", why="a catalogue")
harmless("package_season", "days", why="the days of a price")
harmless(
    "insurance_provider", "name", "country", "phone", "email", "website", "coverage",
    why="a company, as it shows itself to everybody",
)  # fmt: skip
harmless("faq", "question", "answer", "category", why="what administrators write for everybody")
harmless("website_page", "slug", "title", "content", "description", "keywords", why="what everybody reads")
harmless("translation", "noun", "entry_id", "field", "text", why="public texts in another language")
