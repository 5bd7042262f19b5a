# Sourced by ./run and ./test: installs what is missing, configures and builds. REQUIRES: $top.

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Installs the packages of the given lists that are not there yet.
ensure_packages() {
  local wanted missing
  wanted=$(cat "$@" | grep -v '^#' | sort)
  missing=$(comm -23 <(printf '%s\n' "$wanted") \
    <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null |
      sed -n 's/ installed$//p' | sort -u))
  [ -z "$missing" ] && return
  if [ "$(id -u)" != 0 ]; then
    fail "packages are missing and installing them needs root: run as root once, or:
  apt-get install" $missing
  fi
  say "installing: $(printf '%s ' $missing)"
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends -o Dpkg::Options::=--force-confold $missing; } \
    >/tmp/bowline-apt.log 2>&1; then
    tail -n 20 /tmp/bowline-apt.log >&2
    fail "apt-get failed; the whole log is in /tmp/bowline-apt.log"
  fi
  stop_new_services $missing
}

# A freshly installed peer may have been started by its package: its port 53 is not for us to take.
stop_new_services() {
  local package
  command -v systemctl >/dev/null && [ -d /run/systemd/system ] || return 0
  for package in "$@"; do
    case $package in
      bind9) systemctl disable --now named >/dev/null 2>&1 ;;
      knot | nsd) systemctl disable --now "$package" >/dev/null 2>&1 ;;
      pdns-server) systemctl disable --now pdns >/dev/null 2>&1 ;;
    esac
  done
  return 0
}

# build_in DIR "TARGETS" [meson options]: configures once, then builds what has changed; no targets:
# everything.
build_in() {
  local dir=$1 targets=$2
  shift 2
  if [ ! -f "$dir/build.ninja" ]; then
    meson setup "$dir" "$top" "$@" >"$dir.log" 2>&1 || {
      tail -n 20 "$dir.log" >&2
      fail "meson setup failed; the whole log is in $dir.log"
    }
    rm -f "$dir.log"
  fi
  if [ -t 1 ]; then
    ninja -C "$dir" $targets || fail "the build failed"
  else
    ninja -C "$dir" --quiet $targets || fail "the build failed"
  fi
}
