"""What a person is told in the app when somebody offers her something."""

from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import Job, consumer
from carewire.notice import Fact, Notify, fact

GUARDIAN_INVITED: Final = fact(
    "guardian.invited",
    about="guardian_invitation",
    texts={
        "en": ("Somebody asks for your help", "You are asked to act for a patient. See your invitations."),
        "hi": ("कोई आपकी मदद चाहता है", "आपसे एक मरीज़ की ओर से काम करने को कहा गया है। अपने निमंत्रण देखें।"),
        "ar": ("أحدهم يطلب مساعدتك", "طُلب منك التصرف نيابة عن مريض. انظر دعواتك."),
    },
)


class TellNumber(Job, name="notification.to_number", personal=True):
    """The owner of a number is to be told a fact, if it has one.

    A job, so that who typed the number cannot tell by the time whether anybody has it.
    """

    phone: str
    fact: str
    ref: UUID
    words: dict[str, str]


def tell_number(ctx: Ctx, phone: str, told: Fact, ref: UUID, **words: str) -> None:
    """Tell the account of this number, later and silently."""
    told.say("en", words)  # a missing word is this command's mistake, not the job's
    ctx.enqueue(TellNumber(phone=phone, fact=told.name, ref=ref, words=words))


@consumer(TellNumber)
async def look_up(ctx: Ctx, job: TellNumber) -> None:
    """Find the account now; nobody is told where there is none."""
    account_id = await ctx.tx.fetchval("SELECT id FROM account WHERE phone = $1 AND state = 'active'", job.phone)
    if account_id is not None:
        told = Notify(account_id=account_id, fact=job.fact, ref=job.ref, words=job.words)
        ctx.enqueue(told, key=f"notify:{account_id}:{job.fact}:{job.ref}")
