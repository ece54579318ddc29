"""Ways to reach people, by name."""

from __future__ import annotations

from notifications.channels.base import Channel
from notifications.conf import notifications as conf
from parcelwise.providers import Registry

channels = Registry("channel", {"email": "notifications.channels.mail.EmailChannel"}, lambda: conf.CHANNELS)


def channel_called(name: str) -> Channel:
    """The channel of that name; Misconfigured when there is none."""
    channel: Channel = channels.load(name)()
    return channel
