"""The classes of differences between Bowline and its peers that are meant to be.

Each has a row in docs/differences.md under the same name. A row explains one narrow thing: of a
section, some records; what is left is for the next row. `alone`: the row may be the reason of all
peers where they agree with each other and not with us.
"""

import dataclasses
import functools

import asker
import compare
import messages
import names
from compare import without
from messages import (CNAME, DNAME, DS, FORMERR, HTTPS, MX, NOERROR, NOTIMP, NS, NSEC, NSEC3,
                      NXDOMAIN, REFUSED, RRSIG, SERVFAIL, SOA, SRV, SVCB, YXDOMAIN)

KNOTD, NSD, NAMED = "knotd", "nsd", "named"
EVERYONE = (KNOTD, NSD, NAMED)
ANY = 255
PROOFS = (NSEC, NSEC3)
HOST_TYPES = (NS, MX, SRV, SVCB, HTTPS)
MORE_TYPES = (CNAME, SVCB, HTTPS, messages.TYPES["TLSA"])
OLD_HOST_TYPES = [messages.TYPES[text] for text in ("AFSDB", "RT", "KX", "NAPTR", "LP")]
KNOTD_CHAIN = 5      # aliases that knotd follows in one zone
PLAIN_SIZE, UDP_SIZE = 512, 1232
SIGNATURE_SIZES = {8: 128, 13: 64, 14: 96, 15: 64}  # with the keys that signer.py makes
MANY_HOSTS = 13      # with more targets Bowline adds no addresses


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    peers: tuple
    parts: tuple
    explain: object  # Difference -> the same one, what is left of it, or None
    alone: bool = False


ROWS = []


def row(name, peers, *parts, alone=False):
    """Adds a row; the function says yes or no, or gives back what is left of a section."""
    def add(function):
        def explain(difference):
            result = function(difference)
            if result is True:
                return None
            return difference if result is False else result
        ROWS.append(Row(name, peers, parts, explain, alone))
        return function
    return add


# ---- What the rows ask ---------------------------------------------------------------------------


def limit(question):
    """Octets that a reply over UDP may have."""
    if question.edns is None:
        return PLAIN_SIZE
    return max(PLAIN_SIZE, min(question.edns[0], UDP_SIZE))


def chain_of(case, reply):
    """(owners of the aliases in order, where they lead, whether that is in a circle)."""
    aliases = {r[0]: r[4] for r in reply.answer if r[1] == CNAME}
    here, passed = names.wire(case.question.key), []
    while here in aliases and here not in passed:
        passed.append(here)
        here = aliases[here]
    return passed, here, here in passed


def zone_of(case, octets):
    return compare.zone_of(case.zones, messages.labels_of(octets), case.question.qtype)


def crosses(case):
    """Whether the aliases of our answer lead into another zone."""
    passed, end, _ = chain_of(case, case.ours)
    zones = {str(zone_of(case, owner)) for owner in [*passed, end]}
    return bool(passed) and len(zones) > 1


def of_types(records, *types):
    return frozenset(r for r in records if messages.signed_type(r) in types)


def signature_room(zone):
    """Octets of the RRSIGs of one RRset at least."""
    algorithms = {key.rdata[3] for key in zone.keys} if zone else set()
    return sum(30 + len(names.wire(zone.key)) + SIGNATURE_SIZES[a] for a in algorithms)


def room_needed(records):
    """Octets that the records take at most."""
    return sum(len(r[0]) + 10 + len(r[4]) for r in records)


@functools.lru_cache(maxsize=512)
def existing(zone, above_apex=False):
    """All names of a zone, empty non-terminals too; on demand those above it as well."""
    found = set()
    for owner in zone.names:
        while len(owner) >= (0 if above_apex else len(zone.key)) and owner not in found:
            found.add(owner)
            owner = owner[1:]
    return found


def encloser(key, known):
    """The longest suffix that is known."""
    return next(key[i:] for i in range(len(key) + 1) if key[i:] in known or i == len(key))


def names_asked(case, reply):
    """The question's name and the targets of its aliases."""
    passed, end, _ = chain_of(case, reply)
    return [messages.labels_of(owner) for owner in {*passed, end, names.wire(case.question.key)}]


