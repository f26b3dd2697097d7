"""What became of the session behind a channel: logged once, and told to plugins."""

from __future__ import annotations

from collections.abc import Sequence

from ramal.channels.info import news_json
from ramal.channels.types import SessionNews
from ramal.events.services import BUCKETS
from ramal.pipeline.inbound.batch import Batch
from ramal.pipeline.inbound.notices import keep_new


def take_news(batch: Batch, items: Sequence[SessionNews]) -> None:
    """Keep each piece of news once in the channel's log, and write ``channel.news`` for it."""
    bucket = batch.channel.id.int % BUCKETS
    for item in keep_new(batch, items):
        batch.emit("channel.news", news_json(batch.channel, item), bucket=bucket)
