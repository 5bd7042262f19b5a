"""The techniques of the packet path, each with how to take it out, for perf/ablation.

A technique is taken out by an option of bench_answer or by patches of the sources: texts that stand
in their file once, and what stands there instead. tests/system/test_ablation.py looks whether they
still fit.
"""

import dataclasses

# Workloads: arguments of bench_answer.
WORKLOADS = {
    "10^6 names": "--names 1000000",
    "10^3 names": "--names 1000",
    "10^5 zones": "--names 300000 --zones 100000",
    "missing names": "--names 1000000 --mix nxdomain-deep",
    "delegations": "--names 300000 --mix delegation",
    "NSEC3 NXDOMAIN": "--names 200000 --mix nxdomain --dnssec nsec3 --do 1",
    "NSEC NXDOMAIN": "--names 200000 --mix nxdomain --dnssec nsec --do 1",
    "NSEC3 deep": "--names 300000 --mix nxdomain-deep --dnssec nsec3 --do 1",
    "signed, DO": "--names 300000 --dnssec nsec --do 1",
}


@dataclasses.dataclass(frozen=True)
class Technique:
    name: str
    workloads: tuple
    options: str = ""    # of bench_answer: as it is without the technique
    patches: tuple = ()  # (file, text, replacement)


# Behind the last include of a file: what is prefetched after it is not.
NO_PREFETCH = "#define __builtin_prefetch(...) ((void)0)"

TECHNIQUES = (
    Technique("bursts of 32, not single packets", ("10^6 names", "10^3 names", "NSEC3 NXDOMAIN"),
              options="--burst 1"),
    Technique("bursts of 32, not of 8", ("10^6 names", "10^5 zones"), options="--burst 8"),
    Technique("all fetching ahead of look-ups", ("10^6 names", "10^5 zones", "10^3 names"),
              patches=(("answer/lookup.cpp", "#include <cassert>\n",
                        f"#include <cassert>\n{NO_PREFETCH}\n"),)),
    Technique("buckets of names are fetched", ("10^6 names",),
              patches=(("answer/lookup.cpp", "  __builtin_prefetch(search.bucket);\n", ""),)),
    Technique("nodes are fetched", ("10^6 names",),
              patches=(("answer/lookup.cpp", "  fetch_node(search.closest.node);\n", ""),)),
    Technique("the rest of a node is fetched", ("10^6 names", "signed, DO"),
              patches=(("answer/lookup.cpp",
                        "  fetch(node, 2 * kLine, std::min<std::size_t>(node->size, "
                        "kFetchedNode));\n", ""),)),
    Technique("buckets of the zones' directory are fetched", ("10^5 zones",),
              patches=(("answer/lookup.cpp",
                        "    __builtin_prefetch(&directory_bucket(search, view, depth));\n", ""),)),
    Technique("zones are fetched", ("10^5 zones",),
              patches=(("answer/lookup.cpp",
                        "    fetch(zone, 0, sizeof *zone + kLine);  // with the name of the apex\n",
                        ""),)),
    Technique("buckets of suffixes of missing names are fetched", ("missing names",),
              patches=(("answer/lookup.cpp",
                        "      __builtin_prefetch(names_bucket(*search, base, depth));\n", ""),)),
    Technique("what answers look up besides is found together", ("delegations",),
              patches=(("answer/burst.h", "  scratch.foresight.foresee(wave, sources);\n", ""),)),
    Technique("small zones have their bucket in the zone", ("10^5 zones",),
              patches=(("zones/hash_writer.cpp", "  if (count <= kBucketSlots) return;\n",
                        "  if (count == 0) return;\n"),)),
    Technique("frames are fetched", ("10^6 names",),
              patches=(("dataplane/worker.h", "        __builtin_prefetch(packet.data);\n", ""),
                       ("dataplane/worker.h",
                        "        __builtin_prefetch(packet.data + link::kCacheLine);\n", ""))),
    Technique("name hashes by AES instructions", ("10^3 names", "delegations"),
              patches=(("dns/name_key.cpp", 'if (!__builtin_cpu_supports("aes")) return',
                        "if (true) return"),)),
    Technique("name hashes with masked loads (AVX-512)", ("10^3 names", "delegations"),
              patches=(("dns/name_key.cpp", "return has_masks ?", "return false && has_masks ?"),)),
    Technique("the usual reply in one go", ("10^3 names", "10^6 names"),
              patches=(("answer/burst.h", "if (!write_usual(*query, sources)) write_full(",
                        "write_full("),)),
    Technique("proofs of a burst are looked up together", ("NSEC3 NXDOMAIN", "NSEC NXDOMAIN"),
              patches=(("answer/denial.cpp",
                        "  if ((zone_flags & (zones::kZoneNsec | zones::kZoneNsec3)) == 0) return;",
                        "  if (zone_flags <= 0xff) return;"),)),
    Technique("a burst's negative SOA is noted", ("NSEC3 NXDOMAIN", "NSEC NXDOMAIN"),
              patches=(("answer/sections.cpp", "if (is_known && !noted.block.empty() &&",
                        "if (false && !noted.block.empty() &&"),)),
    Technique("owners below the apex need no search", ("NSEC3 NXDOMAIN", "NSEC NXDOMAIN"),
              patches=(("answer/denial.cpp",
                        "if (!query.name_is_question || proof.zone != &reply.zone()",
                        "if (true || proof.zone != &reply.zone()"),)),
    Technique("NSEC3 hashes by SHA instructions", ("NSEC3 NXDOMAIN",),
              patches=(("answer/nsec3_hash.cpp",
                        "  if (way == Way::kBest && has_sha1_instructions()) return;\n",
                        "  static_cast<void>(way);\n"),)),
    Technique("SHA-1 of two messages side by side", ("NSEC3 NXDOMAIN", "NSEC3 deep"),
              patches=(("answer/nsec3_hash.cpp", "lanes_[waiting].blocks == lanes_[i].blocks",
                        "lanes_[waiting].blocks == 0"),)),
    Technique("blocks of trees are searched without branches", ("NSEC3 NXDOMAIN", "NSEC3 deep"),
              patches=(("zones/tree.cpp",
                        "entries += half & -static_cast<unsigned>(entries[half - 1].key < chunk);",
                        "if (entries[half - 1].key < chunk) entries += half;"),)),
    Technique("blocks of trees are fetched", ("NSEC3 NXDOMAIN", "NSEC3 deep"),
              patches=(("zones/tree.cpp",
                        "at < kSize; at += kLine) __builtin_prefetch(block + at);",
                        "at < kSize; at += kLine) static_cast<void>(block);"),)),
    Technique("nodes of proofs are fetched", ("NSEC3 NXDOMAIN", "NSEC3 deep"),
              patches=(("zones/tree.cpp",
                        "at < kFetchedNode; at += kLine) __builtin_prefetch(octets + at);",
                        "at < kFetchedNode; at += kLine) static_cast<void>(octets);"),)),
    Technique("an entry that ties is decided when its node is there", ("NSEC3 deep",),
              patches=(("zones/tree.cpp", "block.level == 0 && ties.last - ties.first == 1",
                        "block.level == 0 && ties.last - ties.first == 1 && false"),)),
    Technique("an RRset and its signatures are one copy", ("signed, DO", "NSEC3 NXDOMAIN"),
              patches=(("answer/reply.cpp", "if (!rotated) [[likely]] {", "if (false) {"),)),
    Technique("pages of 4 KiB, not 2 MiB (a cost: more pages are needed)", ("10^6 names",),
              options="--pages 2m"),
)
