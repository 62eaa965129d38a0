"""What payments keep of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds

holds("payment", whose="patient_id = ANY($2) OR taken_by = ANY($1)", personal={})

harmless("payment", "about_noun", "currency", "means", why="words from closed lists")

holds("counter_refund", whose="patient_id = ANY($2) OR handed_by = ANY($1)", personal={})

harmless("counter_refund", "number", "reason", "handed_means", why="a number of the house, words from closed lists")
