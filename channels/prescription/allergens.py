"""The allergen classes that the allergy check knows: data with its sources, to be read and corrected by a pharmacist.

Each substance stands with its code in the WHO ATC index, of which the groups of its class are a part (`atc`); which
members of a class, and which classes, cross-react is told by its `sources` (`sources.py`). `related` is the weaker
warning: most who are allergic to the one tolerate the other.

What it cannot know: substances and brands that are not here (such a line is checked by its name alone, and says so),
excipients and colours, foods, doses, interactions, and whether an old entry was ever a true allergy. Left out because
the sources say that they do not cross-react: furosemide, thiazides and celecoxib with sulfonamide antibiotics (CCJM,
TGA), paracetamol with NSAIDs in usual doses (NSAID), seafood and iodine with contrast media (IODINE).
"""

from typing import Final

from msgspec import Struct


class AllergenClass(Struct, frozen=True, kw_only=True):
    """A class of substances, each with its ATC code. `words` name the class itself, as people write their allergies."""

    atc: tuple[str, ...]
    sources: tuple[str, ...]
    words: tuple[str, ...] = ()
    substances: dict[str, str]
    related: tuple[str, ...] = ()


PENICILLIN: Final = (
    "penicillin", "penicillins", "pencillin", "penicilline", "penicilina", "penicillin v", "penicillin g", "pen v",
    "beta-lactam", "beta-lactams", "पेनिसिलिन", "पेंसिलिन", "पेनिसिलीन", "البنسلين", "بنسلين", "بنسيلين",
)  # fmt: skip
LOCAL: Final = ("local anaesthetic", "local anaesthetics", "local anesthetic", "local anesthetics")
OPIOID: Final = ("opioid", "opioids", "opiate", "opiates")

