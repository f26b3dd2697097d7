"""A plugin that misbehaves in each hook."""

from ramal.api import Manifest, Plugin, SlotFragment, hookimpl
from ramal_rogue import behaviour


class RoguePlugin(Plugin):
    """Comes first, so that what it does meets everybody after it."""

    manifest = Manifest(name="rogue", title="Rogue")
    answer = None

    @hookimpl(tryfirst=True)
    def before_send(self, message, conversation):
        return behaviour.misbehave() or self.answer

    @hookimpl(tryfirst=True)
    def before_close(self, conversation):
        return behaviour.misbehave() or self.answer

    @hookimpl(tryfirst=True)
    def route_conversation(self, conversation, message):
        return behaviour.misbehave() or self.answer

    @hookimpl(tryfirst=True)
    def render_document(self, document, template, context):
        return behaviour.misbehave() or self.answer

    @hookimpl(tryfirst=True)
    def search(self, query):
        return behaviour.misbehave() or self.answer

    @hookimpl(tryfirst=True)
    def health_check(self):
        return behaviour.misbehave() or self.answer

    @hookimpl(tryfirst=True)
    def on_inbound_message(self, message, conversation):
        return behaviour.misbehave()

    @hookimpl
    def register_slots(self):
        return [
            SlotFragment("inbox.sidebar", "card", render=lambda **context: behaviour.misbehave() or "fine", weight=1)
        ]
