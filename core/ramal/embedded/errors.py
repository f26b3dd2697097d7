"""What can go wrong with the embedded servers, as sentences for the person who started them."""


class EmbeddedError(RuntimeError):
    """An embedded server cannot be found, placed, started or stopped; the text says why and what to do."""