CLASSES: Final[dict[str, AllergenClass]] = {
    "penicillins": AllergenClass(
        atc=("J01C",),
        sources=("GLOS", "FORTH"),
        words=PENICILLIN,
        substances={
            "ampicillin": "J01CA01", "amoxicillin": "J01CA04", "carbenicillin": "J01CA03", "bacampicillin": "J01CA06",
            "pivmecillinam": "J01CA08", "mecillinam": "J01CA11", "piperacillin": "J01CA12", "ticarcillin": "J01CA13",
            "temocillin": "J01CA17", "benzylpenicillin": "J01CE01", "phenoxymethylpenicillin": "J01CE02",
            "dicloxacillin": "J01CF01", "cloxacillin": "J01CF02", "meticillin": "J01CF03", "oxacillin": "J01CF04",
            "flucloxacillin": "J01CF05", "nafcillin": "J01CF06", "sultamicillin": "J01CR04",
        },
        related=("cephalosporins", "carbapenems and penems", "beta-lactamase inhibitors"),
    ),
    # Who says "penicillin" mostly had amoxicillin: the nearer cephalosporins are no weaker warning to her.
    "aminopenicillin side chain": AllergenClass(
        atc=("J01C", "J01DB", "J01DC"),
        sources=("JACI", "SIDE"),
        words=PENICILLIN,
        substances={
            "ampicillin": "J01CA01", "amoxicillin": "J01CA04", "bacampicillin": "J01CA06", "sultamicillin": "J01CR04",
            "cefalexin": "J01DB01", "cefadroxil": "J01DB05", "cefaclor": "J01DC04", "cefprozil": "J01DC10",
        },
    ),
    "beta-lactamase inhibitors": AllergenClass(
        atc=("J01CG", "J01CR"),
        sources=("ATC",),
        substances={"sulbactam": "J01CG01", "tazobactam": "J01CG02", "clavulanic": "J01CR02"},
        related=("penicillins",),
    ),
    "cephalosporins": AllergenClass(
        atc=("J01DB", "J01DC", "J01DD", "J01DE", "J01DI"),
        sources=("FORTH", "JACI"),
        words=("cephalosporin", "cephalosporins", "cefalosporin", "beta-lactam", "beta-lactams", "सेफालोस्पोरिन",
               "سيفالوسبورين"),
        substances={
            "cefalexin": "J01DB01", "cefalotin": "J01DB03", "cefazolin": "J01DB04", "cefadroxil": "J01DB05",
            "cefradine": "J01DB09", "cefoxitin": "J01DC01", "cefuroxime": "J01DC02", "cefaclor": "J01DC04",
            "cefprozil": "J01DC10", "cefotaxime": "J01DD01", "ceftazidime": "J01DD02", "ceftriaxone": "J01DD04",
            "ceftizoxime": "J01DD07", "cefixime": "J01DD08", "cefoperazone": "J01DD12", "cefpodoxime": "J01DD13",
            "ceftibuten": "J01DD14", "cefdinir": "J01DD15", "cefditoren": "J01DD16", "cefepime": "J01DE01",
            "cefpirome": "J01DE02", "ceftobiprole": "J01DI01", "ceftaroline": "J01DI02", "cefiderocol": "J01DI04",
            "ceftolozane": "J01DI54",
        },
        related=("penicillins", "carbapenems and penems"),
    ),
    "carbapenems and penems": AllergenClass(
        atc=("J01DH", "J01DI03"),
        sources=("GLOS",),
        words=("carbapenem", "carbapenems", "beta-lactam", "beta-lactams"),
        substances={
            "meropenem": "J01DH02", "ertapenem": "J01DH03", "doripenem": "J01DH04", "biapenem": "J01DH05",
            "imipenem": "J01DH51", "faropenem": "J01DI03",
        },
        related=("penicillins", "cephalosporins"),
    ),
    "ceftazidime side chain": AllergenClass(
        atc=("J01DD", "J01DF"), sources=("SIDE",), substances={"ceftazidime": "J01DD02", "aztreonam": "J01DF01"}
    ),
    "sulfonamides": AllergenClass(
        atc=("J01E", "S01AB", "D06BA", "A07EC", "P01BD51"),
        sources=("TGA", "CCJM"),
        words=("sulfa", "sulfa drugs", "sulfur drugs", "sulfonamide", "sulfonamides", "सल्फा", "سلفا", "السلفا",
               "سلفوناميد"),
        substances={
            "sulfamethoxazole": "J01EC01", "sulfadiazine": "J01EC02", "sulfadimidine": "J01EB03",
            "sulfapyridine": "J01EB04", "sulfafurazole": "J01EB05", "sulfalene": "J01ED02", "sulfacetamide": "S01AB04",
            "sulfasalazine": "A07EC01", "mafenide": "D06BA03", "sulfadoxine": "P01BD51",
        },
        related=("sulfones",),
    ),
    "sulfones": AllergenClass(
        atc=("J04BA",), sources=("TGA",), substances={"dapsone": "J04BA02"}, related=("sulfonamides",)
    ),
    "trimethoprim": AllergenClass(atc=("J01EA",), sources=("ATC",), substances={"trimethoprim": "J01EA01"}),
    "macrolides": AllergenClass(
        atc=("J01FA", "A07AA12"),
        sources=("MACRO",),
        words=("macrolide", "macrolides"),
        substances={
            "erythromycin": "J01FA01", "spiramycin": "J01FA02", "roxithromycin": "J01FA06", "josamycin": "J01FA07",
            "clarithromycin": "J01FA09", "azithromycin": "J01FA10", "telithromycin": "J01FA15",
            "fidaxomicin": "A07AA12",
        },
    ),
    "lincosamides": AllergenClass(
        atc=("J01FF",), sources=("NONBETA",), substances={"clindamycin": "J01FF01", "lincomycin": "J01FF02"}
    ),
    "quinolones": AllergenClass(
        atc=("J01M",),
        sources=("NONBETA",),
        words=("quinolone", "quinolones", "fluoroquinolone", "fluoroquinolones"),
        substances={
            "ofloxacin": "J01MA01", "ciprofloxacin": "J01MA02", "pefloxacin": "J01MA03", "norfloxacin": "J01MA06",
            "lomefloxacin": "J01MA07", "sparfloxacin": "J01MA09", "levofloxacin": "J01MA12", "moxifloxacin": "J01MA14",
            "gemifloxacin": "J01MA15", "gatifloxacin": "J01MA16", "prulifloxacin": "J01MA17", "delafloxacin": "J01MA23",
            "levonadifloxacin": "J01MA24", "nalidixic": "J01MB02",
        },
    ),
    "tetracyclines": AllergenClass(
        atc=("J01AA",),
        sources=("NONBETA",),
        words=("tetracyclines",),
        substances={
            "demeclocycline": "J01AA01", "doxycycline": "J01AA02", "lymecycline": "J01AA04",
            "oxytetracycline": "J01AA06", "tetracycline": "J01AA07", "minocycline": "J01AA08", "tigecycline": "J01AA12",
        },
    ),
    "aminoglycosides": AllergenClass(
        atc=("J01G", "A07AA06", "D09AA01"),
        sources=("AMINO",),
        words=("aminoglycoside", "aminoglycosides"),
        substances={
            "streptomycin": "J01GA01", "tobramycin": "J01GB01", "gentamicin": "J01GB03", "kanamycin": "J01GB04",
            "neomycin": "J01GB05", "amikacin": "J01GB06", "netilmicin": "J01GB07", "plazomicin": "J01GB14",
            "paromomycin": "A07AA06", "framycetin": "D09AA01",
        },
    ),
    "glycopeptides": AllergenClass(
        atc=("J01XA",),
        sources=("NONBETA",),
        substances={
            "vancomycin": "J01XA01", "teicoplanin": "J01XA02", "dalbavancin": "J01XA04", "oritavancin": "J01XA05",
        },
    ),
    "nitroimidazoles": AllergenClass(
        atc=("P01AB",),
        sources=("NONBETA",),
        words=("nitroimidazole", "nitroimidazoles"),
        substances={
            "metronidazole": "P01AB01", "tinidazole": "P01AB02", "ornidazole": "P01AB03", "secnidazole": "P01AB07",
            "satranidazole": "P01AB08",
        },
    ),
    "nsaids": AllergenClass(
        atc=("M01A", "N02BA"),
        sources=("NSAID",),
        words=("nsaid", "nsaids", "non-steroidal", "anti-inflammatories", "painkiller", "painkillers", "दर्द निवारक",
               "दर्द की दवा", "salicylate", "salicylates"),
        substances={
            "acetylsalicylic": "N02BA01", "salsalate": "N02BA06", "diflunisal": "N02BA11", "phenylbutazone": "M01AA01",
            "indometacin": "M01AB01", "sulindac": "M01AB02", "diclofenac": "M01AB05", "etodolac": "M01AB08",
            "ketorolac": "M01AB15", "aceclofenac": "M01AB16", "piroxicam": "M01AC01", "tenoxicam": "M01AC02",
            "lornoxicam": "M01AC05", "meloxicam": "M01AC06", "ibuprofen": "M01AE01", "naproxen": "M01AE02",
            "ketoprofen": "M01AE03", "flurbiprofen": "M01AE09", "dexibuprofen": "M01AE14", "dexketoprofen": "M01AE17",
            "loxoprofen": "M01AE19", "mefenamic": "M01AG01", "tolfenamic": "M01AG02", "celecoxib": "M01AH01",
            "parecoxib": "M01AH04", "etoricoxib": "M01AH05", "polmacoxib": "M01AH07", "nabumetone": "M01AX01",
            "nimesulide": "M01AX17",
        },
    ),
    "paracetamol": AllergenClass(
        atc=("N02BE",), sources=("ATC",), substances={"paracetamol": "N02BE01", "propacetamol": "N02BE05"}
    ),
    "opioids like morphine": AllergenClass(
        atc=("N02AA", "N02AE", "R05DA"),
        sources=("OPIOID",),
        words=OPIOID,
        substances={
            "morphine": "N02AA01", "codeine": "R05DA04", "hydromorphone": "N02AA03", "hydrocodone": "R05DA03",
            "oxycodone": "N02AA05", "oxymorphone": "N02AA11", "buprenorphine": "N02AE01",
        },
        related=("other opioids",),
    ),
    "other opioids": AllergenClass(
        atc=("N02AB", "N02AX", "N07BC"),
        sources=("OPIOID",),
        words=OPIOID,
        substances={
            "fentanyl": "N02AB03", "pethidine": "N02AB02", "tramadol": "N02AX02", "tapentadol": "N02AX06",
            "methadone": "N07BC02",
        },
        related=("opioids like morphine",),
    ),
    "ace inhibitors": AllergenClass(
        atc=("C09AA",),
        sources=("ATC",),
        words=("ace inhibitor", "ace inhibitors"),
        substances={
            "captopril": "C09AA01", "enalapril": "C09AA02", "lisinopril": "C09AA03", "perindopril": "C09AA04",
            "ramipril": "C09AA05", "quinapril": "C09AA06", "benazepril": "C09AA07", "fosinopril": "C09AA09",
            "trandolapril": "C09AA10", "imidapril": "C09AA16",
        },
    ),
    "statins": AllergenClass(
        atc=("C10AA",),
        sources=("ATC",),
        words=("statin", "statins"),
        substances={
            "simvastatin": "C10AA01", "lovastatin": "C10AA02", "pravastatin": "C10AA03", "fluvastatin": "C10AA04",
            "atorvastatin": "C10AA05", "rosuvastatin": "C10AA07", "pitavastatin": "C10AA08",
        },
    ),
    "aromatic anticonvulsants": AllergenClass(
        atc=("N03A",),
        sources=("FITS",),
        words=("aromatic anticonvulsants",),
        substances={
            "phenytoin": "N03AB02", "fosphenytoin": "N03AB05", "carbamazepine": "N03AF01", "oxcarbazepine": "N03AF02",
            "eslicarbazepine": "N03AF04", "phenobarbital": "N03AA02", "primidone": "N03AA03", "lamotrigine": "N03AX09",
        },
    ),
    "amide anaesthetics": AllergenClass(
        atc=("N01BB",),
        sources=("LOCAL",),
        words=LOCAL,
        substances={
            "bupivacaine": "N01BB01", "lidocaine": "N01BB02", "mepivacaine": "N01BB03", "prilocaine": "N01BB04",
            "cinchocaine": "N01BB06", "articaine": "N01BB08", "ropivacaine": "N01BB09", "levobupivacaine": "N01BB10",
        },
    ),
    "ester anaesthetics": AllergenClass(
        atc=("N01BA",),
        sources=("LOCAL",),
        words=LOCAL,
        substances={
            "procaine": "N01BA02", "tetracaine": "N01BA03", "chloroprocaine": "N01BA04", "benzocaine": "N01BA05",
        },
    ),
    "insulins": AllergenClass(
        atc=("A10A",),
        sources=("ATC",),
        words=("insulin", "insulins", "इंसुलिन", "إنسولين"),
        substances={
            "lispro": "A10AB04", "aspart": "A10AB05", "glulisine": "A10AB06", "glargine": "A10AE04",
            "detemir": "A10AE05", "degludec": "A10AE06",
        },
    ),
    "iodinated contrast media": AllergenClass(
        atc=("V08A",),
        sources=("IODINE",),
        words=("contrast", "contrast dye", "contrast medium", "contrast media", "x-ray dye", "ct dye"),
        substances={
            "diatrizoic": "V08AA01", "iotalamic": "V08AA04", "iohexol": "V08AB02", "ioxaglic": "V08AB03",
            "iopamidol": "V08AB04", "iopromide": "V08AB05", "ioversol": "V08AB07", "iodixanol": "V08AB09",
            "iomeprol": "V08AB10", "iobitridol": "V08AB11",
        },
    ),
    "gadolinium contrast media": AllergenClass(
        atc=("V08CA",),
        sources=("ATC",),
        words=("contrast", "contrast dye", "contrast medium", "contrast media", "gadolinium", "mri dye"),
        substances={
            "gadopentetic": "V08CA01", "gadoteric": "V08CA02", "gadodiamide": "V08CA03", "gadoteridol": "V08CA04",
            "gadobenic": "V08CA08", "gadobutrol": "V08CA09", "gadoxetic": "V08CA10",
        },
    ),
}  # fmt: skip
