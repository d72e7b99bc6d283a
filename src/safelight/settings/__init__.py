"""Settings: read once, frozen, each with its range, a sentence and the place that it came from.

Who wins, highest first:
    policy file          owned by root; every key in it is locked
    flags                what was typed; a flag against a locked key is refused
    SAFELIGHT_* names    the environment
    safelight.toml       of the project, in the current folder; may only tighten
    user file            config.toml in the user's configuration folder
    system file          config.toml in the system's configuration folder
    default              the value written in fields.py
"""

from safelight.settings.fields import Settings, rules
from safelight.settings.reading import Places, load
from safelight.settings.rules import Origin, Rule

__all__ = ["Origin", "Places", "Rule", "Settings", "load", "rules"]
