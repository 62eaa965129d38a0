"""The allergen classes that the allergy check knows: data, to be read and corrected by a pharmacist.

Substances and classes are those of the WHO ATC index (whocc.no, groups in brackets). Which classes cross-react
(`related`) follows the prescribing texts of the British National Formulary on penicillin, sulfonamide and NSAID
hypersensitivity. Brand names are common ones of the Indian market. Spellings need not be listed: texts are folded by
sound (`search_fold`), so `amoxycillin` is `amoxicillin`; other scripts are, because their sound folds differently.

What it cannot know: substances and brands that are not here (such a line is checked by its name alone, and says so),
excipients and colours, foods, doses, interactions, and whether an old entry was ever a true allergy.
"""

from typing import Final

from msgspec import Struct


class AllergenClass(Struct, frozen=True, kw_only=True):
    """A class of substances. `words` name the class itself, as people write their allergies."""

    atc: str
    words: tuple[str, ...]
    substances: tuple[str, ...]
    brands: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


CLASSES: Final[dict[str, AllergenClass]] = {
    "penicillins": AllergenClass(
        atc="J01C",
        words=("penicillin", "penicillins", "beta-lactam", "पेनिसिलिन", "पेंसिलिन", "البنسلين", "بنسلين", "بنسيلين"),
        substances=(
            "amoxicillin", "ampicillin", "benzylpenicillin", "phenoxymethylpenicillin", "benzathine", "cloxacillin",
            "dicloxacillin", "flucloxacillin", "piperacillin", "bacampicillin", "clavulanate", "clavulanic",
            "co-amoxiclav", "amoxiclav", "एमोक्सिसिलिन", "अमोक्सिसिलिन", "एम्पिसिलिन", "أموكسيسيلين",
            "اموكسيسيلين", "أمبيسيلين",
        ),
        brands=("augmentin", "mox", "novamox", "moxikind", "clavam", "ampiclox", "penidure", "zosyn", "piptaz"),
        related=("cephalosporins", "carbapenems"),
    ),
    "cephalosporins": AllergenClass(
        atc="J01DB-J01DE",
        words=("cephalosporin", "cephalosporins", "सेफालोस्पोरिन", "سيفالوسبورين"),
        substances=(
            "cefalexin", "cefadroxil", "cefazolin", "cefuroxime", "cefaclor", "cefixime", "cefpodoxime", "ceftriaxone",
            "cefotaxime", "ceftazidime", "cefoperazone", "cefdinir", "cefepime", "सेफिक्साइम", "सेफ्ट्रियाक्सोन",
            "سيفيكسيم", "سيفترياكسون",
        ),
        brands=("taxim", "zifi", "monocef", "ceftum", "sporidex", "phexin", "cepodem"),
        related=("penicillins", "carbapenems"),
    ),
    "carbapenems": AllergenClass(
        atc="J01DH",
        words=("carbapenem", "carbapenems"),
        substances=("meropenem", "imipenem", "ertapenem", "doripenem", "faropenem"),
        brands=("meronem",),
        related=("penicillins", "cephalosporins"),
    ),
    "sulfonamides": AllergenClass(
        atc="J01E, A07EC01",
        words=("sulfa", "sulfur drugs", "sulfonamide", "sulfonamides", "सल्फा", "سلفا", "السلفا", "سلفوناميد"),
        substances=(
            "sulfamethoxazole", "sulfadiazine", "sulfasalazine", "sulfadoxine", "co-trimoxazole", "कोट्रिमोक्साजोल",
        ),
        brands=("septran", "bactrim", "saaz"),
    ),
    "macrolides": AllergenClass(
        atc="J01FA",
        words=("macrolide", "macrolides"),
        substances=("azithromycin", "clarithromycin", "erythromycin", "roxithromycin", "एज़िथ्रोमाइसिन", "أزيثروميسين"),
        brands=("azithral", "azee", "althrocin"),
    ),
    "quinolones": AllergenClass(
        atc="J01M",
        words=("quinolone", "quinolones", "fluoroquinolone", "fluoroquinolones"),
        substances=(
            "ciprofloxacin", "levofloxacin", "ofloxacin", "norfloxacin", "moxifloxacin", "gatifloxacin", "nalidixic",
            "सिप्रोफ्लोक्सासिन", "ओफ्लोक्सासिन", "سيبروفلوكساسين",
        ),
        brands=("ciplox", "cifran", "zenflox", "norflox"),
    ),
    "tetracyclines": AllergenClass(
        atc="J01AA",
        words=("tetracycline", "tetracyclines", "टेट्रासाइक्लिन", "تتراسيكلين"),
        substances=("doxycycline", "minocycline", "oxytetracycline", "tigecycline", "डॉक्सीसाइक्लिन", "دوكسيسيكلين"),
    ),
    "aminoglycosides": AllergenClass(
        atc="J01G",
        words=("aminoglycoside", "aminoglycosides"),
        substances=("gentamicin", "amikacin", "streptomycin", "tobramycin", "neomycin", "framycetin"),
        brands=("soframycin",),
    ),
    "nitroimidazoles": AllergenClass(
        atc="P01AB, J01XD",
        words=("nitroimidazole", "nitroimidazoles"),
        substances=("metronidazole", "tinidazole", "ornidazole", "secnidazole", "मेट्रोनिडाजोल", "مترونيدازول"),
        brands=("flagyl", "metrogyl"),
    ),
    "nsaids": AllergenClass(
        atc="M01A, N02BA",
        words=(
            "nsaid", "nsaids", "anti-inflammatories", "painkiller", "painkillers", "दर्द निवारक", "salicylate",
            "salicylates", "aspirin", "disprin", "ecosprin", "एस्पिरिन", "एस्प्रिन", "أسبرين", "اسبرين", "الأسبرين",
        ),
        substances=(
            "acetylsalicylic", "ibuprofen", "diclofenac", "aceclofenac", "naproxen", "ketorolac", "indomethacin",
            "mefenamic", "piroxicam", "meloxicam", "nimesulide", "etoricoxib", "celecoxib", "ketoprofen", "आइबुप्रोफेन",
            "इबुप्रोफेन", "डाइक्लोफेनाक", "إيبوبروفين", "ايبوبروفين", "ديكلوفيناك",
        ),
        brands=("brufen", "combiflam", "voveran", "meftal", "zerodol", "nise", "naprosyn"),
    ),
    "paracetamol": AllergenClass(
        atc="N02BE01",
        words=("paracetamol", "acetaminophen", "पैरासिटामोल", "पेरासिटामोल", "باراسيتامول"),
        substances=("crocin", "dolo", "calpol", "combiflam", "metacin"),
    ),
    "opioids": AllergenClass(
        atc="N02A, R05DA",
        words=("opioid", "opioids", "opiate", "opiates"),
        substances=(
            "morphine", "codeine", "tramadol", "fentanyl", "pethidine", "tapentadol", "oxycodone", "buprenorphine",
        ),
        brands=("ultracet", "corex"),
    ),
    "ace inhibitors": AllergenClass(
        atc="C09A",
        words=("ace inhibitor", "ace inhibitors"),
        substances=("enalapril", "ramipril", "lisinopril", "captopril", "perindopril"),
        brands=("envas", "cardace"),
    ),
    "statins": AllergenClass(
        atc="C10AA",
        words=("statin", "statins"),
        substances=("atorvastatin", "rosuvastatin", "simvastatin", "pravastatin"),
        brands=("atorva", "rosuvas"),
    ),
    "hydantoins and aromatic anticonvulsants": AllergenClass(
        atc="N03AB, N03AF, N03AA",
        words=("aromatic anticonvulsants",),
        substances=("phenytoin", "fosphenytoin", "carbamazepine", "oxcarbazepine", "phenobarbital", "phenobarbitone"),
        brands=("eptoin", "tegretol"),
    ),
    "amide anaesthetics": AllergenClass(
        atc="N01BB",
        words=("local anaesthetic", "local anesthetic", "local anaesthetics"),
        substances=("lidocaine", "lignocaine", "bupivacaine", "ropivacaine", "prilocaine", "articaine"),
        brands=("xylocaine",),
    ),
    "insulins": AllergenClass(
        atc="A10A",
        words=("insulin", "insulins", "इंसुलिन", "إنسولين"),
        substances=("glargine", "aspart", "lispro", "detemir", "degludec"),
        brands=("lantus", "novorapid", "humalog", "mixtard"),
    ),
}  # fmt: skip

PASSED_OVER: Final = frozenset((
    "tab", "tabs", "tablet", "tablets", "cap", "caps", "capsule", "capsules", "syrup", "injection", "drop",
    "drops", "cream", "ointment", "suspension", "solution", "spray", "inhaler", "powder", "forte", "plus",
    "kids", "junior", "adult", "retard", "oral", "units", "sodium", "potassium", "calcium", "magnesium",
    "hydrochloride", "sulfate", "phosphate", "maleate", "acetate", "citrate", "tartrate", "trihydrate", "acid",
    "allergy", "allergies", "allergic", "drug", "drugs", "medicine", "medicines", "antibiotic", "antibiotics",
    "reaction", "rash", "severe", "mild", "with", "from", "sulfur", "anti", "inflammatories", "local",
))  # fmt: skip
"""Words that stand beside names and say nothing of what it is."""