def knows_from_elsewhere(case, key):
    """Whether another zone of the server has a name that changes what is above the key."""
    zone = zone_of(case, names.wire(key))
    if zone is None:
        return False
    own = encloser(key, existing(zone))
    wildcard = (b"*",) + own
    if any(other.key == key and other is not zone for other in case.zones):
        return True  # DS at the apex of a child
    for other in case.zones:
        if other is zone:
            continue
        others = existing(other, True)
        if len(encloser(key, others)) > len(own) or wildcard in others:
            return True
    return False


def wildcard_of(case, key):
    """(the wildcard that the name is made from, the zone), or (None, zone)."""
    zone = zone_of(case, names.wire(key))
    if zone is None or key in existing(zone):
        return None, zone
    wildcard = (b"*",) + encloser(key, existing(zone))
    return (wildcard if wildcard in existing(zone) else None), zone


def is_made_from_wildcard(case, key):
    return wildcard_of(case, key)[0] is not None


def is_made_from_empty_wildcard(case, key):
    wildcard, zone = wildcard_of(case, key)
    return wildcard is not None and wildcard not in zone.names


def has_unproved_encloser(case, key):
    zone = zone_of(case, names.wire(key))
    if zone is None or zone.flavour != "optout":
        return False
    return encloser(key, existing(zone)) not in zone.names


def is_host(owner, record):
    """Whether the record names this host; "." of SVCB and HTTPS is its owner (RFC 9460 2.5)."""
    if record[1] in (SVCB, HTTPS) and record[4][2] == 0:
        return owner == record[0]
    return record[1] in HOST_TYPES and owner in record[4].lower()


def is_below_cut(case, octets):
    zone = zone_of(case, octets)
    key = messages.labels_of(octets)
    return zone is not None and any(names.is_below(key, cut) for cut in zone.cuts)


def is_there(case, octets):
    """Whether a zone that the answer comes from has the name as it stands."""
    key = messages.labels_of(octets)
    owners = {r[0] for r in case.ours.answer | case.ours.authority}
    return any(zone is not None and key in zone.names
               for zone in (zone_of(case, owner) for owner in owners))


def has_asterisk(case):
    return any(key[:1] == (b"*",) for key in names_asked(case, case.ours))


# ---- Requests that are refused -------------------------------------------------------------------


@row("question-not-repeated", (NSD, NAMED), "question", "opt", "rd")
def _(d):
    """An error reply that is a header alone."""
    return len(d.other.question) == 0 and d.other.rcode not in (NOERROR, NXDOMAIN)


@row("flags-of-errors", (NSD,), "ra", "ad", "z", "aa", "cd", "tc")
def _(d):
    """nsd sends an error back with the flags that it came with."""
    return d.other.rcode not in (NOERROR, NXDOMAIN, YXDOMAIN) and d.theirs and not d.ours


@row("opt-of-badvers", (NSD,), "opt-flags")
def _(d):
    return d.other.rcode == messages.BADVERS and d.theirs == 0


@row("opcode-before-version", (NSD,), "rcode", "opt")
def _(d):
    return d.question.opcode != messages.QUERY and d.reply.rcode == messages.BADVERS


@row("class-unknown", (NAMED,), "rcode")
def _(d):
    return (d.question.qclass not in (messages.IN, messages.CH, messages.ANY)
            and d.ours == REFUSED and d.theirs in (FORMERR, NOTIMP))


@row("class-any", EVERYONE, "rcode", "aa", *compare.SECTIONS)
def _(d):
    """knotd sets AA, nsd does with an alias and leaves out the SOA, named does not answer."""
    if d.question.qclass != messages.ANY:
        return False
    if d.peer == NAMED:
        return d.other.rcode == FORMERR
    if d.part == "aa":
        return d.theirs
    return d.peer == NSD and d.part == "authority" and without(
        d, ours=of_types(d.ours, SOA, *PROOFS))


@row("chaos-rate", (NAMED,), "reply")
def _(d):
    """named has a limit on replies of its CHAOS view."""
    return d.question.qclass == messages.CH and not d.theirs


