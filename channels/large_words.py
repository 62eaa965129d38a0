"""What a generated directory is made of besides Faker's names: specialties, cities and trades in three languages.

The specialties are those a hospital's signboard names; their words in Hindi and Arabic are our own and wait for native
speakers.
"""

from typing import Final, NamedTuple


class City(NamedTuple):
    name: str
    state: str
    country: str
    zone: str
    postal: str
    """A pattern: each # becomes a digit."""


_IN, _AE, _SA = ("IN", "Asia/Kolkata"), ("AE", "Asia/Dubai"), ("SA", "Asia/Riyadh")
CITIES: Final = tuple(
    City(name, state, *where, postal)
    for name, state, where, postal in (
        ("Mumbai", "Maharashtra", _IN, "4000##"),
        ("Pune", "Maharashtra", _IN, "4110##"),
        ("Nagpur", "Maharashtra", _IN, "4400##"),
        ("Delhi", "Delhi", _IN, "1100##"),
        ("Bengaluru", "Karnataka", _IN, "5600##"),
        ("Mysuru", "Karnataka", _IN, "5700##"),
        ("Chennai", "Tamil Nadu", _IN, "6000##"),
        ("Coimbatore", "Tamil Nadu", _IN, "6410##"),
        ("Hyderabad", "Telangana", _IN, "5000##"),
        ("Kolkata", "West Bengal", _IN, "7000##"),
        ("Ahmedabad", "Gujarat", _IN, "3800##"),
        ("Surat", "Gujarat", _IN, "3950##"),
        ("Jaipur", "Rajasthan", _IN, "3020##"),
        ("Lucknow", "Uttar Pradesh", _IN, "2260##"),
        ("Kanpur", "Uttar Pradesh", _IN, "2080##"),
        ("Varanasi", "Uttar Pradesh", _IN, "2210##"),
        ("Patna", "Bihar", _IN, "8000##"),
        ("Bhopal", "Madhya Pradesh", _IN, "4620##"),
        ("Indore", "Madhya Pradesh", _IN, "4520##"),
        ("Kochi", "Kerala", _IN, "6820##"),
        ("Thiruvananthapuram", "Kerala", _IN, "6950##"),
        ("Guwahati", "Assam", _IN, "7810##"),
        ("Chandigarh", "Chandigarh", _IN, "1600##"),
        ("दिल्ली", "दिल्ली", _IN, "1100##"),
        ("वाराणसी", "उत्तर प्रदेश", _IN, "2210##"),
        ("دبي", "دبي", _AE, "000##"),
        ("الرياض", "الرياض", _SA, "11###"),
    )
)

