"""Ethernet frames of DNS messages, built field by field so that any field can be wrong; the frame
that must come back; and a text of any frame for people.

Nothing here is taken from the code under test: checksums are those of RFC 1071 as the RFC has it.
"""

import dataclasses
import socket
import struct

IPV4, IPV6, VLAN, SERVICE_VLAN = 0x0800, 0x86dd, 0x8100, 0x88a8
UDP, FRAGMENT, HOP_BY_HOP, ROUTING, DESTINATION = 17, 44, 0, 43, 60
ETHERNET_MIN = 60  # without the frame check sequence
REPLY_TTL = 64

# The addresses of all test links: ours and the client's.
OUR_MAC, CLIENT_MAC = "02:00:00:00:00:53", "02:00:00:00:00:01"
OUR_IPV4, CLIENT_IPV4 = "192.0.2.53", "192.0.2.1"
OUR_IPV6, CLIENT_IPV6 = "2001:db8::53", "2001:db8::1"
OUR_PORT, CLIENT_PORT = 53, 40000


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_checksum(source, destination, udp):
    """Of a datagram whose own checksum field is zero; the pseudo-header has its length field."""
    size = struct.unpack_from("!H", udp, 4)[0]
    if len(source) == 4:
        pseudo = source + destination + struct.pack("!BBH", 0, UDP, size)
    else:
        pseudo = source + destination + struct.pack("!IHBB", size, 0, 0, UDP)
    return checksum(pseudo + udp) or 0xffff


