/* The XDP program: steers DNS over UDP for our addresses and ports to the AF_XDP socket of the
 * receive queue, and leaves everything else to the kernel, untouched and counted by reason.
 *
 * Runs in the kernel for each frame that an interface receives. What reaches the dataplane is
 * parsed there again, with checksums and UDP lengths (dataplane/net/parse.h); here is decided only
 * whose packet it is, by the same limits.
 *
 * Order of a frame's life: parse() finds the UDP header, is_ours() looks at port, address, socket
 * and drop list, and with route-check route() asks the kernel where the reply would go and writes
 * that into the link layer of the request, so that the symmetric reply of user space is right.
 *
 * Written to be accepted by the verifiers of kernels 6.1 to 6.18: every loop has a constant bound,
 * and every access follows a comparison with the end of the frame.
 *
 * License: Apache-2.0 as the whole project; as an alternative MIT or GPL-2.0, because the kernel
 * lends bpf_fib_lookup() only to programs under a license compatible with its own.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "steer.h"

enum {
  FAMILY_IPV4 = 2, /* AF_INET and AF_INET6: their header is not for BPF */
  FAMILY_IPV6 = 10,
  LOOPBACK = 1, /* index of lo in every namespace */
  IPV4_MORE_FRAGMENTS = 0x2000,
  IPV4_OFFSET_MASK = 0x1fff,
  GROUP_BIT = 1,        /* of the first octet of a MAC address */
  OPTION_ACTION = 0xc0, /* RFC 8200 4.2: not 0 if who does not know the option must not skip it */
};

/* No reason yet to decide otherwise. */
#define GO_ON (-1)

struct vlan_tag {
  __be16 tci;
  __be16 ether_type; /* of what follows */
};

/* RFC 8200 4: how hop-by-hop, routing and destination options begin. */
struct extension {
  __u8 next;
  __u8 length; /* in units of 8 octets, less the first */
  __u8 type;
  __u8 segments_left; /* of a routing header */
};

/* What is known of a frame. */
struct packet {
  void *data;
  void *end;
  void *ip;
  struct udphdr *udp; /* all of it is in the frame */
  __u32 tags;
  struct steer_prefix source;
  struct steer_address destination;
  __be16 ether_type; /* of the IP packet */
};

const volatile struct steer_config config;

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 1); /* the loader sets the number of queues */
  __type(key, __u32);
  __type(value, __u32);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct steer_counters);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, STEER_MAX_ADDRESSES);
  __type(key, struct steer_address);
  __type(value, __u32);
} addresses SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, STEER_MAX_VLANS);
  __type(key, __u32);
  __type(value, struct steer_vlan);
} vlans SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, STEER_MAX_DROPS);
  __type(key, struct steer_prefix);
  __type(value, __u8);
} drop_list SEC(".maps");

/* RFC 8200 4.2: whether we may skip all options of the header of `size` octets at `offset`. Goes
 * from octet to octet, not from option to option: the verifier then knows each position.
 * A function of its own for the verifier, which so looks at it once. */
__noinline int may_skip_options(struct xdp_md *ctx, __u32 offset, __u32 size) {
  const __u32 furthest = sizeof(struct ethhdr) + STEER_MAX_VLAN_TAGS * sizeof(struct vlan_tag) +
                         sizeof(struct ipv6hdr) + STEER_MAX_EXTENSION_OCTETS;
  if (offset > furthest) return 0;
  __u8 *header = (__u8 *)(long)ctx->data + offset;
  void *end = (void *)(long)ctx->data_end;
  __u32 skip = 0;  /* octets that are left of an option */
  __u32 typed = 0; /* 1: the octet before was a type */
#pragma clang loop unroll(disable)
  for (__u32 i = sizeof(__u16); i <= STEER_MAX_EXTENSION_OCTETS; ++i) {
    if (i >= size) return skip == 0 && typed == 0;
    if ((void *)(header + i + 1) > end) return 0;
    __u8 octet = header[i];
    if (skip != 0) {
      --skip;
    } else if (typed) {
      skip = octet;
      typed = 0;
    } else if (octet != 0) { /* 0 is Pad1, which has no length */
      if (octet & OPTION_ACTION) return 0;
      typed = 1;
    }
  }
  return 0;
}