SPECIALTIES: Final = (
    ("general_medicine", "General medicine", ("general physician", "सामान्य चिकित्सा", "طب عام")),
    ("paediatrics", "Paediatrics", ("pediatrician", "child doctor", "बाल रोग", "طب الأطفال")),
    ("cardiology", "Cardiology", ("cardiologist", "heart", "हृदय रोग", "أمراض القلب")),
    ("dermatology", "Dermatology", ("dermatologist", "skin", "त्वचा रोग", "أمراض جلدية")),
    ("gynaecology", "Gynaecology", ("gynecologist", "obstetrics", "स्त्री रोग", "أمراض النساء")),
    ("orthopaedics", "Orthopaedics", ("orthopedic", "bone", "हड्डी रोग", "جراحة العظام")),
    ("neurology", "Neurology", ("neurologist", "brain", "nerves", "तंत्रिका रोग", "طب الأعصاب")),
    ("neurosurgery", "Neurosurgery", ("neurosurgeon", "तंत्रिका शल्य", "جراحة الأعصاب")),
    ("psychiatry", "Psychiatry", ("psychiatrist", "mental health", "मनोरोग", "طب نفسي")),
    ("ophthalmology", "Ophthalmology", ("eye", "ophthalmologist", "नेत्र रोग", "طب العيون")),
    ("otolaryngology", "Otolaryngology", ("ENT", "ear nose throat", "कान नाक गला", "أنف وأذن وحنجرة")),
    ("urology", "Urology", ("urologist", "मूत्र रोग", "مسالك بولية")),
    ("nephrology", "Nephrology", ("kidney", "गुर्दा रोग", "أمراض الكلى")),
    ("gastroenterology", "Gastroenterology", ("stomach", "liver", "पेट रोग", "أمراض الجهاز الهضمي")),
    ("pulmonology", "Pulmonology", ("lung", "chest", "फेफड़े", "أمراض الرئة")),
    ("endocrinology", "Endocrinology", ("diabetes", "thyroid", "मधुमेह", "الغدد الصماء")),
    ("oncology", "Oncology", ("cancer", "कैंसर", "أورام")),
    ("haematology", "Haematology", ("blood", "hematology", "रक्त रोग", "أمراض الدم")),
    ("rheumatology", "Rheumatology", ("joints", "गठिया", "روماتيزم")),
    ("general_surgery", "General surgery", ("surgeon", "शल्य चिकित्सा", "جراحة عامة")),
    ("plastic_surgery", "Plastic surgery", ("cosmetic", "प्लास्टिक सर्जरी", "جراحة تجميل")),
    ("cardiac_surgery", "Cardiac surgery", ("heart surgeon", "हृदय शल्य", "جراحة القلب")),
    ("vascular_surgery", "Vascular surgery", ("veins", "रक्त वाहिका", "جراحة الأوعية")),
    ("dentistry", "Dentistry", ("dentist", "teeth", "दंत चिकित्सा", "طب الأسنان")),
    ("radiology", "Radiology", ("x-ray", "imaging", "रेडियोलॉजी", "أشعة")),
    ("pathology", "Pathology", ("pathologist", "विकृति विज्ञान", "علم الأمراض")),
    ("anaesthesiology", "Anaesthesiology", ("anesthesia", "निश्चेतना", "تخدير")),
    ("emergency_medicine", "Emergency medicine", ("casualty", "आपातकालीन", "طوارئ")),
    ("geriatrics", "Geriatrics", ("old age", "वृद्ध रोग", "طب الشيخوخة")),
    ("physiotherapy", "Physiotherapy", ("rehabilitation", "भौतिक चिकित्सा", "علاج طبيعي")),
    ("infectious_disease", "Infectious disease", ("infection", "संक्रामक रोग", "أمراض معدية")),
    ("allergy", "Allergy and immunology", ("allergist", "एलर्जी", "حساسية ومناعة")),
    ("sports_medicine", "Sports medicine", ("sports injury", "खेल चिकित्सा", "طب رياضي")),
    ("fertility", "Reproductive medicine", ("IVF", "infertility", "बांझपन", "عقم")),
    ("neonatology", "Neonatology", ("newborn", "नवजात", "حديثي الولادة")),
    ("palliative_care", "Palliative care", ("pain", "पीड़ा निवारक", "رعاية تلطيفية")),
    ("ayurveda", "Ayurveda", ("ayurvedic", "आयुर्वेद", "أيورفيدا")),
    ("homoeopathy", "Homoeopathy", ("homeopathy", "होम्योपैथी", "طب المثلية")),
    ("unani", "Unani medicine", ("hakim", "यूनानी", "طب يوناني")),
    ("occupational_medicine", "Occupational medicine", ("work health", "व्यावसायिक चिकित्सा", "طب مهني")),
)

PLACE_NAMES: Final = {
    "hospital": {"en": "{} Hospital", "hi": "{} अस्पताल", "ar": "مستشفى {}"},
    "clinic": {"en": "{} Clinic", "hi": "{} क्लिनिक", "ar": "عيادة {}"},
    "pharmacy": {"en": "{} Pharmacy", "hi": "{} दवाखाना", "ar": "صيدلية {}"},
    "laboratory": {"en": "{} Diagnostics", "hi": "{} जाँच केंद्र", "ar": "مختبر {}"},
}
TITLES: Final = {"en": "Dr. {}", "hi": "डॉ. {}", "ar": "د. {}"}
STREETS: Final = ("MG Road", "Station Road", "Gandhi Nagar", "Civil Lines", "Park Street", "Ring Road", "Lake View")
QUALIFICATIONS: Final = ("MBBS", "MBBS, MD", "MBBS, MS", "MBBS, DNB", "MBBS, MD, DM", "BDS, MDS", "BAMS")
COUNCILS: Final = ("Karnataka Medical Council", "Delhi Medical Council", "Maharashtra Medical Council", "TNMC")
SERVICES: Final = ("Blood count", "Lipid profile", "MRI", "CT", "X-ray", "Ultrasound", "ECG", "Thyroid", "Biopsy")
BIO: Final = (
    "{} years of practice in {}; has worked in {} and teaches younger colleagues. Sees patients by appointment."
)
