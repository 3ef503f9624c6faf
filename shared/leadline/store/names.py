"""Names in keys. The parts of a key are joined with `#`, so a `#` in a name is escaped."""


def join(*parts: str) -> str:
    """Joins names to a key such as line#checkout#production; a `#` in a name becomes %23."""
    return "#".join(escape(part) for part in parts)


def escape(name: str) -> str:
    return name.replace("%", "%25").replace("#", "%23")


def unescape(text: str) -> str:
    return text.replace("%23", "#").replace("%25", "%")
