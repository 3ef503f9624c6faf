"""Names in keys: parts of a key are joined with `#`, so a name that holds one is escaped."""


def join(*parts: str) -> str:
    """line#checkout#production; a `#` inside of a name becomes %23"""
    return "#".join(escape(part) for part in parts)


def escape(name: str) -> str:
    return name.replace("%", "%25").replace("#", "%23")


def unescape(text: str) -> str:
    return text.replace("%23", "#").replace("%25", "%")
