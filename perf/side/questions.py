"""Single DNS questions by UDP: is a server up, and are its answers right?"""

import contextlib
import ctypes
import socket
import struct

CLONE_NEWNET = 0x40000000
TYPE_A, TYPE_SOA = 1, 6
HEADER = 12
QR, AA, RCODE = 0x8000, 0x0400, 0x000F
ID = 0x4242


@contextlib.contextmanager
def entered(namespace):
    """This thread in a network namespace (None: where it is)."""
    if namespace is None:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{namespace}") as other:
        if libc.setns(other.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter namespace {namespace}")
        try:
            yield
        finally:
            libc.setns(own.fileno(), CLONE_NEWNET)


def encode_name(name):
    labels = [part.encode("ascii") for part in name.rstrip(".").split(".") if part]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def query(name, rr_type):
    return (struct.pack("!6H", ID, 0, 1, 0, 0, 0) + encode_name(name) +
            struct.pack("!2H", rr_type, 1))


def ask(name, rr_type, address, port=53, namespace=None, timeout=0.05):
    """The answer's octets, or None."""
    with entered(namespace):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client:
        client.settimeout(timeout)
        try:
            client.connect((address, port))
            client.send(query(name, rr_type))
            return client.recv(4096)
        except OSError:
            return None


def fault(answer, name, rr_type, rdata=None):
    """What is wrong with an answer, or None: one that is authoritative, of NOERROR, to this
    question, with a record, that ends with `rdata` if that is given."""
    if answer is None:
        return "no answer"
    if len(answer) < HEADER:
        return "an answer shorter than its header"
    _, flags, questions, records, _, _ = struct.unpack_from("!6H", answer)
    question = query(name, rr_type)[HEADER:]
    if not flags & QR or questions != 1 or answer[HEADER:HEADER + len(question)] != question:
        return "an answer to another question"
    if flags & RCODE or not flags & AA:
        return f"flags {flags:04x}: not an authoritative NOERROR"
    if records == 0:
        return "no record"
    if rdata is not None and rdata not in answer[HEADER + len(question):]:
        return f"not the address {'.'.join(map(str, rdata))}"
    return None


def reflected(answer):
    """Whether it is one at all: all that there is to say of the reflector."""
    return answer is not None and len(answer) >= HEADER and answer[2] & 0x80 != 0