@row("chaos-without-text", (NAMED,), "rcode", "aa", "answer", "authority")
def _(d):
    return (d.question.qclass == messages.CH and d.reply.rcode == REFUSED
            and d.other.rcode == NOERROR)


@row("meta-types", EVERYONE, "rcode", "aa", "opt-options", *compare.SECTIONS, alone=True)
def _(d):
    meta = d.question.qtype in asker.META_TYPES or 128 <= d.question.qtype < ANY
    return meta and d.reply.rcode != d.other.rcode


@row("types-of-rfc-2535", (NAMED,), "rcode", *compare.SECTIONS)
def _(d):
    """named takes SIG and KEY for types that the owner of a CNAME has itself."""
    return d.question.qtype in (messages.TYPES["SIG"], messages.TYPES["KEY"])


# ---- EDNS ----------------------------------------------------------------------------------------


@row("extended-errors", EVERYONE, "opt-options", alone=True)
def _(d):
    """Who says more about an error, and how (RFC 8914)."""
    rest = [tuple(code for code in side if code != 15) for side in (d.ours, d.theirs)]
    return rest[0] == rest[1]


@row("expire-without-soa", (KNOTD,), "opt-options")
def _(d):
    """An SOA that an alias led to is that of another zone than the one that was asked about."""
    owners = {messages.labels_of(record[0]) for record in d.reply.records("answer", SOA)}
    return (set(d.theirs) - set(d.ours) - {15} == {asker.EXPIRE}
            and d.question.key not in owners)


@row("expire", (NSD,), "opt-options")
def _(d):
    return set(d.ours) - set(d.theirs) - {15} == {asker.EXPIRE} and not set(d.theirs) - {15}


@row("cd-copied", (NAMED,), "cd")
def _(d):
    return d.theirs and d.question.flags & messages.CD != 0


@row("ad-set", (NAMED,), "ad")
def _(d):
    return d.theirs and d.question.flags & messages.AD != 0


@row("subnet-repeated", (NAMED,), "opt-options")
def _(d):
    return set(d.theirs) - {15} - set(d.ours) == {asker.SUBNET}


# ---- Size ----------------------------------------------------------------------------------------


@row("size", EVERYONE, "tc", alone=True)
def _(d):
    """Each reply that is cut is larger than what may be sent."""
    whole = d.case.whole.get(compare.OURS if d.ours else d.peer)
    if whole is None:
        return False
    joined = not d.ours and d.peer in d.case.joined
    return whole.size > limit(d.question) or joined


@row("rcode-of-truncated", EVERYONE, "rcode", alone=True)
def _(d):
    """What is cut in the answer section leaves open how the chain ends."""
    return (d.reply.has(messages.TC) and d.ours == NOERROR and d.theirs in (NXDOMAIN, YXDOMAIN)
            or d.other.has(messages.TC) and d.theirs == NOERROR and d.ours in (NXDOMAIN, YXDOMAIN))


@row("optional-addresses-full", EVERYONE, "additional", alone=True)
def _(d):
    """Optional addresses of one of the two did not fit."""
    if d.question.tcp:
        return False
    room = limit(d.question)
    if d.theirs and d.reply.size + room_needed(d.theirs) > room:
        return without(d, ours=d.ours, theirs=d.theirs)
    if d.ours and d.other.size + room_needed(d.ours) > room:
        return without(d, ours=d.ours, theirs=d.theirs)
    return False


# ---- Aliases -------------------------------------------------------------------------------------


@row("chain-limit", (KNOTD,), "rcode", *compare.SECTIONS, alone=True)
def _(d):
    """knotd follows five aliases in a zone."""
    passed, end, circle = chain_of(d.case, d.other)
    return (len(passed) >= KNOTD_CHAIN and d.other.rcode == NOERROR
            and (d.part == "rcode" or not d.theirs))


@row("chain-limit", (NAMED, NSD), "rcode", *compare.SECTIONS, alone=True)
def _(d):
    """Bowline follows 11, nsd and named more; of a circle named says SERVFAIL, nsd NXDOMAIN."""
    passed, _, circle = chain_of(d.case, d.case.whole.get(compare.OURS) or d.reply)
    if d.part == "rcode":
        return (len(passed) >= 11 or circle) and d.theirs in (SERVFAIL, NXDOMAIN)
    return circle or len(passed) >= 11


