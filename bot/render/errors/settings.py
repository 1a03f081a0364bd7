"""Explanations of settings that are wrong."""

from __future__ import annotations

from collections.abc import Mapping

from bot import errors
from bot.render.errors.explanation import Explain, Explanation
from bot.render.slack.text import code, prose


def _invalid_setting(error: errors.InvalidSettingError) -> Explanation:
    text = f"{code(error.where)} is wrong: {prose(error.problem.rstrip('.'))}."
    return Explanation(f"{text} Correct it, then run {code('swarmbot check')}.")


SETTINGS_ERRORS: Mapping[type, Explain] = {
    errors.InvalidSettingError: _invalid_setting,
}
