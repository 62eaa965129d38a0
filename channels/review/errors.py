"""The refusals of reviews."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class NotVisited(Refusal, code=409, reason="not_visited"):
    """Only a visit that took place is reviewed."""


class Reviewed(Refusal, code=409, reason="reviewed"):
    """This visit was reviewed already; a review can be changed, and once it is deleted there is no second one."""


class ReviewChanged(Refusal, code=409, reason="review_changed"):
    """It was changed since you read it: read it again, then decide."""


refuse("review_of_a_visit", NotVisited)
refuse("review_once_per_token", Reviewed)
refuse("review_once_per_appointment", Reviewed)
