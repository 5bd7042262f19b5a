"""A server started on a link, answering rightly, on its CPU: ready to be measured."""

import contextlib
import os
import shutil

from side import questions, servers
from side.links import SERVER_ADDRESS, in_namespace
from side.process import Failure, Running, confine, strays


def right_answers(server, zone, namespace):
    """Whether it serves the zone by now: the first question of its checks."""
    name, rr_type, rdata = zone.checks()[0]
    answer = questions.ask(name, rr_type, SERVER_ADDRESS, namespace=namespace)
    if server == "reflector":
        return questions.reflected(answer)
    return questions.fault(answer, name, rr_type, rdata) is None


def check_answers(zone, namespace):
    """Failure unless all questions of the zone are answered rightly."""
    for name, rr_type, rdata in zone.checks():
        for _ in range(3):  # a datagram may get lost
            answer = questions.ask(name, rr_type, SERVER_ADDRESS, namespace=namespace, timeout=1)
            if answer is not None:
                break
        wrong = questions.fault(answer, name, rr_type, rdata)
        if wrong:
            raise Failure(f"asked for {name}: {wrong}")


def wait_serving(process, server, link, zone, veth, socket):
    if link == "memif":
        # Nobody but the generator can ask over memif: it checks the answers.
        process.wait_until(socket.exists, "memif socket")
        if server != "reflector":
            process.wait_until(lambda: "ready" in process.text(), "line that says ready")
        return
    namespace = veth.generator_namespace
    process.wait_until(lambda: right_answers(server, zone, namespace), "right answer")
    if link == "xdp" or server == "reflector":
        process.wait_until(veth.has_native_program, "XDP program on the interface")
    if server != "reflector":
        check_answers(zone, namespace)


@contextlib.contextmanager
def explained(process):
    """A failure of what is done inside says so if the server is gone."""
    try:
        yield
    except Failure as failure:
        if process.ended():
            raise Failure(f"{failure}; the server ended: {process.tail()}") from failure
        raise


@contextlib.contextmanager
def staying_on(cpu):
    """This program on the server's CPU, where it only waits: the generator's knows no rest."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def serving(server, link, bench):
    """Yields (namespace of the generator, its memif device or None). `bench`: see rounds.Bench."""
    folder = bench.work / f"{link}-{server}"
    folder.mkdir()
    bench.veth.take_programs_off()
    socket = folder / "memif.sock"
    path = f"socket={socket},socket-abstract=no"
    place = servers.Place(folder, [(bench.zone.origin, bench.zone.path)], SERVER_ADDRESS, link=link,
                          device=f"net_memif0,role=server,{path}", cpu=bench.server_cpu,
                          poll=bench.poll)
    # From the start on its CPU, so that what it starts later is there, too; then once more, as some
    # choose CPUs for their threads.
    command = in_namespace(bench.veth.server_namespace, [
        "taskset", "-c", str(bench.server_cpu), *servers.command(server, place)])
    try:
        with staying_on(bench.server_cpu), Running(command, folder / "log") as process:
            wait_serving(process, server, link, bench.zone, bench.veth, socket)
            confine(process.pid, bench.server_cpu)
            with explained(process):
                if link == "memif":
                    yield bench.veth.server_namespace, f"net_memif1,role=client,{path}"
                else:
                    yield bench.veth.generator_namespace, None
            if strays(process.pid, bench.server_cpu):
                raise Failure(f"{server} has threads on other CPUs than its own")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
