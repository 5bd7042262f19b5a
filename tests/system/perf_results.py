"""Results as perf/run writes them, made up: for tests of tables and reports."""

import sys

import appliance

sys.path.insert(0, str(appliance.TOP / "perf"))

LATENCY = {"mean": 20.0, "p50": 10.0, "p90": 20.0, "p99": 80.0, "p99_9": 700.0, "p99_99": 900.0,
           "max": 1500.0}


def run(rate, **more):
    return {"answers_per_second": rate, "wrong": 0, "checked": 100, "load": 0.5, **more}


def in_memory(rate):
    return {"answers_per_second": rate, "verified": 50, "load": 0.5,
            "cycles_by_stage": {"receive": 20.0, "zones": 60.0, "write": 120.0}}


def result():
    """Two rounds, all sections."""
    loads = [{"load": part / 10, "asked": 1e5 * part, "answers_per_second": 1e5 * part,
              "loss": 0.0, "latency_us": LATENCY} for part in (1, 5, 9)]
    return {
        "format": 1, "started": "2026-11-21T12:00:00+00:00", "command": ["perf/run"],
        "machine": {"cpu": "a CPU", "cpus": 2, "hypervisor": True, "kernel": "6.18",
                    "load_before": 0.1},
        "versions": {"bowline": "0.1.0", "knotd": "3.2"}, "zone": "hosts.test: 1,000 names",
        "settings": {"rounds": 2, "seconds": 1, "sizes": [1000, 10000]},
        "links": {
            "memory": {"what": "in process", "servers": {
                "bowline": {"rounds": [in_memory(10e6), in_memory(8e6)]}}},
            "memif": {"what": "shared memory", "servers": {
                "reflector": {"rounds": [run(10e6), run(8e6)]},
                "bowline": {"rounds": [run(4e6), run(4e6)]}}},
            "xdp": {"what": "a veth pair", "servers": {
                "reflector": {"rounds": [run(1.6e6), run(0.6e6)]},
                "bowline": {"rounds": [run(1.2e6), run(0.6e6)]},
                "knotd": {"rounds": [run(0.8e6), None]}}}},
        "zone_sizes": [{"names": 10000, "answers_per_second": [7e6, 8e6]},
                       {"names": 1000, "answers_per_second": [9e6, 9.5e6]}],
        "latency": {"memif": {"reflector": {"highest": 1e6, "loads": loads},
                              "bowline": {"highest": 1e6, "loads": loads}}},
        "memory": {"bowline": [{"records": 10000, "mebibytes": 15.0, "seconds": 0.01},
                               {"records": 100000, "mebibytes": 24.0, "seconds": 0.1}],
                   "knotd": [{"records": 10000, "mebibytes": 9.0, "seconds": 0.02}]},
        "skipped": [{"what": "nsd", "why": "nsd is not installed"}], "failed": [],
    }