@row("yxdomain-goes-on", (KNOTD,), "rcode", *compare.SECTIONS)
def _(d):
    """knotd looks for the name that it could not make, and adds what it finds."""
    return d.reply.rcode == YXDOMAIN and (d.part == "rcode" or not d.ours)


@row("chain-across-zones", (KNOTD, NAMED), "authority")
def _(d):
    """What is left of the referral that such a server gave before it was asked on (chains.py)."""
    return d.peer in d.case.joined and without(d, theirs=of_types(d.theirs, *PROOFS))


@row("target-in-own-zone", (KNOTD,), "rcode", *compare.SECTIONS)
def _(d):
    """knotd looks for a target in the zone of the alias, although a nearer one is there."""
    aliases = [r for r in d.other.answer if r[1] == CNAME]
    owners = {r[0] for r in d.other.answer}
    further = d.case.joined.get(d.peer, ())
    return any(zone_of(d.case, r[0]) is not zone_of(d.case, r[4]) and r[4] in owners
               and r[4] not in further for r in aliases)


@row("ds-of-a-target", (KNOTD, NAMED), "rcode", *compare.SECTIONS)
def _(d):
    """DS of an alias target that is the apex of a zone: these ask the child, not the parent."""
    passed, end, _ = chain_of(d.case, d.reply)
    return d.question.qtype == DS and bool(passed) and any(
        zone.key == messages.labels_of(end) for zone in d.case.zones)


@row("rcode-across-zones", (NSD,), "rcode")
def _(d):
    """nsd says NOERROR where an alias leads to nothing in another zone."""
    return d.ours == NXDOMAIN and d.theirs == NOERROR and crosses(d.case)


@row("wildcard-dname", (KNOTD,), "rcode", "aa", "tc", *compare.SECTIONS)
def _(d):
    """knotd makes a DNAME of the name that is asked for."""
    return any(r[0][:2] == b"\1*" for r in d.reply.answer if r[1] == DNAME)


@row("nsec-types-at-aliases", (NSD,), "rcode", *compare.SECTIONS)
def _(d):
    """nsd follows a CNAME for NSEC and RRSIG that are not there, and does not for NSEC3."""
    return d.question.qtype in (NSEC, NSEC3, RRSIG) and any(
        r[1] == CNAME for r in d.reply.answer | d.other.answer)


# ---- Denial --------------------------------------------------------------------------------------


@row("names-of-other-zones", (NSD,), "rcode", "tc", *compare.SECTIONS)
def _(d):
    """nsd takes a name for existing that another of its zones has."""
    return any(knows_from_elsewhere(d.case, key) for key in names_asked(d.case, d.reply))


@row("nsec-of-a-wildcard", (KNOTD,), "authority")
def _(d):
    """An NSEC made from a wildcard needs the proof of that as any other type."""
    return d.question.qtype == NSEC and bool(d.reply.answer) and without(
        d, ours=of_types(d.ours, NSEC))


@row("labels-before-asterisk", (NSD,), "authority")
def _(d):
    """nsd takes the wildcard for the first name below its encloser, before labels like "!"."""
    labels = {label for r in d.reply.authority | d.other.authority if r[1] == NSEC
              for label in messages.labels_of(r[0])}
    return any(label[0] < ord("*") for label in labels) and without(
        d, ours=of_types(d.ours, NSEC), theirs=of_types(d.theirs, NSEC))


@row("zero-octets", (KNOTD,), "authority")
def _(d):
    """knotd takes another NSEC where the name has a zero octet."""
    return any(b"\0" in label for key in names_asked(d.case, d.reply) for label in key
               ) and without(d, ours=of_types(d.ours, NSEC), theirs=of_types(d.theirs, NSEC))


@row("denial-after-dname", (NSD,), "authority")
def _(d):
    """nsd gives other proofs for the name that a DNAME made."""
    return any(r[1] == DNAME for r in d.reply.answer) and without(
        d, ours=of_types(d.ours, *PROOFS), theirs=of_types(d.theirs, *PROOFS))


