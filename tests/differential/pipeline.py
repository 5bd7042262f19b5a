"""Clients that keep many questions on their way: 800,000 messages in minutes."""

import select
import socket
import struct
import time

RECEIVE_BUFFER = 4 << 20
# Questions on one TCP connection at once: what every peer takes without closing it.
TCP_WINDOW = 16


class Client:
    """Asks one server on loopback; not for several threads."""

    def __init__(self, host, port):
        self.address = (host, port)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.udp.connect(self.address)
        self.udp.setblocking(False)
        self.ident = 0

    def close(self):
        self.udp.close()

    def ask(self, questions, timeout=2.0, tries=5):
        """Replies over UDP in the order of the questions; None where there is none."""
        return ask_all([self], questions, timeout, tries)[0]

    def next_idents(self, count):
        """Ids that no question of the last thousands had, so that a late reply is nobody's."""
        first, self.ident = self.ident, (self.ident + count) & 0xffff
        return [(first + i) & 0xffff for i in range(count)]

    def send(self, question, ident):
        try:
            self.udp.send(struct.pack("!H", ident) + question[2:])
        except (BlockingIOError, ConnectionRefusedError):
            pass  # as lost as any datagram: it is sent again

    def receive(self):
        """All datagrams that are there."""
        while True:
            try:
                yield self.udp.recv(65535)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue

    def ask_tcp(self, questions, timeout=5.0):
        """The same over TCP; a connection that the server closed is opened again."""
        replies = [None] * len(questions)
        left = list(range(len(questions)))
        while left:
            done = self._one_connection(questions, left, replies, timeout)
            # The first one in line is what the server did not like, or was not answered at all.
            left = [i for i in left if replies[i] is None]
            if not done and left:
                left = left[1:]
        return replies

    def _one_connection(self, questions, wanted, replies, timeout):
        """Asks what it can; False: the connection was closed or nothing came."""
        try:
            with socket.create_connection(self.address, timeout) as stream:
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for at in range(0, len(wanted), TCP_WINDOW):
                    part = wanted[at:at + TCP_WINDOW]
                    stream.sendall(b"".join(
                        struct.pack("!HH", len(questions[i]), i & 0xffff) + questions[i][2:]
                        for i in part))
                    for _ in part:
                        octets = read_message(stream)
                        if octets is None:
                            return False
                        ident = struct.unpack_from("!H", octets)[0]
                        for i in part:
                            if i & 0xffff == ident:
                                replies[i] = octets
        except OSError:
            return False
        return True


def read_exactly(stream, size):
    parts = []
    while size:
        octets = stream.recv(size)
        if not octets:
            return None
        parts.append(octets)
        size -= len(octets)
    return b"".join(parts)


def read_message(stream):
    size = read_exactly(stream, 2)
    return read_exactly(stream, struct.unpack("!H", size)[0]) if size else None


def ask_all(clients, questions, timeout=2.0, tries=5):
    """The replies of every client's server to the same questions, all at once over UDP.

    Patient, for on a loaded machine a server may get no CPU for seconds.
    """
    replies = [[None] * len(questions) for _ in clients]
    poll = select.epoll()
    waiting = {}
    for number, client in enumerate(clients):
        poll.register(client.udp.fileno(), select.EPOLLIN)
        waiting[client.udp.fileno()] = (client, replies[number], {})
    try:
        for _ in range(tries):
            for client, found, places in waiting.values():
                missing = [i for i, octets in enumerate(found) if octets is None]
                for i, ident in zip(missing, client.next_idents(len(missing))):
                    places[ident] = i
                    client.send(questions[i], ident)
            if _collect(poll, waiting, timeout):
                break
    finally:
        poll.close()
    return replies


def _collect(poll, waiting, timeout):
    """Takes replies until none is missing (True) or nothing has come for so long (False)."""
    left = sum(octets is None for _, found, _ in waiting.values() for octets in found)
    deadline = time.monotonic() + timeout
    while left:
        rest = deadline - time.monotonic()
        if rest <= 0:
            return False
        for fileno, _ in poll.poll(rest):
            client, found, places = waiting[fileno]
            for octets in client.receive():
                place = places.get(struct.unpack_from("!H", octets)[0])
                if place is not None and found[place] is None:
                    found[place] = octets
                    left -= 1
                    deadline = time.monotonic() + timeout
    return True