static __always_inline int parse_ethernet(struct packet *packet) {
  struct ethhdr *ethernet = packet->data;
  if ((void *)(ethernet + 1) > packet->end) return STEER_COUNT_passed_short;
  if ((ethernet->h_dest[0] | ethernet->h_source[0]) & GROUP_BIT) {
    return STEER_COUNT_passed_group_mac;
  }
  __be16 type = ethernet->h_proto;
  void *at = ethernet + 1;
#pragma unroll
  for (__u32 tags = 0; tags <= STEER_MAX_VLAN_TAGS; ++tags) {
    if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD)) break;
    if (tags == STEER_MAX_VLAN_TAGS) return STEER_COUNT_passed_vlan_tags;
    struct vlan_tag *tag = at;
    if ((void *)(tag + 1) > packet->end) return STEER_COUNT_passed_short;
    type = tag->ether_type;
    at = tag + 1;
    packet->tags = tags + 1;
  }
  packet->ether_type = type;
  packet->ip = at;
  return GO_ON;
}

static __always_inline int parse_ipv4(struct packet *packet) {
  struct iphdr *ip = packet->ip;
  if ((void *)(ip + 1) > packet->end) return STEER_COUNT_passed_short;
  const __u32 header_size = ip->ihl * 4;
  const __u32 total_size = bpf_ntohs(ip->tot_len);
  if (ip->version != 4 || header_size < sizeof(*ip)) return STEER_COUNT_passed_bad_ip_header;
  if (total_size < header_size || packet->ip + total_size > packet->end) {
    return STEER_COUNT_passed_bad_length;
  }
  if (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) {
    return STEER_COUNT_passed_fragment;
  }
  if (ip->protocol != IPPROTO_UDP) return STEER_COUNT_passed_not_udp;
  if (total_size - header_size < sizeof(struct udphdr)) return STEER_COUNT_passed_short;
  packet->udp = packet->ip + header_size;
  packet->source.length = 128;
  __builtin_memset(&packet->source.address, 0, 10);
  __builtin_memset(&packet->source.address.octets[10], 0xff, 2);
  packet->destination = packet->source.address;
  __builtin_memcpy(&packet->source.address.octets[12], &ip->saddr, 4);
  __builtin_memcpy(&packet->destination.octets[12], &ip->daddr, 4);
  return GO_ON;
}

/* Whether one extension header lets the packet pass. `size` octets of it are within the packet. */
static __always_inline int may_pass(struct xdp_md *ctx, struct packet *packet,
                                    struct extension *header, __u8 kind, __u32 size) {
  if (kind == IPPROTO_ROUTING) return header->segments_left == 0; /* RFC 8200 4.4 */
  return may_skip_options(ctx, (void *)header - packet->data, size);
}

/* Follows the chain of extension headers, `left` octets of which the IP header tells. */
static __always_inline int parse_extensions(struct xdp_md *ctx, struct packet *packet, __u8 next,
                                            __u32 left) {
  void *at = packet->ip + sizeof(struct ipv6hdr);
  __u32 octets = 0;
#pragma unroll
  for (__u32 step = 0; step <= STEER_MAX_EXTENSIONS; ++step) {
    if (next == IPPROTO_UDP) break;
    if (next == IPPROTO_FRAGMENT) return STEER_COUNT_passed_fragment;
    if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS) {
      return STEER_COUNT_passed_not_udp;
    }
    struct extension *header = at;
    if (step == STEER_MAX_EXTENSIONS || left < 8) return STEER_COUNT_passed_extension_headers;
    /* RFC 8200 4.1: hop-by-hop options come first or not at all. */
    if (next == IPPROTO_HOPOPTS && step != 0) return STEER_COUNT_passed_extension_headers;
    if ((void *)(header + 1) > packet->end) return STEER_COUNT_passed_bad_length;
    const __u32 size = (header->length + 1) * 8;
    octets += size;
    if (size > left || octets > STEER_MAX_EXTENSION_OCTETS) {
      return STEER_COUNT_passed_extension_headers;
    }
    const __u8 kind = next;
    next = header->next;
    if (!may_pass(ctx, packet, header, kind, size)) return STEER_COUNT_passed_extension_headers;
    at += size;
    left -= size;
  }
  if (left < sizeof(struct udphdr)) return STEER_COUNT_passed_short;
  packet->udp = at;
  return GO_ON;
}

