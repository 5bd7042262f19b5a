# Sourced by ./run --xdp and --dpdk: a network namespace, a veth pair into it, the appliance inside.
# Everything is removed at the end. REQUIRES: root, $build,
# $shown, $zones, write_config, packaging/setup.sh.

# Tables and packet buffers of the samples, in huge pages of 2 MiB.
wanted_pages=64
least_pages=40
start_seconds=30

namespace=
server=

clean_up() {
  trap '' INT TERM HUP
  if [ -n "$server" ] && kill -TERM "$server" 2>/dev/null; then wait "$server" || :; fi
  # The pair goes with the namespace.
  if [ -n "$namespace" ]; then ip netns del "$namespace"; fi
  if [ -n "${rundir:-}" ]; then rm -rf "$rundir"; fi
}

inside() { ip netns exec "$namespace" "$@"; }

# The first number whose namespace is not there yet and whose addresses (of RFC 2544 and RFC 5180,
# for tests of networks) have no route here. To add a namespace is to lock the number.
take_namespace() {
  local error=
  for ((number = 0; number < 64; ++number)); do
    [ -z "$(ip -4 route show root "198.18.$number.0/24" 2>/dev/null)" ] || continue
    [ -e "/run/netns/bowline-run-$number" ] && continue
    if error=$(ip netns add "bowline-run-$number" 2>&1); then
      namespace=bowline-run-$number
      return
    fi
    [ -e "/run/netns/bowline-run-$number" ] || break
  done
  fail "cannot make a network namespace: ${error:-198.18.0.0 to 198.18.63.255 are all in use here;
see 'ip netns' and 'ip route'}"
}

# The pair: $outside here, eth0 in the namespace.
make_link() {
  outside=bowline-run$number
  ipv4=198.18.$number.1 ipv4_here=198.18.$number.2
  ipv6=2001:2:0:$((number + 1))::1 ipv6_here=2001:2:0:$((number + 1))::2
  ip -n "$namespace" link set lo up
  ip link add "$outside" type veth peer name eth0 netns "$namespace"
  # The kernel leaves checksums of what it sends over a veth to nobody: not on a wire.
  ethtool -K "$outside" tx off >/dev/null
  inside ethtool -K eth0 tx off >/dev/null
  ip addr add "$ipv4_here/24" dev "$outside"
  ip -6 addr add "$ipv6_here/64" dev "$outside" nodad 2>/dev/null || ipv6=
  ip link set "$outside" up
  ip -n "$namespace" link set eth0 up
}

# give_addresses INTERFACE: the addresses of the service.
give_addresses() {
  ip -n "$namespace" link set "$1" up
  ip -n "$namespace" addr add "$ipv4/24" dev "$1"
  if [ -n "$ipv6" ]; then ip -n "$namespace" addr add "$ipv6/64" dev "$1" nodad; fi
}

# The TAP is the kernel's interface: eth0 belongs to DPDK, and the kernel, which sees its frames
# too, is to be silent there.
make_tap() {
  inside sh -c 'set -e
    if [ -d /proc/sys/net/ipv6 ]; then echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; fi
    echo 8 >/proc/sys/net/ipv4/conf/eth0/arp_ignore
    echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter'
  ip -n "$namespace" tuntap add dev bowline0 mode tap
  ip -n "$namespace" link set bowline0 address \
    "$(inside cat /sys/class/net/eth0/address)"
}

# That nobody has and nobody was promised.
free_pages() { awk '/^HugePages_Free/ { n += $2 } /^HugePages_Rsvd/ { n -= $2 } END { print n }' /proc/meminfo; }

# Sets $pages to what dataplane.hugepages is to be. The pool is the machine's: it is never lowered.
raise_pages() {
  local pool=/proc/sys/vm/nr_hugepages
  local missing=$((wanted_pages - $(free_pages)))
  if [ "$missing" -gt 0 ]; then
    { echo $(($(cat $pool) + missing)) >$pool; } 2>/dev/null || :
    say "huge pages: vm.nr_hugepages is now $(cat $pool); it stays so"
  fi
  pages=auto
  if [ "$(free_pages)" -lt "$least_pages" ]; then
    pages=off
    say "huge pages: there are none to be had; DPDK makes do with ordinary memory"
  fi
}

section() {
  case $1 in
    xdp) printf 'xdp:\n    listen: eth0\n' ;;
    dpdk) printf 'dataplane:\n    devices: "net_af_packet0,iface=eth0"\n    hugepages: %s\n' \
      "$pages" ;;
  esac
}

# Until control and dataplane serve, or bowlined ended.
wait_ready() {
  local deadline=$((SECONDS + start_seconds)) status
  while [ "$SECONDS" -lt "$deadline" ] && kill -0 "$server" 2>/dev/null; do
    status=$("$build/bowlinec" -c "$rundir/bowline.conf" -t 2 -e status 2>/dev/null) || :
    if grep -q '^state  *serving' <<<"$status" && grep -q '^dataplane  *serving' <<<"$status"; then
      return 0
    fi
    sleep 0.1
  done
  return 1
}

say_what_to_try() {
  local how="AF_XDP on eth0, TCP by the kernel"
  if [ "$1" = dpdk ]; then how="DPDK on eth0, TCP by the kernel through the TAP bowline0"; fi
  say "serving: $zones"
  say "on: $ipv4${ipv6:+ and $ipv6}, port 53, in the network namespace $namespace; UDP by $how"
  say "try: dig @$ipv4 www.example.test"
  if [ -n "$ipv6" ]; then say "     dig @$ipv6 +dnssec nothing.signed.test"; fi
  say "     dig @$ipv4 +tcp example.test ANY"
  say "     ping -c 3 ${ipv6:-$ipv4}"
  say "     $shown/bowlinec -c $shown/run/$namespace/bowline.conf status"
  say "end: Ctrl-C"
}

# serve_link xdp|dpdk: until a signal ends it. Returns the exit code of bowlined.
serve_link() {
  local code signalled
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  take_namespace
  rundir=$build/run/$namespace
  make_link
  if [ "$1" = dpdk ]; then
    raise_pages
    make_tap
    give_addresses bowline0
  else
    give_addresses eth0
  fi
  write_config "$ipv4${ipv6:+, $ipv6}" "$(section "$1")"
  # In a session of its own it gets no Ctrl-C besides the one signal that is passed on (a second one
  # would kill); and ./run may be killed in a way that no trap sees.
  setsid ip netns exec "$namespace" setpriv --pdeathsig TERM "$build/bowlined" \
    -c "$rundir/bowline.conf" &
  server=$!
  trap 'signalled=1; kill -TERM "$server" 2>/dev/null || :' INT TERM HUP
  if wait_ready; then
    say_what_to_try "$1"
  elif kill -0 "$server" 2>/dev/null; then
    say "not ready after $start_seconds s; the messages above say why. End: Ctrl-C"
  fi
  # A signal ends wait, too.
  while :; do
    signalled=
    wait "$server" && code=0 || code=$?
    [ -n "$signalled" ] || break
  done
  server=
  return "$code"
}