def tlv_extension(next_header, body=b"\1\4\0\0\0\0"):
    """A hop-by-hop or destination options header; `body` is padded to eight octets less two."""
    body += b"\0" * (-(len(body) + 2) % 8)
    return bytes((next_header, (len(body) + 2) // 8 - 1)) + body


def routing_extension(next_header, segments_left=0):
    return bytes((next_header, 0, 0, segments_left)) + b"\0" * 4


def chain(kinds, last=UDP):
    """(first next header, octets) of extension headers of those kinds in turn."""
    octets = b""
    for this, following in zip(kinds, (*kinds[1:], last)):
        octets += routing_extension(following) if this == ROUTING else tlv_extension(following)
    return (kinds[0] if kinds else last), octets


@dataclasses.dataclass(frozen=True)
class Frame:
    """The defaults make a good frame; None: as it should be; ..._change: added to what is right."""

    payload: bytes = b""
    ipv6: bool = False
    destination_mac: str = OUR_MAC
    source_mac: str = CLIENT_MAC
    tags: tuple = ()  # (ether type, tag control information), outermost first
    ether_type: int = None
    source: str = None
    destination: str = None
    source_port: int = CLIENT_PORT
    destination_port: int = OUR_PORT
    version: int = None
    next_header: int = None  # of IPv6, protocol of IPv4
    ttl: int = 57
    ip_length_change: int = 0
    # IPv4
    header_words: int = None
    service: int = 0x08
    identification: int = 0x4242
    fragment: int = 0
    options: bytes = b""
    ip_checksum_change: int = 0
    # IPv6
    flow: int = 0x00a00077
    extensions: bytes = b""
    # UDP
    udp_length_change: int = 0
    udp_checksum: int = None
    udp_checksum_change: int = 0
    checksum_before_change: bool = False  # the checksum is that of the right length
    trailing: bytes = b""

    def but(self, **fields):
        return dataclasses.replace(self, **fields)

    def addresses(self):
        source = self.source or (CLIENT_IPV6 if self.ipv6 else CLIENT_IPV4)
        destination = self.destination or (OUR_IPV6 if self.ipv6 else OUR_IPV4)
        return address(source), address(destination)

    def udp(self):
        right = 8 + len(self.payload)
        length = right + self.udp_length_change & 0xffff
        ports = struct.pack("!HH", self.source_port, self.destination_port)
        summed = self.udp_checksum
        if summed is None:
            covered = right if self.checksum_before_change else length
            plain = ports + struct.pack("!HH", covered, 0) + self.payload
            summed = udp_checksum(*self.addresses(), plain[:max(8, covered)])
        summed = summed + self.udp_checksum_change & 0xffff
        return ports + struct.pack("!HH", length, summed) + self.payload

    def ip(self):
        return self._ipv6() if self.ipv6 else self._ipv4()

    def _ipv4(self):
        udp, options = self.udp(), self.options + b"\0" * (-len(self.options) % 4)
        words = 5 + len(options) // 4 if self.header_words is None else self.header_words
        total = 20 + len(options) + len(udp) + self.ip_length_change & 0xffff
        version = 4 if self.version is None else self.version
        protocol = UDP if self.next_header is None else self.next_header

        def header(summed):
            return struct.pack("!BBHHHBBH", version << 4 | words, self.service, total,
                               self.identification, self.fragment, self.ttl, protocol,
                               summed) + b"".join(self.addresses()) + options

        # Also of a header that claims another size the checksum is right.
        claimed = (header(0) + udp)[:max(20, 4 * words)]
        return header(checksum(claimed) + self.ip_checksum_change & 0xffff) + udp

    def _ipv6(self):
        udp = self.udp()
        version = 6 if self.version is None else self.version
        length = len(self.extensions) + len(udp) + self.ip_length_change & 0xffff
        following = UDP if self.next_header is None else self.next_header
        return (struct.pack("!IHBB", version << 28 | self.flow, length, following, self.ttl)
                + b"".join(self.addresses()) + self.extensions + udp)

    def octets(self):
        kind = self.ether_type
        if kind is None:
            kind = IPV6 if self.ipv6 else IPV4
        tags = b"".join(struct.pack("!HH", *tag) for tag in self.tags)
        return (mac(self.destination_mac) + mac(self.source_mac) + tags + struct.pack("!H", kind)
                + self.ip() + self.trailing)


def reply_to(request, message):
    """The frame that carries `message` back: straight headers, all addresses swapped, tags kept."""
    source, destination = (socket.inet_ntop(socket.AF_INET6 if request.ipv6 else socket.AF_INET,
                                            each) for each in request.addresses())
    octets = Frame(payload=message, ipv6=request.ipv6, tags=request.tags,
                   destination_mac=request.source_mac, source_mac=request.destination_mac,
                   source=destination, destination=source, source_port=request.destination_port,
                   destination_port=request.source_port, ttl=REPLY_TTL, service=0,
                   identification=0, fragment=0x4000, flow=0).octets()
    return octets + b"\0" * (ETHERNET_MIN - len(octets))


# ---- Reading -------------------------------------------------------------------------------------


def udp_ports(octets):
    """(source port, destination port) of a UDP frame without extension headers, or None."""
    at, kind = 14, int.from_bytes(octets[12:14], "big")
    while kind in (VLAN, SERVICE_VLAN) and len(octets) >= at + 4:
        kind = int.from_bytes(octets[at + 2:at + 4], "big")
        at += 4
    if kind == IPV4 and len(octets) >= at + 20 and octets[at + 9] == UDP:
        at += 4 * (octets[at] & 15)
    elif kind == IPV6 and len(octets) >= at + 40 and octets[at + 6] == UDP:
        at += 40
    else:
        return None
    return struct.unpack_from("!HH", octets, at) if len(octets) >= at + 8 else None


def message_of(octets):
    """The UDP payload of a frame that udp_ports() can read, and its id with it."""
    at, kind = 14, int.from_bytes(octets[12:14], "big")
    while kind in (VLAN, SERVICE_VLAN):
        kind = int.from_bytes(octets[at + 2:at + 4], "big")
        at += 4
    at += 4 * (octets[at] & 15) if kind == IPV4 else 40
    return octets[at + 8:at + struct.unpack_from("!H", octets, at + 4)[0]]


def describe(octets):
    """A frame in hex and, as far as it can be read, in words."""
    lines = [octets[at:at + 32].hex(" ", 4) for at in range(0, len(octets), 32)]
    return f"{len(octets)} octets: {_words(octets)}\n    " + "\n    ".join(lines)


def _words(octets):
    if len(octets) < 14:
        return "no Ethernet header"
    words = [f"{octets[6:12].hex(':')} > {octets[:6].hex(':')}"]
    at, kind = 14, int.from_bytes(octets[12:14], "big")
    while kind in (VLAN, SERVICE_VLAN) and len(octets) >= at + 4:
        tag, following = struct.unpack_from("!HH", octets, at)
        words.append(f"tag {kind:04x} {tag:04x}")
        kind, at = following, at + 4
    if kind == IPV4 and len(octets) >= at + 20:
        first, service, total, ident, fragment, ttl, protocol, summed = struct.unpack_from(
            "!BBHHHBBH", octets, at)
        words.append(f"IPv4 {socket.inet_ntop(socket.AF_INET, octets[at + 12:at + 16])} > "
                     f"{socket.inet_ntop(socket.AF_INET, octets[at + 16:at + 20])} first "
                     f"{first:02x} service {service:02x} length {total} id {ident:04x} fragment "
                     f"{fragment:04x} ttl {ttl} protocol {protocol} checksum {summed:04x}")
        at += 4 * (first & 15)
    elif kind == IPV6 and len(octets) >= at + 40:
        flow, length, following, ttl = struct.unpack_from("!IHBB", octets, at)
        words.append(f"IPv6 {socket.inet_ntop(socket.AF_INET6, octets[at + 8:at + 24])} > "
                     f"{socket.inet_ntop(socket.AF_INET6, octets[at + 24:at + 40])} first "
                     f"{flow:08x} length {length} next {following} hops {ttl}")
        at += 40
    else:
        words.append(f"type {kind:04x}")
        return ", ".join(words)
    if udp_ports(octets):
        source, destination, length, summed = struct.unpack_from("!4H", octets, at)
        words.append(f"UDP {source} > {destination} length {length} checksum {summed:04x}")
        message = octets[at + 8:at + length]
        if len(message) >= 12:
            words.append("DNS id {:04x} flags {:04x} counts {} {} {} {}".format(
                *struct.unpack_from("!6H", message)))
    return ", ".join(words)
