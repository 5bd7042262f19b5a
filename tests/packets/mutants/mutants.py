"""Rules of answer/ taken out one at a time, each with a case of the tables that must then fail."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    rule: str
    file: str         # from the top of the tree
    text: str         # stands there once
    replacement: str
    case: str         # test file, "::" and the sentence of its case


MUTANTS = (
    Mutant("names outside all zones are refused", "answer/answer.cpp",
           "write_error(query, dns::Rcode::kRefused, ",
           "write_error(query, dns::Rcode::kNxDomain, ",
           "test_several_zones.py::a name beside all zones is refused"),
    Mutant("DS of an apex is the parent's", "answer/lookup.cpp",
           "zones::find_zone(view, query.key, zone->apex_depth - 1U)", "zone",
           "test_ds.py::DS of a child that is served here, too, comes from the parent"),
    Mutant("DS of a cut is not referred", "answer/lookup.cpp",
           "if (depth == query.key.depth && query.facts.qtype == dns::RrType::kDs) {",
           "if (depth > query.key.depth) {",
           "test_delegations.py::DS at the cut is ours"),
    Mutant("a name below a DNAME is renamed", "answer/lookup.cpp",
           "if ((closest.node->flags & zones::kNodeDname) != 0) {",
           "if (closest.depth > query.key.depth) {",
           "test_dname.py::a name below is answered with the DNAME, an alias made from it, and "
           "the data"),
    Mutant("a wildcard covers names that are not there", "answer/lookup.cpp",
           "if ((closest.node->flags & zones::kNodeHasWildcard) == 0) {",
           "if (closest.depth < query.key.depth) {",
           "test_wildcards.py::the closest encloser decides, not the longest wildcard"),
    Mutant("a missing name is NXDOMAIN", "answer/sections.cpp",
           "reply.rcode = dns::Rcode::kNxDomain;",
           "", "test_cname_chains.py::the RCODE is that of the last name of the chain"),
    Mutant("a referral is not authoritative", "answer/sections.cpp",
           "if (reply.query.name_is_question) reply.authoritative = false;", "",
           "test_delegations.py::data below the cut is occluded"),
    Mutant("a referral behind an alias is authoritative", "answer/sections.cpp",
           "if (reply.query.name_is_question) reply.authoritative = false;",
           "reply.authoritative = false;",
           "test_cname_chains.py::an alias to below a cut ends in a referral and stays "
           "authoritative"),
    Mutant("ANY over UDP is one RRset", "answer/sections.cpp",
           "if (!reply.query.stream) break;", "",
           "test_any_and_rrsig.py::ANY gets one RRset over UDP and all over TCP"),
    Mutant("a wildcard's answer has a proof", "answer/sections.cpp",
           "      prove_expansion(reply);\n",
           "", "test_nsec.py::a wildcard's answer proves that there is no such name"),
    Mutant("a referral without DS has a proof", "answer/sections.cpp",
           "    prove_no_ds(reply);\n", "",
           "test_nsec3.py::a referral to an unsigned child has the cut's record"),
    Mutant("a chain ends at a name that it has passed", "answer/chains.cpp",
           "std::find(chain.begin(), end, hash) != end", "false",
           "test_cname_chains.py::two aliases of each other are answered once each"),
    Mutant("a chain may have eleven steps", "answer/limits.h", "kMaxChainSteps = 11",
           "kMaxChainSteps = 10",
           "test_cname_chains.py::a chain of eleven steps is followed to its end"),
    Mutant("a made name that is too long is YXDOMAIN", "answer/chains.cpp",
           "reply.rcode = dns::Rcode::kYxDomain;", "",
           "test_dname.py::a made name that is too long is YXDOMAIN, with the DNAME"),
    Mutant("a made alias answers a question for CNAME", "answer/chains.cpp",
           "if (query.facts.qtype == dns::RrType::kCname) return Outcome::kAnswered;", "",
           "test_dname.py::a question for CNAME below gets the alias that is made"),
    Mutant("glue below the cut is mandatory", "answer/additional.cpp",
           "if (!reply.put_required(target, false, rrset)) return false;",
           "reply.put(target, false, rrset);",
           "test_truncation.py::glue that must not be missing sets TC"),
    Mutant("a target of the root is the owner", "answer/additional.cpp",
           "return target.is_root() && is_binding(source.rrset.type) ? source.owner : target;",
           "return target;",
           "test_additional.py::a target of the root means the owner"),
    Mutant("many hosts get no additional addresses", "answer/additional.cpp",
           " || rrset.count > kMaxAdditionalNames", "",
           "test_additional.py::of more than thirteen none comes (CVE-2024-11187)"),
    Mutant("below opt-out the encloser is one that can be proved", "answer/denial.cpp",
           "--depth;", "break;",
           "test_nsec3.py::below an empty name without a record the encloser is the next above"),
    Mutant("too many iterations make no proof", "answer/limits.h", "kMaxNsec3Iterations = 2500",
           "kMaxNsec3Iterations = 2501",
           "test_nsec3.py::more iterations than that make no proof, and an extended error"),
    Mutant("an RRset and its signature are put together", "answer/reply.cpp",
           "builder.add_block(owner, owner_is_question, rrset.signatures, rrset.sig_count)",
           "(builder.add_block(owner, owner_is_question, rrset.signatures, rrset.sig_count), "
           "true)",
           "test_truncation.py::an RRset is left out with the signature that does not fit"),
)
