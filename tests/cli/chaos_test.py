#!/usr/bin/env python3
"""Runs chaos experiments as a user would: statuses, files, refusals.

The environment names the program (HIGHWATER), the folder of scenarios (HIGHWATER_SCENARIOS) and the
schema of experiments as the Chaos Toolkit has them (HIGHWATER_EXPERIMENT_SCHEMA).
"""
import copy
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

import jsonschema

from in_folder import PROGRAM, InTemporaryFolder

SCENARIOS = pathlib.Path(os.environ["HIGHWATER_SCENARIOS"])
SCHEMA_FILE = pathlib.Path(os.environ["HIGHWATER_EXPERIMENT_SCHEMA"])
SCHEMA = json.loads(SCHEMA_FILE.read_text())
JOURNAL_SCHEMA = json.loads(SCHEMA_FILE.with_name("journal.schema.json").read_text())

SCENARIO = {
    "highwater": 1,
    "name": "small",
    "run": {"duration": "1m", "replications": 2},
    "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "50/s"},
                  "calls": {"to": "api", "timeout": "1s"}},
        "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "5ms"}},
    },
    "objectives": ["users.availability >= 99%"],
}

EXPERIMENT = {
    "version": "1.0.0",
    "title": "one dies",
    "description": "one of two dies",
    "extensions": [{"name": "highwater", "scenario": "scenario.json", "seeds": 3, "settle": "20s"}],
    "steady-state-hypothesis": {"title": "answered", "probes": [
        {"type": "probe", "name": "answered", "tolerance": True,
         "provider": {"type": "simulation", "objective": "users.availability >= 99%"}}]},
    "method": [{"type": "action", "name": "kill", "pauses": {"after": 15},
                "provider": {"type": "simulation", "fault": {"kill": "api", "count": 1}}}],
    "rollbacks": [{"type": "action", "name": "revert",
                   "provider": {"type": "simulation", "revert": "all"}}],
}


