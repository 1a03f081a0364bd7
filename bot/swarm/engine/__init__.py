"""Everything that speaks HTTP with engines.

Who calls whom: `swarm.objects` calls `EnginePool.call` (pool.py, the `EnginePool` of port.py).
The pool runs one `FailoverCall` (failover.py), which hands the call to the `EngineWorkers`
(workers.py) of one `Engine` after the other, and asks each one's `Ping` (ping.py) whether it is
alive. A worker thread runs the call with a `Client` (client.py), which sends requests by a
`DockerTransport` (transport.py); an answer that refuses becomes a domain error in refusals.py.
`EventStreams` (events.py) reads the engines' events in threads of its own.
"""