@row("empty-wildcard", EVERYONE, "authority", alone=True)
def _(d):
    """The wildcard is an empty non-terminal: these leave out the NSEC or NSEC3 that says so."""
    keys = [key for key in names_asked(d.case, d.reply) if is_made_from_empty_wildcard(d.case, key)]
    return bool(keys) and without(d, ours=of_types(d.ours, *PROOFS))


@row("wildcard-without-type", (NSD,), "authority")
def _(d):
    """nsd leaves out the NSEC3 of some wildcards' encloser where the type is not there."""
    keys = [key for key in names_asked(d.case, d.reply) if is_made_from_wildcard(d.case, key)]
    owners = {r[0] for r in d.ours}
    return bool(keys) and len(owners) == 1 and not d.theirs and without(
        d, ours=of_types(d.ours, NSEC3))


@row("opt-out-encloser", EVERYONE, "aa", "tc", "rcode", "authority")
def _(d):
    """The closest encloser is an empty non-terminal that opt-out left without NSEC3."""
    if not any(has_unproved_encloser(d.case, key) for key in names_asked(d.case, d.reply)):
        return False
    if d.part in ("aa", "tc", "rcode"):
        return True
    return without(d, ours=of_types(d.ours, NSEC3, SOA), theirs=of_types(d.theirs, NSEC3))


@row("soa-left-out", (KNOTD,), "authority")
def _(d):
    """knotd leaves out the SOA that does not fit, and does not set TC."""
    room = limit(d.question) - 16
    return (not d.question.tcp and not d.theirs and d.other.size + room_needed(d.ours) > room
            and without(d, ours=of_types(d.ours, SOA)))


@row("asterisk-asked", (NSD, KNOTD), "authority")
def _(d):
    """Whose first label is an asterisk gets proofs as if it were a wildcard."""
    if not has_asterisk(d.case):
        return False
    return without(d, ours=of_types(d.ours, *PROOFS), theirs=of_types(d.theirs, *PROOFS))


# ---- Referrals -----------------------------------------------------------------------------------


@row("addresses-of-own-servers", (NAMED,), "additional")
def _(d):
    """named gives glue only, not the addresses that its zone has as data."""
    cuts = [r[0] for r in d.reply.authority if r[1] == NS]
    if cuts:
        return without(d, ours=frozenset(r for r in d.ours if not r[0].endswith(cuts[0])))
    if d.reply.records("answer", NS):
        return without(d, ours=d.ours)
    return False


@row("addresses-of-hosts", EVERYONE, "additional", alone=True)
def _(d):
    """Addresses of a host in the answer are optional. nsd gives none when replies are small."""
    return without(d, ours=frozenset(
        r for r in d.ours if any(is_host(r[0], answer) for answer in d.reply.answer)))


