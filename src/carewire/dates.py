"""Moments as people read them: on a named clock, in their language."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

_WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "hi": ("सोम", "मंगल", "बुध", "गुरु", "शुक्र", "शनि", "रवि"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
}
_MONTHS: Final = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
    "hi": ("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"),
    "ar": ("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر",
           "ديسمبر"),
}  # fmt: skip


class Moment(msgspec.Struct, frozen=True):
    """An instant, and whose clock it is told on (IANA)."""

    at: datetime
    zone: str

    def say(self, language: str) -> str:
        """`Mon 2 March 2026, 10:00 (Asia/Kolkata)` in this language, in English where we do not speak it."""
        here = self.at.astimezone(ZoneInfo(self.zone))
        weekdays, months = _WEEKDAYS.get(language, _WEEKDAYS["en"]), _MONTHS.get(language, _MONTHS["en"])
        day = f"{weekdays[here.weekday()]} {here.day} {months[here.month - 1]} {here.year}"
        return f"{day}, {here:%H:%M} ({self.zone})"
