"""What a zone file says, as dnspython reads it, and what must be answered from it."""

import dataclasses

import dns.rdatatype
import dns.zone

import wire

NS, DS, NSEC, NSEC3, RRSIG, A, AAAA = (wire.type_code(t) for t in
                                       ("NS", "DS", "NSEC", "NSEC3", "RRSIG", "A", "AAAA"))


# Files of ../shared/data/zones by the names of their zones.
REAL_ZONES = {".": "root-2011.zone", "huge.example.": "xfr_huge.zone"}


@dataclasses.dataclass
class Rrset:
    owner: bytes
    type: int
    ttl: int
    rdata: set
    signatures: set


class ZoneTruth:
    def __init__(self, origin, path):
        zone = dns.zone.from_file(str(path), origin=origin, relativize=False)
        self.origin = zone.origin.to_wire()
        self.nodes = {}  # owner in lower case -> {type: Rrset}
        for owner, node in zone.nodes.items():
            sets, signatures = {}, {}
            for each in node.rdatasets:
                rdata = {item.to_wire() for item in each}
                if each.rdtype == dns.rdatatype.RRSIG:
                    signatures[int(each.covers)] = rdata
                else:
                    sets[int(each.rdtype)] = Rrset(owner.to_wire(), int(each.rdtype), each.ttl,
                                                   rdata, set())
            for covered, rdata in signatures.items():
                if covered in sets:
                    sets[covered].signatures = rdata
            if sets:
                self.nodes[owner.to_wire().lower()] = sets
        self.cuts = {owner for owner, sets in self.nodes.items()
                     if NS in sets and owner != self.origin.lower()}
        self.renamed = {owner for owner, sets in self.nodes.items()
                        if wire.type_code("DNAME") in sets}

    def covering(self, owner, tops):
        """The topmost of `tops` at or above `owner`, or None."""
        found = None
        while True:
            if owner in tops:
                found = owner
            if len(owner) <= len(self.origin):
                return found
            owner = owner[1 + owner[0]:]

    def authoritative(self):
        """RRsets that a question for them must bring in the answer section."""
        for owner, sets in self.nodes.items():
            cut = self.covering(owner, self.cuts)
            renamed = self.covering(owner, self.renamed)
            if renamed not in (None, owner):
                continue
            for rrset in sets.values():
                # RFC 5155 7.2.8 lets nobody ask for NSEC3 by its hashed owner.
                if rrset.type == NSEC3:
                    continue
                if cut is None or (cut == owner and rrset.type == DS):
                    yield rrset

    def delegations(self):
        """(NS RRset, {glue owner: {type: rdata}} below the cut, the same beside it)."""
        for owner in sorted(self.cuts):
            if self.covering(owner, self.cuts) != owner:
                continue
            ns = self.nodes[owner][NS]
            below, beside = {}, {}
            for target in ns.rdata:
                target = target.lower()
                addresses = {t: self.nodes[target][t].rdata for t in (A, AAAA)
                             if t in self.nodes.get(target, {})}
                if addresses:
                    inside = target == owner or target.endswith(owner)
                    (below if inside else beside)[target] = addresses
            yield ns, below, beside

    def signed(self):
        return any(rrset.signatures for rrset in self.nodes.get(self.origin.lower(), {}).values())
