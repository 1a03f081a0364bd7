"""Whose hosts answer: only an address that is somebody else's says anything."""

import socket

from bot.swarm.engine.reach import hosts_that_answer


def test_an_address_that_is_the_bots_own_host_says_nothing_of_a_node() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port = listener.getsockname()[1]
        own = ("0.0.0.0", "127.0.0.1", "::", "", "no-address")
        assert hosts_that_answer(own, port) == frozenset()