static __always_inline int parse_ipv6(struct xdp_md *ctx, struct packet *packet) {
  struct ipv6hdr *ip = packet->ip;
  if ((void *)(ip + 1) > packet->end) return STEER_COUNT_passed_short;
  const __u32 left = bpf_ntohs(ip->payload_len);
  if (ip->version != 6) return STEER_COUNT_passed_bad_ip_header;
  if ((void *)(ip + 1) + left > packet->end) return STEER_COUNT_passed_bad_length;
  packet->source.length = 128;
  __builtin_memcpy(&packet->source.address, &ip->saddr, 16);
  __builtin_memcpy(&packet->destination, &ip->daddr, 16);
  return parse_extensions(ctx, packet, ip->nexthdr, left);
}

/* Finds the UDP header. */
static __always_inline int parse(struct xdp_md *ctx, struct packet *packet) {
  int reason = parse_ethernet(packet);
  if (reason != GO_ON) return reason;
  if (packet->ether_type == bpf_htons(ETH_P_IP)) {
    reason = parse_ipv4(packet);
  } else if (packet->ether_type == bpf_htons(ETH_P_IPV6)) {
    reason = parse_ipv6(ctx, packet);
  } else {
    return STEER_COUNT_passed_not_ip;
  }
  if (reason != GO_ON) return reason;
  if ((void *)(packet->udp + 1) > packet->end) return STEER_COUNT_passed_bad_length;
  return GO_ON;
}

static __always_inline int is_our_port(__u16 port) {
#pragma unroll
  for (__u32 i = 0; i < STEER_MAX_PORTS; ++i) {
    if (i < config.port_count && port == config.ports[i]) return 1;
  }
  return 0;
}

/* Whether the IPv6 header has an address that stands for IPv4 in our maps only: it is nobody's. */
static __always_inline int is_mapped_ipv6(const struct packet *packet) {
  const __u32 *words = (const __u32 *)packet->destination.octets;
  return packet->ether_type == bpf_htons(ETH_P_IPV6) && words[0] == 0 && words[1] == 0 &&
         words[2] == bpf_htonl(0xffff);
}

/* Whether it is DNS to us, from somebody whom we answer. */
static __always_inline int is_ours(struct xdp_md *ctx, struct packet *packet) {
  if (!is_our_port(bpf_ntohs(packet->udp->dest))) return STEER_COUNT_passed_other_port;
  if (is_mapped_ipv6(packet) || !bpf_map_lookup_elem(&addresses, &packet->destination)) {
    return STEER_COUNT_passed_other_address;
  }
  __u32 queue = ctx->rx_queue_index;
  if (!bpf_map_lookup_elem(&sockets, &queue)) return STEER_COUNT_passed_no_socket;
  if (bpf_map_lookup_elem(&drop_list, &packet->source)) return STEER_COUNT_dropped_source;
  if (packet->data + config.longest_frame < packet->end) return STEER_COUNT_passed_long;
  return GO_ON;
}

/* Asks for the route of the reply: from our address to the client's. */
static __always_inline long find_route(struct xdp_md *ctx, struct packet *packet,
                                       struct bpf_fib_lookup *route) {
  route->l4_protocol = IPPROTO_UDP;
  route->sport = packet->udp->dest;
  route->dport = packet->udp->source;
  route->ifindex = LOOPBACK;
  if (packet->ether_type == bpf_htons(ETH_P_IP)) {
    route->family = FAMILY_IPV4;
    __builtin_memcpy(&route->ipv4_src, &packet->destination.octets[12], 4);
    __builtin_memcpy(&route->ipv4_dst, &packet->source.address.octets[12], 4);
  } else {
    route->family = FAMILY_IPV6;
    __builtin_memcpy(route->ipv6_src, &packet->destination, 16);
    __builtin_memcpy(route->ipv6_dst, &packet->source.address, 16);
  }
  return bpf_fib_lookup(ctx, route, sizeof(*route), 0);
}

