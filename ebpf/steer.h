/* steer.h: what the XDP program (steer.bpf.c) and user space must agree on: the constants of
 * .rodata, the keys and values of the maps, and the limits of both.
 *
 * Plain C, so that clang for BPF and C++ read the same text; both check the layout. Numbers are in
 * host byte order, addresses as on the wire. Addresses are 16 octets, IPv4 as ::ffff:a.b.c.d.
 *
 *   map        written by  meaning
 *   sockets    keeper      receive queue -> AF_XDP socket (XSKMAP; one for each interface)
 *   counters   program     key 0 -> struct steer_counters of each CPU (one for each interface)
 *   addresses  keeper      address of this machine -> 1 (hash; shared by all interfaces)
 *   vlans      keeper      index of a VLAN interface -> where it leaves (hash; shared)
 *   drop_list  control     source prefix -> one octet, bits STEER_DROP_... (LPM trie; shared); the
 *                          program drops whatever the octet is
 */
#pragma once

#include <linux/types.h>

#ifdef __cplusplus
#define STEER_CHECK(condition) static_assert(condition, #condition)
#else
#define STEER_CHECK(condition) _Static_assert(condition, #condition)
#endif

/* Limits, each with its reason. */
enum {
  STEER_MAX_PORTS = 16,         /* ports of one interface: compared one after the other */
  STEER_MAX_ADDRESSES = 4096,   /* addresses of the machine: a /20 on lo still fits */
  STEER_MAX_VLANS = 4096,       /* all of 802.1Q on one interface */
  STEER_MAX_DROPS = 65536,      /* prefixes of the drop list: some 8 MiB */
  STEER_MAX_VLAN_TAGS = 2,      /* 802.1ad: one service and one customer tag */
  STEER_MAX_EXTENSIONS = 4,     /* IPv6 extension headers; DNS uses none (RFC 8504 5.3) */
  STEER_MAX_EXTENSION_OCTETS = 256, /* of all of them: bounds the options read */
  STEER_MAPPED_BITS = 96,       /* length of the prefix ::ffff:0:0/96 of IPv4 */
};

/* Who wants a prefix of the drop list dropped. An entry with no bit left is removed. */
enum {
  STEER_DROP_BY_HAND = 1,    /* bowlinec drop-add */
  STEER_DROP_CONFIGURED = 2, /* dataplane.drop */
};

/* By identifier: STEER_COUNT_steered, ... */
enum steer_counter {
#define COUNTER(identifier, name, help) STEER_COUNT_##identifier,
#include "counters.def"
#undef COUNTER
  STEER_COUNTERS,
};

/* .rodata, set before the program is loaded. */
struct steer_config {
  __u16 ports[STEER_MAX_PORTS]; /* UDP destination ports; the first port_count */
  __u32 port_count;
  __u32 longest_frame; /* octets; longer ones do not fit a frame of the socket: to the kernel */
  __u8 udp;            /* 0: steer nothing */
  __u8 route_check;    /* 1: ask the routing tables where the reply goes */
  __u8 unused[2];
};

struct steer_address {
  __u8 octets[16];
};

/* Key of the drop list. */
struct steer_prefix {
  __u32 length; /* in bits: 0 to 128; of an IPv4 prefix its length plus STEER_MAPPED_BITS */
  struct steer_address address;
};

/* Value of `vlans`. */
struct steer_vlan {
  __u32 lower; /* index of the interface that the VLAN is on */
  __u16 tci;   /* tag control information: VLAN identifier, priority 0 */
  __u16 tpid;  /* EtherType of the tag: 0x8100 */
};

struct steer_counters {
  __u64 count[STEER_COUNTERS];
};

STEER_CHECK(sizeof(struct steer_config) == 44);
STEER_CHECK(__builtin_offsetof(struct steer_config, port_count) == 32);
STEER_CHECK(__builtin_offsetof(struct steer_config, longest_frame) == 36);
STEER_CHECK(__builtin_offsetof(struct steer_config, udp) == 40);
STEER_CHECK(__builtin_offsetof(struct steer_config, route_check) == 41);
STEER_CHECK(sizeof(struct steer_address) == 16);
STEER_CHECK(sizeof(struct steer_prefix) == 20);
STEER_CHECK(__builtin_offsetof(struct steer_prefix, length) == 0);
STEER_CHECK(__builtin_offsetof(struct steer_prefix, address) == 4);
STEER_CHECK(sizeof(struct steer_vlan) == 8);
STEER_CHECK(__builtin_offsetof(struct steer_vlan, lower) == 0);
STEER_CHECK(__builtin_offsetof(struct steer_vlan, tci) == 4);
STEER_CHECK(__builtin_offsetof(struct steer_vlan, tpid) == 6);
STEER_CHECK(sizeof(struct steer_counters) == 8 * STEER_COUNTERS);
