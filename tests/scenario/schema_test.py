#!/usr/bin/env python3
"""Checks a schema: it is one (draft 2020-12), good scenarios are valid under it, bad ones are not.

schema_test.py sample PROGRAM          the sample language's schema, as PROGRAM prints it
schema_test.py scenarios FOLDER PROGRAM [ARGUMENT...]
                                       every scenario below FOLDER, under the schema printed
"""
import json
import pathlib
import re
import subprocess
import sys

import jsonschema

GOOD = [
    {"highwater": 1, "components": {}},
    {"highwater": 1, "extends": "base.json", "components": {"api": {"replicas": 3}, "old": None}},
    {
        "highwater": 1,
        "name": "x",
        "run": {"duration": "10m", "warmup": "auto", "seed": 1, "max_in_flight": "10M"},
        "network": {"zones": ["a"], "same_zone": "0.2ms",
                    "cross_zone": {"lognormal": {"mean": "1ms", "p99": "3ms"}},
                    "links": [{"between": ["a", "b"], "latency": {"uniform": ["1ms", "2ms"]}}]},
        "components": {
            "users": {"kind": "client", "arrivals": {"poisson": "1.2k/s", "batch": 2},
                      "calls": {"to": "api", "retry": 2, "timeout": "${TIMEOUT:-1s}"},
                      "mix": {"GET /": "90%", "POST /": 0.1}},
            "api": {"kind": "service", "replicas": "${N}", "eviction": "lru", "blocking": "true",
                    "cores": 0.5, "queue": {"capacity": "1M", "discipline": "lifo"},
                    "endpoints": {
                        "GET /": [{"parallel": [[{"call": "api"}], [{"compute": "1ms"}]]}],
                        "POST /": {"steps": [{"cache": "api", "miss": [{"call": "api"}]}],
                                   "priority": 1}}}},
        "faults": [{"at": "4m", "for": "1m", "kill": "api", "count": 1}],
        "objectives": ["users.latency.p99 < 250ms"],
    },
]


def client(**changes):
    base = {"kind": "client", "arrivals": {"poisson": "1/s"}, "calls": "api"}
    return {"highwater": 1, "components": {"users": {**base, **changes}}}


def service(**changes):
    return {"highwater": 1, "components": {"api": {"kind": "service", **changes}}}


BAD = {
    "no version": {"components": {}},
    "version": {"highwater": 2, "components": {}},
    "no components": {"highwater": 1},
    "unknown section": {"highwater": 1, "components": {}, "objectivs": []},
    "unknown section in a patch": {"highwater": 1, "extends": "x", "objectivs": []},
    "unknown kind": {"highwater": 1, "components": {"a": {"kind": "cleint"}}},
    "no kind": {"highwater": 1, "components": {"a": {}}},
    "component id": {"highwater": 1, "components": {"2a": {"kind": "service"}}},
    "unknown key": service(replcas=1),
    "number without unit": service(service_time=5),
    "unknown unit": service(service_time="5kg"),
    "negative": service(service_time="-5ms"),
    "wrong unit": client(arrivals={"poisson": "5ms"}),
    "two verbs": client(arrivals={"poisson": "1/s", "constant": "1/s"}),
    "no verb": client(arrivals={}),
    "parameter of another verb": client(arrivals={"constant": "1/s", "batch": 2}),
    "required": client(calls={"timeout": "1s"}),
    "limit": service(replicas=0),
    "not whole": service(replicas=2.5),
    "unknown word": service(queue={"discipline": "fif"}),
    "deep": service(endpoints={"GET /": [{"parallel": [[{"compute": 1}]]}]}),
    "pair": {"highwater": 1, "components": {}, "network": {"same_zone": {"uniform": ["1ms"]}}},
    "unknown verb of a fault": {"highwater": 1, "components": {}, "faults": [{"kil": "a"}]},
    "fault": {"highwater": 1, "components": {}, "faults": [{"at": "1s", "kill": "a", "factor": 2}]},
    "objective": {"highwater": 1, "components": {}, "objectives": [5]},
}


def without_comments(text):
    """Removes // and /* */ outside strings."""
    pattern = r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/'
    return re.sub(pattern, lambda m: m.group(1) or "", text, flags=re.S)


def schema_from(command):
    schema = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def check_sample(command):
    validator = jsonschema.Draft202012Validator(schema_from(command))
    failures = []
    for scenario in GOOD:
        failures += [f"good, but: {e.message} at {list(e.path)}"
                     for e in validator.iter_errors(scenario)]
    failures += [f"bad, but valid: {name}" for name, s in BAD.items() if validator.is_valid(s)]
    return failures, len(GOOD) + len(BAD)


def check_scenarios(folder, command):
    validator = jsonschema.Draft202012Validator(schema_from(command))
    failures, files = [], sorted(pathlib.Path(folder).rglob("*.json"))
    if not files:
        failures.append(f"no scenario below {folder}")
    for file in files:
        scenario = json.loads(without_comments(file.read_text(encoding="utf-8")))
        if "highwater" not in scenario:  # an experiment
            continue
        failures += [f"{file}: {e.message} at {list(e.path)}"
                     for e in validator.iter_errors(scenario)]
    return failures, len(files)


def main(arguments):
    if arguments[0] == "sample":
        failures, count = check_sample(arguments[1:])
    else:
        failures, count = check_scenarios(arguments[1], arguments[2:])
    for failure in failures:
        print(failure)
    print(f"{count} documents, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
