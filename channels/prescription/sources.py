"""Where the facts of the allergy check come from: by the words under which `allergens.py` and `names.py` name them."""

from typing import Final

SOURCES: Final[dict[str, str]] = {
    "ATC": "WHO Collaborating Centre for Drug Statistics Methodology: ATC/DDD index, April 2026; atcddd.fhi.no."
    " Alone: the members are of one group, and nothing read here says how often they cross-react",
    "FORTH": "NHS Forth Valley, Penicillin allergy (after the BNF): cephalosporins cross-react in 0.5 to 6.5 %,"
    " and are not given after an immediate reaction; rightdecisions.scot.nhs.uk",
    "GLOS": "Gloucestershire Hospitals NHS, Penicillin allergy and allergy to other beta-lactams: which are"
    " penicillins, and carbapenems; gloshospitals.org.uk",
    "JACI": "Drug allergy: a 2022 practice parameter update, J Allergy Clin Immunol 2022 (as told by praxismed.org):"
    " aminocephalosporins (cefadroxil, cefalexin, cefprozil, cefaclor) cross-react with penicillins in 16.5 %, others"
    " in 2.1 %",
    "SIDE": "Curr Opin Infect Dis, PMC5113146, table 4: side chains shared by aminopenicillins with cefaclor and"
    " cefalexin, and by ceftazidime with aztreonam",
    "TGA": "Therapeutic Guidelines (Australia), Trimethoprim+sulfamethoxazole hypersensitivity: sulfasalazine"
    " cross-reacts, dapsone less than thought, furosemide not",
    "CCJM": "Cleveland Clinic J Med 2025;92(3):147: sulfonamides that are no antibiotics do not cross-react",
    "NONBETA": "Hypersensitivity reactions to non-beta lactam antibiotics, Curr Treat Options Allergy 2021,"
    " doi 10.1007/s40521-021-00293-z",
    "MACRO": "Shaeer et al., Macrolide allergic reactions, Pharmacy 2019;7(3):135, PMC6789826",
    "AMINO": "Childs-Kean et al., Aminoglycoside allergic reactions, Pharmacy 2019;7(3):124",
    "NSAID": "Sanchez-Borges et al., Hypersensitivity reactions to NSAIDs: an update, Pharmaceuticals 2010;3:10,"
    " PMC3991018",
    "OPIOID": "US Pharmacist 2006;7, Opioids, allergy vs. pseudoallergy: true allergy is rare, and the kinds differ in"
    " structure",
    "FITS": "Knowles et al., Anticonvulsant hypersensitivity syndrome, Drug Safety 1999;21:489: aromatic ones"
    " cross-react in up to 75 %; lamotrigine in several cases",
    "LOCAL": "Scottish paediatrics, Anaesthetic allergy, 2017: esters commonly cross-react, amides seldom, and the two"
    " not with each other; scottishpaeds.org.uk",
    "IODINE": "Macy, Radiocontrast-associated hypersensitivity, Perm J 2018;22:17-072; Chiu and Chu, Hypersensitivity"
    " reactions to iodinated contrast media, Biomedicines 2022;10:1036, PMC9138609",
}
