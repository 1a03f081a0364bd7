"""An error without a sentence of its own, which only a fault of the bot's can be."""

from bot.errors import SwarmbotError
from bot.render.errors.explain import explain


def test_an_error_that_nobody_explained_is_no_line_to_copy() -> None:
    assert explain(SwarmbotError()).text == (
        "❌ That did not work. swarmbot knows no more about it than its log says."
    )
    assert "/swarm" not in str(explain(SwarmbotError()).blocks)
