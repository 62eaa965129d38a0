"""What a person is told in the app about work that is offered to her."""

from typing import Final

from carewire.notice import fact

DUTY_OFFERED: Final = fact(
    "member.invited",
    about="member_invitation",
    texts={
        "en": ("Work is offered to you", "{place} would like you to work there. See your invitations."),
        "hi": ("आपको काम का प्रस्ताव है", "{place} चाहता है कि आप वहाँ काम करें। अपने निमंत्रण देखें।"),
        "ar": ("عُرض عليك عمل", "{place} يرغب في أن تعمل لديه. انظر دعواتك."),
    },
)
AFFILIATION_OFFERED: Final = fact(
    "affiliation.offered",
    about="affiliation",
    texts={
        "en": ("A place asks you to practise there", "{place} asks you to see patients there."),
        "hi": ("एक जगह आपको बुला रही है", "{place} चाहता है कि आप वहाँ मरीज़ देखें।"),
        "ar": ("مكان يدعوك للعمل", "{place} يدعوك لمعاينة المرضى لديه."),
    },
)