@row("glue-left-out", (NSD,), "additional")
def _(d):
    """nsd leaves out AAAA of a server with several A, and of a reply that is nearly full."""
    addresses = [r[0] for r in d.other.records("additional", messages.A)]
    full = (not d.question.tcp
            and d.other.size + room_needed(d.ours) > limit(d.question) * 2 // 3)
    return without(d, ours=frozenset(r for r in of_types(d.ours, messages.AAAA)
                                     if full or addresses.count(r[0]) > 1))


@row("repeated-records", (KNOTD,), "repeated", "additional")
def _(d):
    """knotd says twice what two records of the answer lead to."""
    if d.part == "repeated":
        return d.ours == 0
    return without(d, theirs=d.theirs & d.other.answer)


@row("root-as-target", (KNOTD,), "additional")
def _(d):
    """knotd takes "." in SVCB and HTTPS for the root itself."""
    return d.question.qtype in (SVCB, HTTPS) and without(
        d, theirs=frozenset(r for r in d.theirs if r[0] == b"\0"))


@row("addresses-without-signatures", EVERYONE, "additional", alone=True)
def _(d):
    """There is room for the addresses, not for their signatures."""
    if not d.question.do or d.question.tcp or any(r[1] == RRSIG for r in d.theirs):
        return False
    rrsets = {r[:2] for r in d.theirs}
    signatures = sum(signature_room(zone_of(d.case, owner)) for owner, _ in rrsets)
    if d.reply.size + room_needed(d.theirs) + signatures <= limit(d.question):
        return False
    return without(d, theirs=d.theirs)


@row("many-hosts", EVERYONE, "additional")
def _(d):
    """More hosts than thirteen: no addresses."""
    return len([r for r in d.reply.answer if r[1] == d.question.qtype]) > MANY_HOSTS and without(
        d, theirs=d.theirs)


@row("addresses-from-wildcards", EVERYONE, "additional")
def _(d):
    """They make addresses of hosts and glue from wildcards."""
    return without(d, theirs=frozenset(r for r in d.theirs if r[0][:2] == b"\1*"
                                       or not is_there(d.case, r[0])))


@row("glue-as-addresses", (NAMED,), "additional")
def _(d):
    """named has no glue for hosts of an answer."""
    return bool(d.reply.answer) and without(
        d, ours=frozenset(r for r in d.ours if is_below_cut(d.case, r[0])))


@row("proofs-of-addresses", (KNOTD,), "additional")
def _(d):
    """knotd proves that an address is made from a wildcard, or that there is none."""
    return without(d, theirs=of_types(d.theirs, *PROOFS))


@row("nsec-at-the-cut", (NAMED,), "aa", *compare.SECTIONS)
def _(d):
    """named answers for NSEC of a delegation; the others refer."""
    cuts = {names.wire(cut) for zone in d.case.zones for cut in zone.cuts}
    return (d.question.qtype == NSEC and not d.reply.records("answer", NSEC)
            and any(r[0] in cuts for r in d.other.records("answer", NSEC)))


@row("additional-of-more-types", (NAMED,), "additional")
def _(d):
    """named adds data of hosts in more types, and more of what they have."""
    if d.question.qtype in OLD_HOST_TYPES:
        return without(d, theirs=d.theirs)
    targets = {r[4] for r in d.other.records("additional", CNAME)}
    bindings = d.other.records("additional", SVCB, HTTPS)
    return d.question.qtype in HOST_TYPES and without(d, theirs=frozenset(
        r for r in d.theirs if messages.signed_type(r) in MORE_TYPES or r[0] in targets
        or any(is_host(r[0], binding) for binding in bindings)))


# ---- RRSIG, ANY, case ----------------------------------------------------------------------------


@row("rrsig-asked", EVERYONE, "answer")
def _(d):
    """Which of the signatures of a name a query for RRSIG gets."""
    if d.question.qtype != RRSIG or not d.reply.answer or not d.other.answer:
        return False
    return without(d, ours=of_rrsig(d.ours), theirs=of_rrsig(d.theirs))


@row("any-one-rrset", EVERYONE, *compare.SECTIONS)
def _(d):
    """One RRset stands for all, and which one is free; of knotd and nsd over TCP, too."""
    if d.question.qtype != ANY or (d.question.tcp and d.peer == NAMED):
        return False
    return is_one_rrset(d.other.answer) and (d.question.tcp or is_one_rrset(d.reply.answer))


@row("any-with-signatures", (NAMED,), "answer")
def _(d):
    """named gives RRSIG with ANY to who did not set DO."""
    return d.question.qtype == ANY and not d.question.do and without(d, theirs=of_rrsig(d.theirs))


@row("any-at-dname", (NAMED,), "rcode", *compare.SECTIONS)
def _(d):
    """named does not follow what a DNAME made for ANY."""
    return d.question.qtype == ANY and any(r[1] == DNAME for r in d.reply.answer)


@row("names-in-lower-case", (NSD,), *compare.SECTIONS)
def _(d):
    """nsd gives names in rdata in lower case."""
    return lower(d.ours) == lower(d.theirs)


def of_rrsig(records):
    return frozenset(r for r in records if r[1] == RRSIG)


def is_one_rrset(records):
    """Of what no alias of the chain is."""
    kinds = {(r[0], messages.signed_type(r)) for r in records}
    aliases = {(r[0], r[1]) for r in records if r[1] in (CNAME, DNAME)}
    return len(kinds - aliases) <= 1 or len({r[1] for r in records if r[:2] not in aliases}) <= 1


def lower(records):
    return {(*r[:4], r[4].lower()) for r in records}
