"""Domain names as tuples of labels (bytes), in text and on the wire."""

MAX_NAME_SIZE = 255
MAX_LABEL_SIZE = 63

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*")


def name(text):
    """Labels of a plain text name without escapes; "." is the root."""
    return tuple(label.encode() for label in text.strip(".").split(".") if label)


def label_text(label):
    return "".join(chr(octet) if octet in _PLAIN else f"\\{octet:03d}" for octet in label)


def text(labels):
    """Absolute text of zone files; what is not a letter, a digit or one of -_* is escaped."""
    return "".join(label_text(label) + "." for label in labels) or "."


def wire(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def size(labels):
    return sum(len(label) + 1 for label in labels) + 1


def lower(labels):
    return tuple(label.lower() for label in labels)


def is_below(labels, above):
    """At or below; both in lower case."""
    return len(labels) >= len(above) and labels[len(labels) - len(above):] == above


def is_plain(labels):
    """Whether the text has no escapes."""
    return all(octet in _PLAIN for label in labels for octet in label)
