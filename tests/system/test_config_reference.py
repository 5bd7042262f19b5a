"""What the build writes from the option table: manual page, JSON schema, list of later items."""

import json
import subprocess
import sys

import pytest

import appliance as harness

sys.path.insert(0, str(harness.TOP / "tests" / "support"))

import config_generator  # noqa: E402

REFERENCE = harness.BUILD / "docs" / "option_reference"


def written(what):
    result = subprocess.run([REFERENCE, what], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def validator():
    jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed")
    schema = json.loads(written("--schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_list_in_docs_is_true():
    """docs/not-yet-effective.md is what the table says. If this fails: write it anew."""
    page = (harness.TOP / "docs" / "not-yet-effective.md").read_text()
    assert page == written("--later"), "docs/option_reference --later > docs/not-yet-effective.md"


def test_manual_page_formats_without_a_warning():
    result = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=written("--manual"),
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and result.stderr == ""
    assert "Since version" in result.stdout


def test_unknown_output_is_refused():
    result = subprocess.run([REFERENCE, "--nothing"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and "usage" in result.stderr


VALID = [
    {},
    {"server": {"listen": ["192.0.2.1@53", "::1", "/run/a.sock"], "tcp-idle-timeout": 20,
                "user": "root:root", "automatic-acl": True, "nsid": "", "comment": "x"}},
    {"server": {"tcp-idle-timeout": "1m", "udp-max-payload": "4K"}},
    {"zone": [{"domain": "a.test.", "master": [], "zonefile-sync": -1, "semantic-checks": "soft"},
              {"domain": "b.test.", "semantic-checks": True, "serial-modulo": "1/3"}]},
    {"key": [{"id": "k.", "algorithm": "hmac-sha256", "secret": "QUJD"}]},
    {"acl": [{"id": "a", "address": ["10.0.0.0/8", "::1-::2", "/run/x"], "action": ["update"],
              "update-type": ["A", "TYPE65280"]}]},
    {"dataplane": {"backend": ["xdp"], "cores": [0, 1], "hugepages": "auto"}},
]

BROKEN = [
    [],
    {"servers": {}},
    {"server": []},
    {"zone": {}},
    {"server": {"listne": ["::1"]}},
    {"server": {"listen": "::1"}},
    {"server": {"listen": [1]}},
    {"server": {"tcp-idle-timeout": 0}},
    {"server": {"tcp-idle-timeout": "1x"}},
    {"server": {"udp-max-payload": 5000}},
    {"server": {"automatic-acl": "maybe"}},
    {"server": {"proxy-allowlist": ["nowhere"]}},
    {"zone": [{"file": "x"}]},
    {"zone": [{"domain": "a.", "serial-modulo": "1"}]},
    {"zone": [{"domain": "a.", "semantic-checks": "hard"}]},
    {"key": [{"id": "k.", "algorithm": "hmac-sha256"}]},
    {"key": [{"id": "k.", "algorithm": "hmac-none", "secret": "QUJD"}]},
    {"template": [{"id": "t", "domain": "a."}]},
    {"remote": [{"id": "r", "address": ["::1"], "cert-key": ["QUJD"]}]},
]


@pytest.mark.parametrize("configuration", VALID, ids=json.dumps)
def test_schema_takes(validator, configuration):
    assert [error.message for error in validator.iter_errors(configuration)] == []


@pytest.mark.parametrize("configuration", BROKEN, ids=json.dumps)
def test_schema_refuses(validator, configuration):
    assert list(validator.iter_errors(configuration))


def test_configurations_as_json_are_valid(validator, tmp_path):
    """Random ones that load: the schema refuses nothing that a configuration can be."""
    generator = config_generator.Generator(validator.schema, 7)
    file = tmp_path / "t.conf"
    loaded = 0
    for _ in range(150):
        file.write_text(generator.text(generator.configuration()))
        result = subprocess.run([REFERENCE, "--json", file], capture_output=True, text=True,
                                timeout=60)
        if result.returncode != 0:
            continue
        loaded += 1
        errors = [f"{list(error.path)}: {error.message}"
                  for error in validator.iter_errors(json.loads(result.stdout))]
        assert not errors, f"seed 7\n{file.read_text()}\n{errors}"
    assert loaded > 75
