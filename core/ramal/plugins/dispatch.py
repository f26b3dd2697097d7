def decide(hook, **arguments): return None
def implementers(hook): return []
def veto(hook, **arguments): return None
