"""Which repositories a notification is about, in the forms of each registry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.http.pushed import repositories

DISTRIBUTION = {
    "events": [
        {
            "id": "320678d8-ca14-430f-8bb6-4ca139cd83f7",
            "timestamp": "2016-03-09T14:44:26.402973972-08:00",
            "action": "push",
            "target": {
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
                "repository": "Shop/API",
                "url": "http://10.0.0.1:5000/v2/shop/api/manifests/sha256:fea8",
                "tag": "1.4.3",
            },
            "request": {"id": "6df2", "addr": "10.0.0.2:1", "host": "10.0.0.1:5000"},
        },
        {"action": "pull", "target": {"repository": "shop/pulled"}},
    ]
}
HARBOR = {
    "type": "PUSH_ARTIFACT",
    "occur_at": 1680501893,
    "operator": "harbor-jobservice",
    "event_data": {
        "resources": [{"digest": "sha256:1", "tag": "1.4.3", "resource_url": "harbor/shop/api:1"}],
        "repository": {"name": "api", "namespace": "shop", "repo_full_name": "shop/api"},
    },
}
HARBOR_CLOUD_EVENTS = {
    "specversion": "1.0",
    "type": "harbor.artifact.pushed",
    "data": {
        "resources": [{"digest": "sha256:1", "tag": "1.4.3"}],
        "repository": {"name": "api", "namespace": "shop", "repo_full_name": "shop/api"},
    },
}
GITHUB = {
    "action": "published",
    "registry_package": {
        "name": "api",
        "namespace": "shop",
        "ecosystem": "CONTAINER",
        "owner": {"login": "Shop"},
        "package_version": {"container_metadata": {"tag": {"name": "1.4.3"}}},
    },
}
GITHUB_PACKAGE = {
    "action": "published",
    "package": {"name": "api", "namespace": "shop/api", "owner": {"login": "shop"}},
}
DOCKER_HUB = {
    "callback_url": "https://hub.example.com/u/shop/api/hook/2141b/",
    "push_data": {"pushed_at": 1417566161, "pusher": "trustedbuilder", "tag": "1.4.3"},
    "repository": {"name": "api", "namespace": "shop", "repo_name": "shop/api"},
}


@pytest.mark.parametrize(
    "body", [DISTRIBUTION, HARBOR, HARBOR_CLOUD_EVENTS, GITHUB, GITHUB_PACKAGE, DOCKER_HUB]
)
def test_each_form_names_the_repository(body: dict[str, Any]) -> None:
    found = repositories(body)
    assert "shop/api" in found
    assert "shop/pulled" not in found


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"zen": "Keep it logically awesome.", "hook_id": 1},
        {"events": [{"action": "push", "target": {"repository": "../../etc"}}]},
        {"events": [{"action": "push", "target": {"repository": "a" * 300}}]},
        {"events": [{"action": "push", "target": {"repository": "shop/api evil"}}]},
        {"events": "push"},
        {"events": [None, 1, []]},
        {"repository": {"repo_name": {"a": 1}}},
        [],
        None,
        "text",
    ],
)
def test_what_names_none(body: object) -> None:
    assert repositories(body) == frozenset()


def test_a_notification_names_a_bounded_number() -> None:
    events = [{"action": "push", "target": {"repository": f"shop/{n}"}} for n in range(1000)]
    assert len(repositories({"events": events})) == 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["events", "action", "target", "repository", "package", "data", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read(body: object) -> None:
    assert all(len(name) <= 255 for name in repositories(body))
