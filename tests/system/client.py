"""Clients over UDP and TCP: one message at a time, or thousands in a window."""

import select
import socket
import struct
import time

import wire

TIMEOUT_s = 5.0


def family_of(address):
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def udp_socket(address):
    """Connected, so that only answers from the very address that was asked come in."""
    made = socket.socket(family_of(address), socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.connect(address)
    return made


def try_udp(address, message, timeout=TIMEOUT_s):
    """The reply, or None."""
    with udp_socket(address) as link:
        # While nobody listens there the kernel may give us that very port, to talk to ourselves.
        if link.getsockname()[1] == address[1]:
            return None
        link.settimeout(timeout)
        try:
            link.send(message)
            return link.recv(65535)
        except (TimeoutError, ConnectionRefusedError):
            return None


def udp(address, message, timeout=TIMEOUT_s):
    reply = try_udp(address, message, timeout)
    assert reply is not None, f"no reply to {message.hex()}"
    return reply


class Stream:
    """A TCP connection that carries DNS messages."""

    def __init__(self, address, timeout=TIMEOUT_s):
        self.socket = socket.create_connection(address[:2], timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @staticmethod
    def frame(message):
        return struct.pack("!H", len(message)) + message

    def send(self, *messages):
        self.socket.sendall(b"".join(map(self.frame, messages)))

    def receive(self):
        """The next message; None when the server has closed."""
        while True:
            if len(self.pending) >= 2:
                size = struct.unpack_from("!H", self.pending)[0]
                if len(self.pending) >= 2 + size:
                    message = self.pending[2:2 + size]
                    self.pending = self.pending[2 + size:]
                    return message
            try:
                fresh = self.socket.recv(1 << 16)
            except ConnectionResetError:
                fresh = b""
            if not fresh:
                assert not self.pending, "closed in the middle of a message"
                return None
            self.pending += fresh

    def ask(self, message):
        self.send(message)
        reply = self.receive()
        assert reply is not None, "closed without a reply"
        return reply

    def wait_closed(self, seconds):
        """Returns the seconds until the server closed; fails if it does not."""
        begin = time.monotonic()
        self.socket.settimeout(seconds)
        while self.receive() is not None:
            pass
        return time.monotonic() - begin


def tcp(address, message, timeout=TIMEOUT_s):
    with Stream(address, timeout) as stream:
        return stream.ask(message)


def udp_many(address, messages, window=64, tries=3):
    """Replies in the order of `messages` (None: no reply); their ids are chosen here.

    What is lost is asked again; a window keeps the sockets' buffers from running over.
    """
    replies = [None] * len(messages)
    waiting = list(range(len(messages)))
    with udp_socket(address) as link:
        link.setblocking(False)
        for _ in range(tries):
            waiting = _udp_round(link, messages, replies, waiting, window)
            if not waiting:
                break
    return replies


def _udp_round(link, messages, replies, wanted, window):
    open_ids, at, deadline = {}, 0, time.monotonic() + TIMEOUT_s
    while at < len(wanted) or open_ids:
        while at < len(wanted) and len(open_ids) < window:
            ident = wanted[at] & 0xffff
            open_ids[ident] = wanted[at]
            link.send(wire.with_id(messages[wanted[at]], ident))
            at += 1
        ready, _, _ = select.select([link], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            break
        while True:
            try:
                reply = link.recv(65535)
            except BlockingIOError:
                break
            index = open_ids.pop(struct.unpack_from("!H", reply)[0], None)
            if index is not None:
                replies[index] = reply
                deadline = time.monotonic() + TIMEOUT_s
    return [i for i in wanted if replies[i] is None]


def tcp_many(address, messages, batch=20):
    """Replies in the order of `messages`, `batch` of them under way on one connection."""
    replies = [None] * len(messages)
    with Stream(address) as stream:
        for start in range(0, len(messages), batch):
            part = range(start, min(start + batch, len(messages)))
            stream.send(*(wire.with_id(messages[i], i & 0xffff) for i in part))
            wanted = {i & 0xffff: i for i in part}
            for _ in part:
                reply = stream.receive()
                assert reply is not None, "closed in the middle of a batch"
                replies[wanted.pop(struct.unpack_from("!H", reply)[0])] = reply
    return replies


def silent(address, messages):
    """Sends messages that must get no reply, then one that gets one; returns all other replies.

    One flow goes to one worker in order, so the last reply says that nothing else will come.
    """
    fence = wire.query("fence.invalid.", "TXT", ident=0xfe9c)
    replies = []
    with udp_socket(address) as link:
        link.settimeout(TIMEOUT_s)
        for start in range(0, len(messages), 64):
            for message in messages[start:start + 64]:
                link.send(message)
            link.send(fence)
            while True:
                reply = link.recv(65535)
                if reply[:2] == b"\xfe\x9c":
                    break
                replies.append(reply)
    return replies