def as_toolkit(value):
    """The same experiment with providers that the toolkit's own checks let pass."""
    if isinstance(value, list):
        return [as_toolkit(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "simulation":
        arguments = {key: one for key, one in value.items() if key != "type"}
        return {"type": "python", "module": "highwater", "func": "simulate",
                "arguments": arguments}
    return {key: as_toolkit(one) for key, one in value.items()}


class Chaos(InTemporaryFolder):
    def chaos(self, experiment, *words, scenario=SCENARIO, **options):
        self.write(scenario, "scenario.json")
        self.write(experiment, "experiment.json")
        return self.run_program("chaos", "experiment.json", *words, **options)

    def test_a_hypothesis_that_deviates(self):
        result = self.chaos(EXPERIMENT, "--out", "out")
        self.assertEqual(result.returncode, 99, result.stderr)
        self.assertIn("deviates", result.stdout)
        self.assertIn("It held in 0 of 3 runs", result.stdout)
        out = self.folder / "out"
        self.assertEqual(sorted(file.name for file in out.iterdir()),
                         ["chaos.json", "expanded.json", "experiment.json", "journal-002.json",
                          "journal-003.json", "journal.json", "junit.xml", "report.html"])
        journal = json.loads((out / "journal.json").read_text())
        self.assertTrue(journal["deviated"])
        self.assertEqual(journal["status"], "completed")
        self.assertEqual([run["activity"]["name"] for run in journal["run"]], ["kill"])
        suite = xml.etree.ElementTree.parse(out / "junit.xml").getroot().find("testsuite")
        self.assertEqual(int(suite.get("tests")), len(suite.findall("testcase")))
        self.assertEqual(int(suite.get("failures")), len(suite.findall("testcase/failure")))

    def test_one_that_holds(self):
        experiment = copy.deepcopy(EXPERIMENT)
        experiment["method"][0]["provider"]["fault"] = {"slow": "api", "factor": "1.5x"}
        result = self.chaos(experiment, "--out", "out", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        document = json.loads(result.stdout)
        self.assertEqual(document["schema"], "highwater/chaos/1")
        self.assertEqual(document["verdict"], "holds")
        self.assertEqual(document["probability"]["value"], 1)

    def test_jobs_decide_nothing(self):
        def answer(jobs):
            document = json.loads(self.chaos(EXPERIMENT, "--json", "--jobs", jobs).stdout)
            return {key: document[key] for key in document
                    if key not in ("wall_s", "started", "host")}
        self.assertEqual(answer("1"), answer("3"))

    def test_what_the_toolkit_accepts_says_the_same(self):
        experiment = as_toolkit(EXPERIMENT)
        jsonschema.validate(experiment, SCHEMA)
        self.assertEqual(self.chaos(experiment, "--out", "out").returncode, 99)

    def test_every_ready_experiment_is_one_of_the_toolkit(self):
        count = 0
        for path in sorted((SCENARIOS / "chaos").glob("*.json")):
            text = path.read_text()
            if '"highwater": 1' in text:
                continue
            count += 1
            jsonschema.validate(as_toolkit(json.loads(text)), SCHEMA)
        self.assertEqual(count, 10)

    def check_journals(self, experiment, *words):
        self.chaos(experiment, "--out", "out", "--seeds", "2", *words)
        journals = [json.loads((self.folder / "out" / name).read_text())
                    for name in ("journal.json", "journal-002.json")]
        for journal in journals:
            jsonschema.validate(journal, JOURNAL_SCHEMA)
            for part in (journal, *journal["run"], *journal["rollbacks"]):
                lasted = (datetime.datetime.fromisoformat(part["end"])
                          - datetime.datetime.fromisoformat(part["start"]))
                self.assertAlmostEqual(lasted.total_seconds(), part["duration"], places=5)
        return journals[0]

    def test_journals_have_what_is_read_of_them(self):
        deviating = self.check_journals(EXPERIMENT)
        self.assertTrue(deviating["steady_states"]["before"]["steady_state_met"])
        self.assertFalse(deviating["steady_states"]["after"]["steady_state_met"])
        self.check_journals(as_toolkit(EXPERIMENT))

        failing = copy.deepcopy(EXPERIMENT)
        failing["method"].append({"type": "action", "name": "wait", "provider": {
            "type": "simulation", "wait_until": "api.utilization > 99%", "timeout": "1s"}})
        failed = self.check_journals(failing)["run"][-1]
        self.assertEqual(failed["status"], "failed")
        self.assertIn("did not come true", failed["exception"][0])

        aborted = self.check_journals(EXPERIMENT, "--abort-on", "users.availability < 90% over 1s")
        self.assertEqual(aborted["status"], "aborted")

        unsteady = copy.deepcopy(EXPERIMENT)
        unsteady["steady-state-hypothesis"]["probes"][0]["provider"]["objective"] = (
            "users.latency.p99 < 1us")
        skipped = self.check_journals(unsteady)
        self.assertIsNone(skipped["steady_states"]["after"])
        self.assertEqual(skipped["run"], [])

        exploring = copy.deepcopy(EXPERIMENT)
        del exploring["steady-state-hypothesis"]
        self.assertIsNone(self.check_journals(exploring)["steady_states"]["before"])

    def test_a_tolerance_with_a_filter(self):
        experiment = copy.deepcopy(EXPERIMENT)
        experiment["steady-state-hypothesis"]["probes"][0] = {
            "type": "probe", "name": "all is fast", "provider": {
                "type": "simulation",
                "metrics": ["users.latency.p50", "users.latency.p99"]},
            "tolerance": {"type": "jsonpath", "path": "$[?@ > 1000]", "count": 0}}
        experiment["method"][0]["provider"]["fault"] = {"slow": "api", "factor": "1.5x"}
        self.assertEqual(self.chaos(experiment).returncode, 0)
        experiment["steady-state-hypothesis"]["probes"][0]["tolerance"]["path"] = "$[?@ > 1]"
        self.assertEqual(self.chaos(experiment).returncode, 99)
        shutil.rmtree(self.folder / "results")
        experiment["steady-state-hypothesis"]["probes"][0]["tolerance"]["path"] = "$[?@ >]"
        self.refuses(experiment, "experiment.json:", "/tolerance/path", "no JSONPath", "expected")

    def interrupted(self, *words, after=1.5):
        """What one signal makes of it, and how long that takes."""
        process = subprocess.Popen([PROGRAM, "chaos", *words], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(after)
        self.assertIsNone(process.poll(), "it ended before it was interrupted")
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        output, problems = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, problems)
        return json.loads(output), time.monotonic() - sent

    def test_an_interrupt_does_not_wait_for_runs(self):
        self.write({**SCENARIO, "run": {"duration": "200d"}}, "scenario.json")
        experiment = copy.deepcopy(EXPERIMENT)
        experiment["extensions"][0]["settle"] = "100d"
        self.write(experiment, "experiment.json")
        for words in (("scenario.json", "--search"), ("scenario.json", "--metastable"),
                      ("scenario.json",), ("experiment.json",)):
            document, took = self.interrupted(*words, "--json", "--out", "out")
            self.assertTrue(document["partial"], words)
            self.assertEqual(document["runs"], 0, words)
            self.assertLess(took, 20, words)
            self.assertIn("artial", (self.folder / "out" / "report.html").read_text())

    def test_an_interrupted_search_goes_on(self):
        # Nothing breaks it, so that each trial is one run.
        self.write({**SCENARIO, "run": {"duration": "6h"},
                    "objectives": ["users.availability >= 1%"]}, "scenario.json")
        words = ("scenario.json", "--search", "--seeds", "1", "--jobs", "1", "--json")
        one = json.loads(self.run_program("chaos", *words, "--budget", "1", "--out", "one").stdout)
        self.assertEqual(one["runs"], 1)
        after = max(1.0, 6 * one["wall_s"])
        cut, _ = self.interrupted(*words, "--out", "out", after=after)
        self.assertEqual(cut["ended_by"], "interrupted")
        tried = len(cut["singles"])
        self.assertGreater(tried, 0)
        self.assertGreater(cut["singles_left"], 0)
        on, _ = self.interrupted(*words, "--out", "out", after=after)
        self.assertEqual(on["resumed"], tried)
        self.assertEqual(on["singles"][:tried], cut["singles"])
        self.assertGreater(len(on["singles"]), tried)

    def refuses(self, experiment, *expected, words=(), scenario=SCENARIO):
        result = self.chaos(experiment, *words, scenario=scenario)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stdout, "")
        for text in expected:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.folder / "results").exists())

    def test_nothing_real_is_executed(self):
        experiment = copy.deepcopy(EXPERIMENT)
        marker = self.folder / "executed"
        experiment["method"] = [{"type": "action", "name": "x", "provider": {
            "type": "process", "path": "touch", "arguments": str(marker)}}]
        self.refuses(experiment, "/method/0/provider/type", "never executed")
        self.assertFalse(marker.exists())

    def test_everything_wrong_at_once(self):
        experiment = copy.deepcopy(EXPERIMENT)
        experiment["method"][0]["provider"]["fault"] = {"kill": "apo", "for": "-1s"}
        experiment["steady-state-hypothesis"]["probes"][0]["provider"]["objective"] = "users.x < 1"
        experiment["rollbacks"][0]["provider"]["revert"] = "kil"
        self.refuses(experiment, "experiment.json:", "/method/0/provider/fault/for", "negative",
                     "/steady-state-hypothesis/probes/0/provider/objective", "is no metric")
        experiment = copy.deepcopy(EXPERIMENT)
        del experiment["extensions"]
        self.refuses(experiment, "on which scenario?")

    def test_the_configuration_and_what_stands_for_it(self):
        experiment = copy.deepcopy(EXPERIMENT)
        experiment["configuration"] = {"what": {"type": "env", "key": "WHAT", "default": "api"}}
        experiment["method"][0]["provider"]["fault"] = {"kill": "${what}", "count": 1}
        self.assertEqual(self.chaos(experiment, "--out", "out").returncode, 99)
        self.refuses(experiment, "did you mean \"api\"", words=("--var", "what=apo"))

    def test_a_scenario_and_its_questions(self):
        scenario = copy.deepcopy(SCENARIO)
        scenario["faults"] = [{"kill": "api", "at": "20s", "for": "10s"}]
        self.write(scenario, "scenario.json")
        result = self.run_program("chaos", "scenario.json", "--seeds", "2", "--out", "own")
        self.assertEqual(result.returncode, 99, result.stderr)
        self.assertIn("faults[0]: kill api", result.stdout)
        result = self.run_program("chaos", "scenario.json", "--search", "--budget", "12", "--out",
                                  "search")
        self.assertEqual(result.returncode, 99, result.stderr)
        self.assertIn("were not", result.stdout)
        self.assertTrue((self.folder / "search" / "break-01.json").exists())
        found = self.run_program("chaos", "search/break-01.json", "--seeds", "2", "--out", "again")
        self.assertEqual(found.returncode, 99, found.stdout + found.stderr)
        del scenario["objectives"]
        self.write(scenario, "scenario.json")
        result = self.run_program("chaos", "scenario.json", "--search")
        self.assertEqual(result.returncode, 2)
        self.assertIn("nothing to break", result.stderr)

    def test_options_that_do_not_go_together(self):
        self.write(SCENARIO, "scenario.json")
        self.write(EXPERIMENT, "experiment.json")
        for words, text in ((("scenario.json", "--search", "--metastable"), "one at a time"),
                            (("experiment.json", "--search"), "not an experiment"),
                            (("scenario.json", "--var", "a=1"), "for experiments"),
                            (("scenario.json", "--budget", "5"), "for --search"),
                            (("scenario.json", "--search", "--budget", "x"), "number of runs"),
                            (("scenario.json", "--metastable", "--trigger", "x"),
                             "expected a fault"),
                            (("scenario.json", "--seeds", "0"), "number of runs"),
                            (("scenario.json", "--search", "--jobs", "5000"), "at most 1024"),
                            (("scenario.json", "--metastable", "--jobs", "5000"), "at most 1024"),
                            (("nowhere.json",), "no such file")):
            result = self.run_program("chaos", *words)
            self.assertEqual(result.returncode, 2, words)
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
