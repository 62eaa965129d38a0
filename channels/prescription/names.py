"""By which other names the substances of `allergens.py` are known: other spellings and scripts, compounds, brands.

Spellings that sound alike need not be listed: texts are folded by sound (`search_fold`), so `amoxycillin` is
`amoxicillin`; other scripts are, because their sound folds differently. A brand stands here only with the page that
says what is in it; what is sold as the same name elsewhere may differ.
"""

from typing import Final

OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    # British approved names of compounds, older and American names, salts.
    "co-amoxiclav": ("amoxicillin", "clavulanic"), "amoxiclav": ("amoxicillin", "clavulanic"),
    "co-fluampicil": ("flucloxacillin", "ampicillin"), "co-trimoxazole": ("sulfamethoxazole", "trimethoprim"),
    "clavulanate": ("clavulanic",), "benzathine": ("benzylpenicillin",), "procaine penicillin":
    ("benzylpenicillin", "procaine"), "amoxicilline": ("amoxicillin",), "amoxicilina": ("amoxicillin",),
    "aspirin": ("acetylsalicylic",), "acetaminophen": ("paracetamol",), "lignocaine": ("lidocaine",),
    "amethocaine": ("tetracaine",), "dibucaine": ("cinchocaine",), "phenobarbitone": ("phenobarbital",),
    "meperidine": ("pethidine",), "diatrizoate": ("diatrizoic",), "iothalamate": ("iotalamic",),
    "ioxaglate": ("ioxaglic",), "gadopentetate": ("gadopentetic",), "gadoterate": ("gadoteric",),
    "gadobenate": ("gadobenic",), "gadoxetate": ("gadoxetic",),
    # Hindi
    "एमोक्सिसिलिन": ("amoxicillin",), "अमोक्सिसिलिन": ("amoxicillin",), "एम्पिसिलिन": ("ampicillin",),
    "ऑगमेंटिन": ("amoxicillin", "clavulanic"), "सेफिक्साइम": ("cefixime",), "सेफ्ट्रियाक्सोन": ("ceftriaxone",),
    "कोट्रिमोक्साजोल": ("sulfamethoxazole", "trimethoprim"), "एज़िथ्रोमाइसिन": ("azithromycin",),
    "सिप्रोफ्लोक्सासिन": ("ciprofloxacin",), "ओफ्लोक्सासिन": ("ofloxacin",), "टेट्रासाइक्लिन": ("tetracycline",),
    "डॉक्सीसाइक्लिन": ("doxycycline",), "मेट्रोनिडाजोल": ("metronidazole",), "एस्पिरिन": ("acetylsalicylic",),
    "एस्प्रिन": ("acetylsalicylic",), "आइबुप्रोफेन": ("ibuprofen",), "इबुप्रोफेन": ("ibuprofen",),
    "डाइक्लोफेनाक": ("diclofenac",), "पैरासिटामोल": ("paracetamol",), "पेरासिटामोल": ("paracetamol",),
    # Arabic
    "أموكسيسيلين": ("amoxicillin",), "اموكسيسيلين": ("amoxicillin",), "أمبيسيلين": ("ampicillin",),
    "سيفيكسيم": ("cefixime",), "سيفترياكسون": ("ceftriaxone",), "أزيثروميسين": ("azithromycin",),
    "سيبروفلوكساسين": ("ciprofloxacin",), "تتراسيكلين": ("tetracycline",), "دوكسيسيكلين": ("doxycycline",),
    "مترونيدازول": ("metronidazole",), "أسبرين": ("acetylsalicylic",), "اسبرين": ("acetylsalicylic",),
    "إيبوبروفين": ("ibuprofen",), "ايبوبروفين": ("ibuprofen",), "ديكلوفيناك": ("diclofenac",),
    "باراسيتامول": ("paracetamol",),
}  # fmt: skip

