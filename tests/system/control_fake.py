"""A control server that answers as a test says: what bowlinec makes of it is then its own doing.

The protocol is that of control/api/protocol.h: a length of 32 bits and so much JSON.
"""

import json
import pathlib
import socket
import struct
import tempfile
import threading

OK = {"end": {"ok": True}}


def rows(*columns):
    return [{"row": each} for each in columns]


def items(**values):
    return rows(*({"item": name.replace("_", "-"), "value": value}
                  for name, value in values.items()))


def counters(values):
    return rows(*({"counter": name, "value": value} for name, value in values.items()))


class FakeControl:
    """REQUIRES: use as a context manager.

    `answers`: verb to frames, or to a function of the request that returns them; a frame may be a
    function that is called in its place (to wait for something). None ends the connection.
    """

    def __init__(self, answers):
        self.answers = answers
        self.requests = []
        self.folder = tempfile.TemporaryDirectory(prefix="bowline-control-")
        self.path = str(pathlib.Path(self.folder.name) / "control.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)
        self.folder.cleanup()

    def verbs(self):
        return [request["verb"] for request in self.requests]

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(link,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, link):
        with link:
            try:
                while request := self._receive(link):
                    self.requests.append(request)
                    answer = self.answers.get(request["verb"], [OK])
                    for frame in answer(request) if callable(answer) else answer:
                        frame = frame() if callable(frame) else frame
                        if frame is None:
                            return
                        octets = json.dumps(frame).encode()
                        link.sendall(struct.pack("!I", len(octets)) + octets)
            except OSError:
                return

    @staticmethod
    def _receive(link):
        head = link.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            return None
        size, = struct.unpack("!I", head)
        return json.loads(link.recv(size, socket.MSG_WAITALL))
