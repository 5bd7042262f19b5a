"""bowline-pktgen against Bowline over a veth (net_af_packet) and over net_memif, with small
numbers: what it counts, what it calls wrong, and everything that it refuses."""

import contextlib
import json
import signal
import socket
import struct
import subprocess

import pytest

import appliance as harness
import network
from network import CLIENT_MAC, OUR_IPV4, OUR_IPV6, OUR_MAC

PKTGEN = harness.BUILD / "bowline-pktgen"
DEVICE = "net_af_packet1,iface=eth0"
ZONE = """$TTL 60
@ SOA ns hostmaster 1 2 3 4 5
@ NS ns
ns A 192.0.2.53
mail MX 10 mx1
mail MX 20 mx2
cut NS ns.cut
ns.cut A 192.0.2.99
""" + "".join(f"h{i} A 198.51.100.{i % 250}\nh{i} AAAA 2001:db8::{i:x}\n" for i in range(300))
RUN_MAX_s = 60
ETH_P_ALL, SO_RCVBUFFORCE = 3, 33


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(link, folder): a Bowline on sockets at its end of a veth; the kernel of the client's end has
    no addresses: those are pktgen's."""
    network.needs_namespaces()
    network.needs_hugepages()
    folder = tmp_path_factory.mktemp("pktgen")
    (folder / "pktgen.test.zone").write_text(ZONE)
    (folder / "queries").write_text("".join(f"h{i}.pktgen.test A\n" for i in range(100)))
    with network.Link(client=False) as link, harness.Appliance(
            {"pktgen.test.": ZONE}, listen=[OUR_IPV4, OUR_IPV6], port=53, log="info",
            namespace=link.ours) as running:
        running.launch().wait_ready()
        yield link, folder


@pytest.fixture(scope="module", autouse=True)
def left_alone(served):
    """Runs that wait 10 s for somebody, while other tests run, on links of their own. Gives a
    function from their names to (exit code, standard output, standard error)."""
    link, folder = served
    device = f"net_memif0,role=client,socket={folder}/nobody.sock,socket-abstract=no"
    with network.Namespace("alone") as alone:
        alone.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        for end in ("eth0", "eth1"):
            alone.ip("link", "set", end, "up")
        options = ("--queries", "FOLDER/queries", "--rate", "10", "--seconds", "3600", "--quiet")
        running = {name: subprocess.Popen([*alone.prefix, *words], stdout=subprocess.PIPE,
                                          stderr=subprocess.PIPE, text=True)
                   for name, words in (("no-memif", command(folder, *options, device=device)),
                                       ("no-server", command(folder, *options)))}

        def ended(name):
            out, err = running[name].communicate(timeout=RUN_MAX_s)
            return running[name].returncode, out, err

        yield ended
        for process in running.values():
            process.kill()
            process.wait()


def command(folder, *options, device=DEVICE, server=OUR_IPV4):
    return [str(PKTGEN), "--device", device, "--server", server,
            *(str(option).replace("FOLDER", str(folder)) for option in options)]


def pktgen(served, *options, code=0, **settings):
    """The JSON of a run on the client's end."""
    link, folder = served
    done = link.client.run(*command(folder, *options, "--json", "-", **settings), check=False,
                           timeout=RUN_MAX_s)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def refused(served, *options, code=1, **settings):
    """The one line with which a run is refused."""
    link, folder = served
    done = link.client.run(*command(folder, *options, **settings), check=False, timeout=RUN_MAX_s)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("bowline-pktgen: ")
    return lines[0]


def check_sums(found):
    assert found["sent"] == found["answers"] + found["lost"]
    assert sum(found["rcodes"].values()) == found["answers"]
    assert found["loss"] == pytest.approx(found["lost"] / found["sent"])
    latency = [found["latency_us"][key] for key in ("p50", "p90", "p99", "p99_9", "p99_99", "max")]
    assert latency == sorted(latency) and 0 < latency[0]
    assert found["checked"] >= min(found["answers"], 1000)
    assert found["strange"] == 0


@pytest.mark.parametrize("server,source", [(OUR_IPV4, "192.0.2.128/25"),
                                           (OUR_IPV6, "2001:db8::1:0/125")])
def test_a_zone_is_asked_at_a_rate_and_answered(served, server, source):
    """Both kernels' ways: pktgen resolves the server's MAC, and the server resolves the sources."""
    found = pktgen(served, "--zone", "FOLDER/pktgen.test.zone", "--kinds",
                   "existing=50,nxdomain=30,delegation=20", "--do", "40%", "--rate", "2000",
                   "--seconds", "2", "--source", source, server=server)
    check_sums(found)
    assert found["wrong"] == 0
    assert found["mode"] == "rate" and found["rate"] == 2000 and len(found["per_second"]) == 2
    assert found["sent"] <= 4000
    # The first answers to a source wait for its MAC; a kernel keeps few of them.
    assert found["answers"] > 0.5 * found["sent"]
    assert set(found["rcodes"]) == {"NOERROR", "NXDOMAIN"}
    assert found["rcodes"]["NXDOMAIN"] / found["answers"] == pytest.approx(0.3, abs=0.08)


