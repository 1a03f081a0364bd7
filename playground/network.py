"""The wires of the playground: one bridge, and per node a network namespace with a cable to that
bridge.

Each node has an address of its own, as a machine would, so that ports 2377, 7946 and 4789 are free
on each, and a node can be cut off by taking its cable down.
"""

from dataclasses import dataclass
from pathlib import Path

from playground.errors import CommandFailedError
from playground.processes import run

INTERFACES = Path("/sys/class/net")
NAMESPACES = Path("/run/netns")


@dataclass(frozen=True)
class Bridge:
    """The switch between the nodes of one cluster; this machine itself has the address `gateway` on
    it."""

    number: int

    @property
    def name(self) -> str:
        return f"sb{self.number}"

    @property
    def gateway(self) -> str:
        return f"10.{self.number}.0.254"

    @property
    def network(self) -> str:
        """All addresses on it."""
        return f"10.{self.number}.0.0/24"

    def up(self) -> None:
        """Make the bridge where there is none."""
        if _is_up(self.name):
            return
        self._let_pass()
        if not (INTERFACES / self.name).exists():
            run("ip", "link", "add", self.name, "type", "bridge")
            run("ip", "address", "add", f"{self.gateway}/24", "dev", self.name)
        run("ip", "link", "set", self.name, "up")

    def down(self) -> None:
        """Remove the bridge and its firewall rule."""
        if (INTERFACES / self.name).exists():
            run("ip", "link", "delete", self.name)
        while self._lets_pass():
            run("iptables", "--wait", "--delete", *self._rule)

    @property
    def _rule(self) -> tuple[str, ...]:
        return (
            "FORWARD",
            "--in-interface",
            self.name,
            "--out-interface",
            self.name,
            "--jump",
            "ACCEPT",
        )

    def _let_pass(self) -> None:
        # Docker on this machine itself drops what is forwarded, and with br_netfilter bridged
        # frames count as such.
        if not self._lets_pass():
            run("iptables", "--wait", "--insert", *self._rule)

    def _lets_pass(self) -> bool:
        try:
            run("iptables", "--wait", "--check", *self._rule)
        except CommandFailedError:
            return False
        return True


@dataclass(frozen=True)
class Cable:
    """A node's network namespace, and the cable (a veth pair) from its eth0 to the bridge."""

    bridge: Bridge
    node: str
    position: int

    @property
    def address(self) -> str:
        return f"10.{self.bridge.number}.0.{self.position}"

    @property
    def namespace(self) -> Path:
        return NAMESPACES / f"{self.bridge.name}-{self.node}"

    @property
    def plug(self) -> str:
        """The end at the bridge."""
        return f"{self.bridge.name}n{self.position}"

    @property
    def is_linked(self) -> bool:
        """True when the cable is there and up at its bridge end."""
        return _is_up(self.plug)

    def lay(self) -> None:
        """Make the namespace and the cable where either is missing, and switch the cable on."""
        if not (self.namespace.exists() and (INTERFACES / self.plug).exists()):
            self.remove()
            name = self.namespace.name
            run("ip", "netns", "add", name)
            run(
                "ip",
                "link",
                "add",
                self.plug,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                name,
            )
            run("ip", "link", "set", self.plug, "master", self.bridge.name)
            run("ip", "-n", name, "address", "add", f"{self.address}/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        self.link_up()

    def link_up(self) -> None:
        if not self.is_linked:
            run("ip", "link", "set", self.plug, "up")

    def link_down(self) -> None:
        run("ip", "link", "set", self.plug, "down")

    def remove(self) -> None:
        """Remove cable and namespace; the processes in it must have ended before."""
        if (INTERFACES / self.plug).exists():
            run("ip", "link", "delete", self.plug)
        if self.namespace.exists():
            run("ip", "netns", "delete", self.namespace.name)


def _is_up(interface: str) -> bool:
    """Whether there is this interface, and it is switched on."""
    try:
        flags = int((INTERFACES / interface / "flags").read_text(), 16)
    except OSError:
        return False
    return bool(flags & 1)
