"""Every sample's results.json satisfies docs/results.schema.json; documents that break it do not.

usage: schema_test.py SCHEMA WRITE_REPORT_SAMPLES DIRECTORY
"""

import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

schema_path, writer, directory = sys.argv[1:]
schema = json.loads(pathlib.Path(schema_path).read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

subprocess.run([writer, directory], check=True)
documents = sorted(pathlib.Path(directory).glob("*/results.json"))
assert len(documents) == 4, documents
for path in documents:
    validator.validate(json.loads(path.read_text()))

# The schema must be able to say no: each of these spoils one document in one place.
good = json.loads((pathlib.Path(directory) / "sample" / "results.json").read_text())


def broken(change):
    document = copy.deepcopy(good)
    change(document)
    return document


spoiled = {
    "unknown key": broken(lambda d: d.update(surprise=1)),
    "missing requests": broken(lambda d: d.pop("requests")),
    "negative count": broken(lambda d: d["requests"].update(failed=-1)),
    "half an interval": broken(lambda d: d["clients"]["users"]["availability"].update(ci95=[1])),
    "quantile as a number": broken(lambda d: d["clients"]["users"]["latency_ms"].update(p99=61)),
    "metric as a string": broken(lambda d: d["components"]["api"].update(utilization="41%")),
    "instance without id": broken(lambda d: d["components"]["api"]["instances"][0].pop("id")),
    "other version": broken(lambda d: d.update(schema="highwater/run/2")),
    "partial without reason": broken(lambda d: d.update(partial=True)),
}
for name, document in spoiled.items():
    assert not validator.is_valid(document), name
print(f"{len(documents)} documents valid, {len(spoiled)} spoiled ones refused")