def test_a_file_is_asked_with_a_window(served):
    found = pktgen(served, "--queries", "FOLDER/queries", "--window", "16", "--seconds", "1")
    check_sums(found)
    assert found["mode"] == "window" and found["window"] == 16
    assert found["wrong"] == 0 and set(found["rcodes"]) == {"NOERROR"}
    assert found["questions"] == 100 and found["answers"] > 100


def test_a_capture_is_asked_of_this_server_only(served):
    """Written here: two questions, to other addresses than the server's; the answers are NOERROR
    for the name that exists and REFUSED for the other."""
    link, folder = served

    def frame(name):
        question = b"\1\2\0\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1"
        udp = struct.pack("!4H", 4242, 53, 8 + len(question), 0) + question
        ip = struct.pack("!BBHIBBH", 0x45, 0, 20 + len(udp), 0, 64, 17, 0)
        return bytes(12) + b"\x08\x00" + ip + b"\xc6\x33\x64\1\xc6\x33\x64\2" + udp

    octets = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for name in (b"\2h1\6pktgen\4test\0", b"\5other\4test\0"):
        each = frame(name)
        octets += struct.pack("<4I", 0, 0, len(each), len(each)) + each
    (folder / "questions.pcap").write_bytes(octets)
    found = pktgen(served, "--pcap", "FOLDER/questions.pcap", "--rate", "500", "--seconds", "1")
    check_sums(found)
    assert found["wrong"] == 0 and found["questions"] == 2
    assert set(found["rcodes"]) == {"NOERROR", "REFUSED"}
    assert abs(found["rcodes"]["NOERROR"] - found["rcodes"]["REFUSED"]) <= 1 + found["lost"]


def test_nothing_goes_to_another_address(served):
    """What the server's end sees: questions to the server's address, port and MAC, and ARP."""
    link, folder = served
    with link.ours.entered():
        sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    with sniffer:
        sniffer.bind(("eth0", 0))
        sniffer.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        sniffer.setblocking(False)
        found = pktgen(served, "--queries", "FOLDER/queries", "--rate", "500", "--seconds", "1")
        heads = []
        with contextlib.suppress(BlockingIOError):
            while True:
                octets, (_, _, kind, _, _) = sniffer.recvfrom(2048)
                if kind != socket.PACKET_OUTGOING:
                    heads.append(octets[:12].hex(":") + " " + octets[12:14].hex() + " " +
                                 octets[30:34].hex() + " " + octets[36:38].hex())
    questions = f"{OUR_MAC}:{CLIENT_MAC} 0800 c0000235 0035"
    assert found["answers"] <= heads.count(questions) <= found["sent"]
    assert all(" 0806 " in head for head in heads if head != questions), set(heads)


def test_wrong_answers_are_noticed(served):
    """The zone that pktgen compares with is not the one that is served."""
    link, folder = served
    (folder / "other.zone").write_text(ZONE.replace("198.51.100.", "203.0.113."))
    found = pktgen(served, "--zone", "FOLDER/other.zone", "--origin", "pktgen.test", "--window",
                   "16", "--seconds", "1", code=1)
    assert 0 < found["wrong"] < found["checked"]  # AAAA and others are still right
    assert "its records are not those of the zone" in found["first_wrong"]


def test_the_highest_rate_is_found(served):
    found = pktgen(served, "--queries", "FOLDER/queries", "--find-rate", "--loss", "50%",
                   "--seconds", "1", "--timeout", "100")
    assert found["mode"] == "find-rate"
    assert found["found_rate"] in [trial["rate"] for trial in found["trials"]]
    assert found["trials"][0]["rate"] == 0
    assert all(trial["loss"] <= 0.5 for trial in found["trials"]
               if trial["rate"] == found["found_rate"])