BRANDS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "amoxil": (("amoxicillin",), "GLOS"),
    "augmentin": (("amoxicillin", "clavulanic"), "GLOS"),
    "tazocin": (("piperacillin", "tazobactam"), "GLOS"),
    "timentin": (("ticarcillin", "clavulanic"), "GLOS"),
    "magnapen": (("flucloxacillin", "ampicillin"), "GLOS"),
    "novamox": (("amoxicillin",), "Cipla; muthumedicals.com/product/novamox-redimix-drops-10ml"),
    "ampiclox": (("ampicillin", "cloxacillin"), "Prescribing information Ampiclox; healthdocbox.com"),
    "taxim-o": (("cefixime",), "Alkem; mims.com/philippines/drug/info/taxim-o"),
    "ziprax": (("cefixime",), "Cipla; ciplamed.com/content/ziprax-dispersible-tablets-dry-syrup"),
    "monocef": (("ceftriaxone",), "Aristo; therxreviewer.com/?p=15848"),
    "cefbact-s": (("ceftriaxone", "sulbactam"), "Cipla; ciplamed.com/content/cefbact-s-injection"),
    "ceftum": (("cefuroxime",), "GlaxoSmithKline, prescribing information Ceftum; healthdocbox.com"),
    "magnex": (("cefoperazone", "sulbactam"), "Prescribing information Magnex; healthdocbox.com"),
    "septran": (("sulfamethoxazole", "trimethoprim"), "GlaxoSmithKline; practo.com/medicine-info/septran-tablet-55775"),
    "septrin": (("sulfamethoxazole", "trimethoprim"), "Aspen; medicines.ie, SPC 6610"),
    "bactrim": (("sulfamethoxazole", "trimethoprim"), "Roche, product information Bactrim; studyres.com/doc/7828373"),
    "azithral": (("azithromycin",), "Alembic; aumpharmacy.in/product/azithral-500mg-tablet"),
    "ciproxin": (("ciprofloxacin",), "Bayer; patient-info.co.uk, leaflet 97624"),
    "brufen": (("ibuprofen",), "Mylan; medicines.org.uk/emc/product/1731"),
    "combiflam": (("ibuprofen", "paracetamol"), "Sanofi, CDSCO alert; pharmabiz.com, Sanofi recalls some batches"),
    "voveran": (("diclofenac",), "Novartis, order of the DCGI; Business Standard (PTI), 12 July 2018"),
    "meftal": (("mefenamic",), "Drug alert of the Indian Pharmacopoeia Commission, December 2023"),
    "zerodol": (("aceclofenac",), "Ipca; pharmacyhelp.in/zerodol-sp-composition"),
    "zerodol-sp": (("aceclofenac", "paracetamol"), "Ipca; pharmacyhelp.in/zerodol-sp-composition"),
    "ecosprin": (("acetylsalicylic",), "USV; medicalcheatsheets.blogspot.com/2011/06"),
    # Sold with the one and with the other under one name.
    "disprin": (
        ("acetylsalicylic", "paracetamol"),
        "Reckitt Benckiser; Business Standard, FDA restricts Disprin sales",
    ),
    "dolo": (("paracetamol",), "Micro Labs; ndtv.com, 16 April 2025"),
    "crocin": (("paracetamol",), "Deccan Herald, 16 January 2022"),
    "calpol": (("paracetamol",), "GlaxoSmithKline; Deccan Herald, 16 January 2022"),
    "pacimol": (("paracetamol",), "Deccan Herald, 16 January 2022"),
}
"""What is in a brand, and where that is read: a word of `SOURCES`, or the page itself."""

PASSED_OVER: Final = frozenset((
    "tab", "tabs", "tablet", "tablets", "cap", "caps", "capsule", "capsules", "syrup", "injection", "drop",
    "drops", "cream", "ointment", "suspension", "solution", "spray", "inhaler", "powder", "forte", "plus",
    "inj", "syp", "gel", "pen", "eye", "ear", "for", "the", "per", "day", "mcg", "usp", "kid", "kids", "junior",
    "adult", "retard", "oral", "units", "duo", "dry", "advance", "dispersible",
    "sodium", "potassium", "calcium", "magnesium", "hydrochloride", "sulfate", "phosphate", "maleate", "acetate",
    "citrate", "tartrate", "trihydrate", "acid", "axetil", "proxetil",
    "allergy", "allergies", "allergic", "drug", "drugs", "medicine", "medicines", "antibiotic", "antibiotics",
    "reaction", "rash", "itching", "hives", "swelling", "severe", "mild", "with", "from", "after", "since", "sulfur",
    "anti", "inflammatories", "local", "दवा", "एलर्जी",
))  # fmt: skip
"""Words that stand beside names and say nothing of what it is."""
