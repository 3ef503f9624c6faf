"""Why a value is refused: the one exception of ingest's pure parsers."""


class Refused(Exception):
    """A value can't be taken. `code` is a constant, `detail` tells the sender what to send instead.

    The detail never repeats the value, which may hold a credential; the one exception is a repository's spelling, which
    is cleaned first.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
