"""Changes that run and are no rollout of one service, so that another bot can take up each of them
as one."""

from __future__ import annotations

from redis import Redis

from bot.errors import LeaseLostError
from bot.model.batch import Batch
from bot.store.connection import guarded, key
from bot.store.json_form import JsonForm
from bot.store.signer import Signer

_json = JsonForm(Batch)
_BATCHES, _FENCES = key("batches"), key("batches", "fences")
_KIND = "batches"

_SAVE = """
if tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return 1
"""


class Batches:
    """Every batch that has not ended."""

    def __init__(self, redis: Redis, signer: Signer):
        self._redis = redis
        self._signer = signer
        self._save_script = redis.register_script(_SAVE)

    @guarded()
    def save(self, batch: Batch, fence: int) -> None:
        """Store how far it is; `fence` is that of the lease on its targets.

        Raises `LeaseLostError` where a later owner goes on with it.
        """
        text = self._signer.signed(_KIND, _json.dump_json(batch))
        if not self._save_script([_BATCHES, _FENCES], [batch.id, text, fence]):
            raise LeaseLostError(batch.plan.targets[0])

    @guarded()
    def get(self, batch_id: str) -> Batch | None:
        """The batch; None where there is none of this id that has not ended."""
        text = self._signer.verified(_KIND, self._redis.hget(_BATCHES, batch_id))
        batch = _json.validate_json(text) if text else None
        return batch if batch and batch.id == batch_id else None

    @guarded()
    def running(self) -> tuple[Batch, ...]:
        """Every batch that has not ended, the oldest first."""
        found = (self.get(str(batch_id)) for batch_id in self._redis.hkeys(_BATCHES))
        batches = [batch for batch in found if batch]
        return tuple(sorted(batches, key=lambda batch: (batch.started, batch.id)))

    @guarded()
    def finish(self, batch_id: str) -> None:
        """Forget a batch that has ended; whoever has no batch of this id may say so too."""
        self._redis.hdel(_BATCHES, batch_id)
        self._redis.hdel(_FENCES, batch_id)
