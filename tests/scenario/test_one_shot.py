"""Services that do one piece of work, on a real Swarm: what is done is done, and what failed has
failed."""

from __future__ import annotations

from playground.workspace.person import Person
from tests.scenario.running import eventually
from tests.scenario.swarm import QUICK, Site


def works(site: Site, name: str, condition: str, exit_code: int) -> None:
    """Create a service whose program ends after a moment."""
    site.cluster.docker(
        *("service", "create", "--quiet", "--detach", "--name", name, *QUICK),
        *("--restart-condition", condition, "--entrypoint", "sh", site.image("web:v1")),
        *("-c", f"exit {exit_code}"),
    )


def test_done_is_done_and_failed_is_failed(dev: Person, site: Site) -> None:
    works(site, "migrate", "none", 0)
    works(site, "cron", "on-failure", 0)
    works(site, "broken", "none", 3)
    eventually(
        lambda: all(
            state in site.cluster.docker("service", "ps", name)
            for name, state in (("migrate", "Complete"), ("cron", "Complete"), ("broken", "Failed"))
        ),
        20,
    )

    listed = dev.sees("3 services", after=dev.types("/swarm services"))
    assert listed.text.startswith("🟠 1 of 3 services below its count")
    assert "failed (3)" in listed.text
    assert listed.text.count("completed") == 2
    told = dev.sees("migrate", after=dev.types("/swarm ps migrate"))
    assert told.text.startswith("🟢 migrate · completed")
    told = dev.sees("broken", after=dev.types("/swarm ps broken"))
    assert told.text.startswith("🟠 broken · failed (3)")

    # Swarm takes it for a failure that the work was done so soon, and pauses the update.
    changed = dev.types("/swarm service update --env-add A=1 migrate")
    dev.sees("✅ migrate · complete · 1/1", after=changed, timeout=30)
    assert site.update_state("migrate") == "paused"
