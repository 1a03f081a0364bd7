"""Who asked, as the small print says it; of CI with its build, which never formats or mentions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Actor, Standing
from bot.model.hold import Hold
from bot.model.pipeline_caller import Origin
from bot.render.asker import asked_by
from bot.render.holds import put, released

NOW = datetime(2026, 3, 4, 14, 5, tzinfo=UTC)
URL = "https://ci.example.com/job/shop/418/?a=1&b=2"
LINK = "https://ci.example.com/job/shop/418/?a=1&amp;b=2"


def ci(link: str = "", build: str = "", by: str = "", author: str = "") -> Actor:
    return Actor(
        "ci:jenkins-shop",
        "CI jenkins-shop",
        standing=Standing.PIPELINE,
        origin=Origin("c1", link, build, by, author),
    )


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (Actor("U1", "dev"), ""),
        (ci(), ""),
        (ci(build="418"), " · build 418"),
        (ci(build="build 418"), " · build 418"),
        (ci(URL, "418"), f" · <{LINK}|build 418 ↗>"),
        (ci(URL, "Build #418"), f" · <{LINK}|Build #418 ↗>"),
        (ci(URL), f" · <{LINK}|build ↗>"),
        (ci(by="Dana Develop"), " · commit by Dana Develop"),
        (ci(by="dana@example.com"), ""),
        (ci(by="Dana <dana@example.com>"), ""),
        (ci(by="dana@example.com", author="U0DEV00001"), " · commit by <@U0DEV00001>"),
        (
            ci(URL, "418", "d@x.org", "U0DEV00001"),
            f" · <{LINK}|build 418 ↗> · commit by <@U0DEV00001>",
        ),
        (ci("javascript:alert(1)", "418"), " · build 418"),
        (ci("https://x.org/|<!channel>", "418"), " · build 418"),
        (ci("https://x.org/ a", "418"), " · build 418"),
        (ci(URL, "<!channel>"), f" · <{LINK}|build &lt;!channel&gt; ↗>"),
        (ci(build="*b* <@U0DEV00001>"), " · build ∗b∗ &lt;@U0DEV00001&gt;"),
        (ci(URL, "a|b>c"), f" · <{LINK}|build a|b&gt;c ↗>"),
        (ci(by="<!here> _x_"), " · commit by &lt;!here&gt; ˍxˍ"),
        (ci(by="x", author="<!here>"), " · commit by &lt;!here&gt;"),
    ],
)
def test_who_asked(actor: Actor, said: str) -> None:
    assert asked_by(actor) == f"asked by {actor.name}{said}"


def test_who_approved_and_why_stand_before_the_build() -> None:
    said = asked_by(ci(build="418"), ("lee", "lead"), "hotfix")

    assert said == 'asked by CI jenkins-shop, approved by lee, lead · "hotfix" · build 418'


def test_a_hold_of_ci_calls_nobody_that_slack_does_not_know() -> None:
    hold = Hold(pattern="web", owner=ci(), reason="a release", since=NOW)

    ended = released(hold, Actor("U0DEV00001", "dev"), "over", NOW + timedelta(minutes=5))
    kept = put(replace(hold, owner=Actor("U1", "dev")), hold)

    assert "ci:" not in repr(ended) + repr(kept)
