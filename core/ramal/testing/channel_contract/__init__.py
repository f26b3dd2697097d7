"""The channel suite: what every channel must keep, whatever its provider does. One line runs it::

    from ramal.testing.channel_contract import channel_contract

    TestContract = channel_contract(MySimulator)

``MySimulator`` is a :class:`ChannelSimulator`: it makes the provider's deliveries and answers the
channel's sends. The suite repeats, reorders, splits and merges what it makes, and asserts that the
inbox ends the same. It uses the fixtures of ``ramal.testing`` and needs the plugin installed.
"""

from ramal.testing.channel_contract.simulator import ChannelSimulator, Item, SeenChange
from ramal.testing.channel_contract.suite import ChannelContract, channel_contract

__all__ = ["ChannelContract", "ChannelSimulator", "Item", "SeenChange", "channel_contract"]
