"""Single flags, read as the Docker CLI reads them: ports, mounts, references, sizes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Port
from bot.swarm.spec import mounts, ports, references, syntax
from bot.swarm.spec.capabilities import added_and_dropped, effective
from tests.unit.swarm.values import service


def port(
    target: int, published: int, protocol: str = "tcp", mode: str = "ingress"
) -> dict[str, Any]:
    return {
        "Protocol": protocol,
        "TargetPort": target,
        "PublishedPort": published,
        "PublishMode": mode,
    }


# ---- ports


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("8081:8080", [port(8080, 8081)]),
        ("8081:8080/udp", [port(8080, 8081, "udp")]),
        ("8081:8080/UDP", [port(8080, 8081, "udp")]),
        ("8080", [port(8080, 0)]),
        (":8080", [port(8080, 0)]),
        ("81-83:80-82", [port(80, 81), port(81, 82), port(82, 83)]),
        ("81-82:80", [port(80, 81), port(80, 82)]),
        ("80-81", [port(80, 0), port(81, 0)]),
        ("published=8081,target=8080,mode=host", [port(8080, 8081, mode="host")]),
        ("target=80", [port(80, 0)]),
        ("Target=80,PROTOCOL=SCTP", [port(80, 0, "sctp")]),
    ],
)
def test_ports(text: str, read: list[dict[str, Any]]) -> None:
    assert ports.parse(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "80:", "80:b", "80:80:80:80", "1.2.3.4:80:80", "80:70000", "81-83:80-81",
        "83-81:80", "80:80/icmp", "published=80", "target=0", "target=80,mode=all",
        "target=80,x=1", "target=80,published=-1", 'target="80', "8٨:80", "[::1]:80:80",
    ],
)  # fmt: skip
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        ports.parse(text)


@pytest.mark.parametrize(
    ("add", "remove", "left"),
    [
        (["82:82"], [], [port(80, 8080), port(53, 8053, "udp"), port(82, 82)]),
        (["8080:80"], [], [port(80, 8080), port(53, 8053, "udp")]),
        ([], ["80"], [port(53, 8053, "udp")]),
        ([], ["9999:80"], [port(53, 8053, "udp")]),
        ([], ["53"], [port(80, 8080), port(53, 8053, "udp")]),
        ([], ["53/udp"], [port(80, 8080)]),
        ([], ["target=80,mode=host"], [port(80, 8080), port(53, 8053, "udp")]),
        (["8081:80"], ["80"], [port(53, 8053, "udp"), port(80, 8081)]),
    ],
)
def test_ports_are_added_and_removed_by_target(
    add: list[str], remove: list[str], left: list[Any]
) -> None:
    known = [port(80, 8080), port(53, 8053, "udp")]
    assert sorted(map(str, ports.changed(known, add, remove))) == sorted(map(str, left))


@pytest.mark.parametrize(
    ("ours", "clash"),
    [
        (Port(1, 80), True),
        (Port(1, 80, "udp"), False),
        (Port(1, 81), False),
        (Port(1, 0), False),
        (Port(1, 80, mode="host"), True),
        (Port(1, 90, mode="host"), False),
    ],
)
def test_a_port_that_is_taken(ours: Port, clash: bool) -> None:
    web = service(ports=(Port(5, 80), Port(6, 0), Port(7, 90, mode="host")))
    assert ports.taken([ours], [web]) == ((ours, web) if clash else None)


# ---- mounts


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("src=data,dst=/data", {"Type": "volume", "Source": "data", "Target": "/data"}),
        (
            "type=bind,source=/a,target=/b,ro",
            {"Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": True},
        ),
        (
            "type=bind,src=/a,dst=/b,readonly=false",
            {"Type": "bind", "Source": "/a", "Target": "/b"},
        ),
        (
            "type=tmpfs,dst=/c,tmpfs-size=1M,tmpfs-mode=1770",
            {
                "Type": "tmpfs",
                "Target": "/c",
                "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o1770},
            },
        ),
        (
            "dst=/d,volume-label=a=1,volume-label=b=2,volume-opt=o=x,volume-driver=nfs,volume-nocopy",
            {
                "Type": "volume",
                "Target": "/d",
                "VolumeOptions": {
                    "Labels": {"a": "1", "b": "2"},
                    "DriverConfig": {"Options": {"o": "x"}, "Name": "nfs"},
                    "NoCopy": True,
                },
            },
        ),
        (
            'type=bind,src=/a,dst=/b,"bind-propagation=rslave",bind-recursive=disabled',
            {
                "Type": "bind",
                "Source": "/a",
                "Target": "/b",
                "BindOptions": {"Propagation": "rslave", "NonRecursive": True},
            },
        ),
    ],
)
def test_mounts(text: str, read: dict[str, Any]) -> None:
    assert mounts.parse(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "", "src=data", "data:/data", "dst", "dst=", "dst= /a", "dst=/a,x=1", "dst=/a,ro=maybe",
        '"dst=/a', "type=tmpfs,dst=/a,tmpfs-mode=9", "type=tmpfs,dst=/a,tmpfs-size=big",
        "dst=/a,tmpfs-size=1M",
        "type=bind,dst=/a,bind-recursive=often",
    ],
)  # fmt: skip
def test_what_is_no_mount(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        mounts.parse(text)


def test_a_mount_takes_the_place_of_the_one_at_its_target() -> None:
    known = [
        {"Type": "bind", "Source": "/x", "Target": "/data"},
        {"Type": "tmpfs", "Target": "/tmp"},
    ]
    after = mounts.changed(known, ["src=vol,dst=/data"], ["/tmp", "/nowhere"])
    assert after == [{"Type": "volume", "Source": "vol", "Target": "/data"}]


# ---- networks, secrets, configs


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("uber-net", {"Target": "uber-net"}),
        (
            "name=uber-net,alias=a,alias=b,driver-opt=k=v",
            {"Target": "uber-net", "Aliases": ["a", "b"], "DriverOpts": {"k": "v"}},
        ),
    ],
)
def test_networks(text: str, read: dict[str, Any]) -> None:
    assert references.network(text) == read


@pytest.mark.parametrize("text", ["alias=a", "name=x,driver-opt=k", "name=x,colour=red"])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match="net"):
        references.network(text)


@pytest.mark.parametrize(
    ("text", "name", "changed"),
    [
        ("key", "key", {"Name": "key"}),
        ("source=key", "key", {"Name": "key"}),
        ("src=key,target=a", "key", {"Name": "a"}),
        (
            "source=key,uid=7,gid=8,mode=0400",
            "key",
            {"Name": "key", "UID": "7", "GID": "8", "Mode": 0o400},
        ),
        ("source=key,mode=256", "key", {"Name": "key", "Mode": 256}),
        ("source=key,mode=0x10", "key", {"Name": "key", "Mode": 16}),
    ],
)
def test_files(text: str, name: str, changed: dict[str, Any]) -> None:
    assert references.file(text) == (name, {"UID": "0", "GID": "0", "Mode": 0o444, **changed})


@pytest.mark.parametrize(
    "text", ["", "target=a", "source=", "source=key,mode=9z", "source=key,x=1", "a,b"]
)
def test_what_is_no_file(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        references.file(text)


# ---- the rest


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512m", 512 << 20),
        ("1.5GB", 3 << 29),
        ("100KiB", 102_400),
        ("10", 10),
        ("10b", 10),
        ("0", 0),
        ("2 t", 2 << 40),
    ],
)
def test_memory(text: str, size: int) -> None:
    assert syntax.memory(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1x", "1mm", "9999999p", "1/2", "١"])
def test_what_is_no_memory(text: str) -> None:
    with pytest.raises(ValueError, match="512M"):
        syntax.memory(text)


@given(st.integers(0, (1 << 63) - 1))
def test_cpus_are_written_as_they_are_read(nano: int) -> None:
    assert syntax.nano_cpus(syntax.cpus(nano)) == nano


@pytest.mark.parametrize("text", ["", "x", "-1", "0.0000000001", "1/0", "1/3"])
def test_what_is_no_number_of_cpus(text: str) -> None:
    with pytest.raises(ValueError, match="CPUs"):
        syntax.nano_cpus(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("nofile=10:20", (10, 20)),
        ("nofile=5", (5, 5)),
        ("nofile=5:-1", (5, -1)),
        ("nofile=-1", (-1, -1)),
    ],
)
def test_ulimits(text: str, read: tuple[int, int]) -> None:
    assert syntax.ulimit(text) == {"Name": "nofile", "Soft": read[0], "Hard": read[1]}


@pytest.mark.parametrize(
    "text", ["nofile", "nofile=", "=1", "nofile=2:1", "nofile=a:b", "nofile=-1:5"]
)
def test_what_is_no_ulimit(text: str) -> None:
    with pytest.raises(ValueError, match="limit"):
        syntax.ulimit(text)


@pytest.mark.parametrize("text", ["db", "db:", ":10.0.0.1", "db:x", "a:b=10.0.0.1"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        syntax.host(text)


@pytest.mark.parametrize(
    ("known", "add", "drop", "left"),
    [
        (([], ["CAP_X"]), ["x"], [], ([], [])),
        (([], []), ["x"], [], (["CAP_X"], [])),
        ((["CAP_X"], []), [], ["x"], ([], [])),
        (([], []), ["x"], ["x"], (["CAP_X"], [])),
        ((["CAP_X", "CAP_Y"], []), ["RESET", "Z"], [], (["CAP_Z"], [])),
        (([], ["CAP_X"]), [], ["RESET"], ([], [])),
        ((["CAP_X"], []), ["all"], [], (["ALL"], [])),
    ],
)
def test_capabilities(known: Any, add: list[str], drop: list[str], left: Any) -> None:
    assert added_and_dropped(known, add, drop) == left


def test_capabilities_of_a_new_service() -> None:
    assert effective(["net_admin", "RESET"], ["ALL", "chown"]) == (["CAP_NET_ADMIN"], ["ALL"])
    assert effective(["ALL", "chown"], ["ALL"]) == (["ALL"], [])


def test_ports_for_people() -> None:
    assert [
        ports.text(port) for port in (Port(80, 8080), Port(53, 0, "udp"), Port(1, 2, mode="host"))
    ] == [
        "8080 → 80/tcp",
        "a free port → 53/udp",
        "2 → 1/tcp on the node itself",
    ]