def test_progress_report_and_ctrl_c(served):
    link, folder = served
    process = subprocess.Popen(
        [*link.client.prefix, *command(folder, "--queries", "FOLDER/queries", "--rate", "100",
                                       "--seconds", "600")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert "answers/s" in first and "p99" in first, first + err
    assert process.returncode == 0
    rows = {line[:20].strip(): line[20:] for line in out.splitlines()}
    assert {"answers a second", "sent", "lost", "checked", "NOERROR", "latency p99.99"} <= set(rows)
    assert "\033" not in out  # no terminal, no colours


def test_memif(served, tmp_path):
    """The other process is Bowline's dataplane with DPDK; nobody answers ARP there."""
    link, folder = served
    path = f"socket={tmp_path}/memif.sock,socket-abstract=no"
    tmp_path.chmod(0o755)
    backend = f'backend: dpdk\ndevices: [ "net_memif0,role=server,{path}" ]\n'
    with harness.Appliance({"pktgen.test.": ZONE}, listen=[OUR_IPV4], port=5300, log="info",
                           namespace=link.ours, dataplane=backend) as running:
        running.launch().wait_ready()
        harness.wait_until(lambda: (tmp_path / "memif.sock").exists(), 10, "the socket of memif")
        found = pktgen(served, "--zone", "FOLDER/pktgen.test.zone", "--kinds",
                       "existing=90,nxdomain=5,delegation=5", "--window", "64", "--seconds", "1",
                       "--source", "192.0.2.128/25", server=f"{OUR_IPV4}@5300",
                       device=f"net_memif1,role=client,{path}")
    check_sums(found)
    assert found["wrong"] == 0 and found["checked"] >= 1000


# ---- Refusals ----------------------------------------------------------------------------------

BAD_OPTIONS = {
    ("--rate", "0"): "--rate is from 1",
    ("--rate", "5", "--window", "5"): "exclude each other",
    ("--rate", "5", "--find-rate"): "exclude each other",
    ("--loss", "1%"): "--loss needs --find-rate",
    ("--window", "0"): "--window is from 1",
    ("--seconds", "0"): "--seconds is from 1",
    ("--kinds", "existing=1"): "need --zone",
    ("--source", "192.0.2.0/24"): "holds the server's address",
    ("--source", "2001:db8::/64"): "not of one family",
    ("--server-mac", "x"): "--server-mac: no MAC",
    ("--do", "101%"): "--do: no percentage",
    ("--zone", "FOLDER/pktgen.test.zone"): "exclude each other",
    ("--unknown",): "--unknown",
}


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=" ".join)
def test_contradictions_are_refused(served, options):
    assert BAD_OPTIONS[options] in refused(served, "--queries", "FOLDER/queries", *options, code=2)


def test_a_bad_server_is_refused(served):
    assert "--server: no address: example.com" in refused(
        served, "--queries", "FOLDER/queries", server="example.com", code=2)


BAD_FILES = {
    "empty": ("--queries", b"", ": no question in it"),
    "comments": ("--queries", b"; nothing\n\n", ": no question in it"),
    "type": ("--queries", b"a.test A\n\nb.test NONE\n", ":3: no type: NONE"),
    "name": ("--queries", b"a..test A\n", ":1: no domain name: a..test"),
    "word": ("--queries", b"a.test\n", ":1: no type after the name"),
    "pcap": ("--pcap", b"nothing like a capture at all..", ": no capture"),
    "zone": ("--zone", b"@ 60 SOA a b 1 2 3 4 5\nx 60 A 192.0.2\n", ":2:8: "),
    "no-soa": ("--zone", b"x 60 A 192.0.2.1\n", ": no SOA record"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused(served, tmp_path, case):
    option, octets, cause = BAD_FILES[case]
    path = tmp_path / "file.test"
    path.write_bytes(octets)
    assert f"{path}{cause}" in refused(served, option, path)
    path.unlink()
    assert str(path) in refused(served, option, path)


def test_kinds_that_a_zone_has_not(served, tmp_path):
    path = tmp_path / "bare.test.zone"
    path.write_text("@ 60 SOA a b 1 2 3 4 5\n* 60 A 192.0.2.1\n")
    for kind in ("delegation", "nxdomain"):
        assert "leave this kind out of --kinds" in refused(
            served, "--zone", path, "--kinds", f"existing=1,{kind}=1")


def test_a_device_that_is_missing(served):
    said = refused(served, "--queries", "FOLDER/queries", device="net_af_packet0,iface=nowhere0")
    assert "there is no interface nowhere0" in said
    assert "is there such a device?" in refused(served, "--queries", "FOLDER/queries",
                                                device="net_nothing0")


def test_nobody_at_the_other_end(left_alone):
    code, out, err = left_alone("no-memif")
    assert code == 1 and out == "" and len(err.splitlines()) == 1
    assert "bowline-pktgen: nobody took the other end of net_memif0" in err


def test_nobody_answers(left_alone):
    """The link is there, and the server is not: it ends by itself long before its time."""
    code, out, err = left_alone("no-server")
    assert code == 1
    assert err.splitlines() == [f"bowline-pktgen: no answer from {OUR_IPV4}: does it serve port 53 "
                                "on this link, and can it reach 192.0.2.54?"]
