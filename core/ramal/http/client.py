class HttpClient:
    def __init__(self, allow=()):
        self.allow = allow
