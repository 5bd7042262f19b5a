"""What a result was measured on: so that two of them can be compared."""

import os
import pathlib
import platform
import subprocess

from side import servers

GENERATOR_PACKAGES = ("libdpdk-dev", "libxdp-dev", "g++")


def first_value(path, key):
    """The value of the first `key : value` of a file."""
    try:
        for line in pathlib.Path(path).read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return ""


def read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def caches():
    """Level and kind to size, as the kernel names them."""
    found = {}
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        found[f"L{read(index / 'level')} {read(index / 'type')}".strip()] = read(index / "size")
    return found


def describe():
    """A dictionary of texts and numbers."""
    return {
        "cpu": first_value("/proc/cpuinfo", "model name") or platform.machine(),
        "cpus": os.cpu_count(),
        "hypervisor": "hypervisor" in first_value("/proc/cpuinfo", "flags").split(),
        "caches": caches(),
        "memory": first_value("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "mitigations": "mitigations=off" not in read("/proc/cmdline"),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "hugepages": read("/proc/sys/vm/nr_hugepages"),
        "load_before": os.getloadavg()[0],
    }


def package_versions():
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n",
                           *GENERATOR_PACKAGES], capture_output=True, text=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def versions(names):
    """Of servers and of what the generator is made with."""
    return {**{name: servers.version(name) for name in names}, **package_versions()}