/* Replaces the link layer of the request by one whose symmetric reply takes `route`; `tag` is the
 * VLAN tag of it, if it has one. The IP packet and the EtherType right before it stay where they
 * are: tags come and go between the MAC addresses and them. */
static __always_inline int set_link_layer(struct xdp_md *ctx, struct packet *packet,
                                          const struct bpf_fib_lookup *route,
                                          const struct steer_vlan *tag) {
  const int has = packet->tags * sizeof(struct vlan_tag);
  const int needs = tag ? sizeof(struct vlan_tag) : 0;
  if (needs > has && packet->data + (config.longest_frame - needs) < packet->end) {
    return STEER_COUNT_passed_long;
  }
  if (has != needs && bpf_xdp_adjust_head(ctx, has - needs) != 0) {
    return STEER_COUNT_passed_route_no_room;
  }
  struct ethhdr *ethernet = (void *)(long)ctx->data;
  struct vlan_tag *first = (void *)(ethernet + 1);
  void *end = (void *)(long)ctx->data_end;
  if ((void *)(first + 1) > end) return STEER_COUNT_passed_short; /* an IP header follows */
  __builtin_memcpy(ethernet->h_dest, route->smac, ETH_ALEN);
  __builtin_memcpy(ethernet->h_source, route->dmac, ETH_ALEN);
  if (tag) {
    ethernet->h_proto = bpf_htons(tag->tpid);
    first->tci = bpf_htons(tag->tci);
  }
  return GO_ON;
}

/* route-check: whether the reply leaves by the interface that the request came by, and how. */
static __always_inline int route(struct xdp_md *ctx, struct packet *packet) {
  struct bpf_fib_lookup route = {};
  switch (find_route(ctx, packet, &route)) {
    case BPF_FIB_LKUP_RET_SUCCESS:
      break;
    case BPF_FIB_LKUP_RET_BLACKHOLE:
      return STEER_COUNT_dropped_route_blackhole;
    case BPF_FIB_LKUP_RET_UNREACHABLE:
      return STEER_COUNT_dropped_route_unreachable;
    case BPF_FIB_LKUP_RET_PROHIBIT:
      return STEER_COUNT_dropped_route_prohibit;
    case BPF_FIB_LKUP_RET_NO_NEIGH:
      return STEER_COUNT_passed_route_no_neighbour;
    case BPF_FIB_LKUP_RET_FWD_DISABLED:
      return STEER_COUNT_passed_route_forwarding;
    default:
      return STEER_COUNT_passed_route_unknown;
  }
  if (route.ifindex == ctx->ingress_ifindex) return set_link_layer(ctx, packet, &route, 0);
  __u32 interface = route.ifindex;
  const struct steer_vlan *vlan = bpf_map_lookup_elem(&vlans, &interface);
  if (!vlan || vlan->lower != ctx->ingress_ifindex) return STEER_COUNT_passed_route_other;
  return set_link_layer(ctx, packet, &route, vlan);
}

/* Decides, and does with the frame what the decision needs. */
static __always_inline int decide(struct xdp_md *ctx) {
  struct packet packet = {
      .data = (void *)(long)ctx->data,
      .end = (void *)(long)ctx->data_end,
  };
  if (!config.udp) return STEER_COUNT_passed_off;
  int reason = parse(ctx, &packet);
  if (reason == GO_ON) reason = is_ours(ctx, &packet);
  if (reason == GO_ON && config.route_check) reason = route(ctx, &packet);
  return reason == GO_ON ? STEER_COUNT_steered : reason;
}

SEC("xdp")
int steer(struct xdp_md *ctx) {
  const __u32 reason = decide(ctx);
  __u32 key = 0;
  struct steer_counters *own = bpf_map_lookup_elem(&counters, &key);
  if (own && reason < STEER_COUNTERS) own->count[reason] += 1;
  switch (reason) {
    case STEER_COUNT_steered:
      return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
    case STEER_COUNT_dropped_source:
    case STEER_COUNT_dropped_route_blackhole:
    case STEER_COUNT_dropped_route_unreachable:
    case STEER_COUNT_dropped_route_prohibit:
      return XDP_DROP;
    default:
      return XDP_PASS;
  }
}

char license_name[] SEC("license") = "Dual MIT/GPL";
