"""What follows on LMI from what has been set, one rule after the other."""

from dragoman.platforms.lmi.configuration import (
    chat_template,
    engines,
    environment,
    limits,
    lmcache,
    lora,
    naming,
    notices,
    output,
    parallelism,
    rolling_batch,
    scaling_factors,
    speculation,
    spellings,
    tasks,
)
from dragoman.settings.rules import Rule

RULES: tuple[Rule, ...] = (
    *spellings.RULES,
    *naming.RULES,
    *engines.RULES,
    *rolling_batch.RULES,
    *output.RULES,
    *parallelism.RULES,
    *limits.RULES,
    *tasks.RULES,
    *speculation.RULES,
    *scaling_factors.RULES,
    *chat_template.RULES,
    *lora.RULES,
    *lmcache.RULES,
    *environment.RULES,
    *notices.RULES,
)
