#!/usr/bin/env python3
"""Runs the program as a user would: what it says, where, with which status, and what it leaves.

The environment names the program (HIGHWATER), the folder of scenarios (HIGHWATER_SCENARIOS) and the
schema of results (HIGHWATER_RESULTS_SCHEMA).
"""
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import time
import unittest

import jsonschema

from in_folder import PROGRAM, InTemporaryFolder

SCENARIOS = pathlib.Path(os.environ["HIGHWATER_SCENARIOS"])
RESULTS_SCHEMA = json.loads(pathlib.Path(os.environ["HIGHWATER_RESULTS_SCHEMA"]).read_text())

SMALL = {
    "highwater": 1,
    "name": "small",
    "run": {"duration": "20s", "replications": 4},
    "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "100/s"},
                  "mix": {"GET /a": "70%", "POST /b": "30%"}, "calls": "api"},
        "api": {"kind": "service", "replicas": 2,
                "endpoints": {"GET /a": [{"compute": "2ms"}],
                              "POST /b": [{"compute": {"exponential": "4ms"}}]}},
    },
    "objectives": ["users.latency.p99 < 1s"],
}


def changed(**components):
    """SMALL with some parameters of its components replaced."""
    scenario = json.loads(json.dumps(SMALL))
    for component, changes in components.items():
        scenario["components"].setdefault(component, {}).update(changes)
    return scenario


class BadInput(InTemporaryFolder):
    """Each is wrong input: status 2, place and reason, nothing run, nothing written."""

    def rejects(self, content, *expected, name="scenario.json", words=()):
        if content is not None:
            self.write(content, name)
        before = self.files()
        for command in ("run", "validate"):
            began = time.monotonic()
            result = self.run_program(command, name, *words, timeout=30)
            self.assertLess(time.monotonic() - began, 20)
            self.assertEqual(result.returncode, 2, result.stderr[:2000])
            self.assertEqual(result.stdout, "")
            for text in expected:
                self.assertIn(text, result.stderr)
            self.assertLess(len(result.stderr), 200_000)
        self.assertEqual(self.files(), before)

    def test_missing_file(self):
        self.rejects(None, "nowhere.json", name="nowhere.json")

    def test_a_folder(self):
        (self.folder / "folder").mkdir()
        self.rejects(None, "folder", name="folder")

    def test_empty_and_binary_files(self):
        self.rejects("", "scenario.json:1:1")
        (self.folder / "scenario.json").write_bytes(bytes(range(256)) * 100)
        self.rejects(None, "scenario.json:1:1")

    def test_broken_json(self):
        self.rejects('{\n  "highwater": 1,\n  "components": {\n', "scenario.json:4:1")

    def test_unknown_key(self):
        self.rejects(changed(api={"replcas": 3}), "/components/api/replcas",
                     'did you mean "replicas"?')

    def test_unknown_kind(self):
        self.rejects(changed(api={"kind": "servise"}), "/components/api/kind",
                     'did you mean "service"?')

    def test_unknown_unit(self):
        self.rejects(changed(users={"arrivals": {"poisson": "100/fortnight"}}),
                     "/components/users/arrivals/poisson", "100/fortnight")

    def test_wrong_unit(self):
        self.rejects(changed(users={"arrivals": {"poisson": "100ms"}}),
                     "/components/users/arrivals/poisson", "100ms")
        self.rejects(changed(api={"start_time": 10}), "/components/api/start_time")

    def test_negative_values(self):
        self.rejects(changed(api={"start_time": "-1s"}), "/components/api/start_time")
        self.rejects(changed(api={"replicas": -1}), "/components/api/replicas")

    def test_absurd_sizes(self):
        for key, size in (("replicas", 10**9), ("workers", 10**15), ("replicas", 0)):
            self.rejects(changed(api={key: size}), f"/components/api/{key}")
        for replications in (0, 10**9):
            self.rejects({**SMALL, "run": {"replications": replications}}, "/run/replications")
        self.rejects({**SMALL, "run": {"duration": "999999999999d"}}, "/run/duration")

    def test_nan(self):
        self.rejects('{"highwater": NaN}', "scenario.json:1:15")
        self.rejects(changed(api={"cores": "nan"}), "/components/api/cores")

    def test_ten_megabytes_of_brackets(self):
        self.rejects("[" * 10_000_000, "scenario.json:1:")
        self.rejects('{"a":' * 2_000_000, "scenario.json:1:")

    def test_circle_of_extends(self):
        self.write({"extends": "b.json"}, "a.json")
        self.write({"extends": "a.json"}, "b.json")
        self.rejects(None, "a.json", "b.json", name="a.json")

    def test_duplicate_keys(self):
        self.rejects('{"highwater": 1,\n "highwater": 1, "components": {}}', "scenario.json:2:2",
                     "highwater")

    def test_no_client(self):
        scenario = changed()
        del scenario["components"]["users"]
        self.rejects(scenario, "/components", '"client"')

    def test_dangling_and_uncallable_components(self):
        self.rejects(changed(users={"calls": "apj"}), "/components/users/calls",
                     'did you mean "api"?')
        self.rejects(changed(users={"calls": "users"}), "/components/users/calls")

    def test_circle_of_calls(self):
        back = {"call": "api", "endpoint": "GET /a"}
        other = {"kind": "service", "endpoints": {"GET /a": [back]}}
        scenario = changed(other=other)
        scenario["components"]["api"]["endpoints"]["GET /a"] = [{"call": "other"}]
        self.rejects(scenario, "api -> other -> api")

    def test_unknown_endpoints(self):
        self.rejects(changed(users={"mix": {"GET /aa": "70%", "POST /b": "30%"}}),
                     "/components/users/mix/GET ~1aa", 'did you mean "GET /a"?')
        scenario = changed(users={"mix": None})
        del scenario["components"]["users"]["mix"]
        self.rejects(scenario, "GET /a", "POST /b")

    def test_faults_without_a_target(self):
        fault = {"at": "5s", "for": "5s"}
        for target, verb in (("apj", "kill"), ("api[2]", "kill"), ("api -> users", "latency"),
                             ("users -> users", "partition")):
            extra = {"add": "5ms"} if verb == "latency" else {}
            self.rejects({**SMALL, "faults": [{**fault, verb: target, **extra}]}, "/faults/0")
        self.rejects({**SMALL, "faults": [{**fault, "kill": "api", "count": 3}]},
                     "/faults/0/count", "2 instances")

    def test_objectives_about_nothing(self):
        self.rejects({**SMALL, "objectives": ["users.latncy.p99 < 1s", "users.latency.p99 < 1/s"]},
                     "/objectives/0", 'did you mean "latency"', "/objectives/1")

    def test_settings(self):
        self.rejects(SMALL, "--set api.replcas=3", "replicas", words=("--set", "api.replcas=3"))
        self.rejects(SMALL, "--set api.replicas", words=("--set", "api.replicas"))

    def test_everything_at_once(self):
        scenario = changed(api={"replcas": 3, "start_time": 10},
                           users={"arrivals": {"poisson": "100ms"}})
        scenario["objectives"] = ["users.latncy.p99 < 1s"]
        self.rejects(scenario, "/components/api/replcas", "/components/api/start_time",
                     "/components/users/arrivals/poisson", "/objectives/0")

    def test_one_of_several_scenarios_is_wrong(self):
        self.write(SMALL, "good.json")
        self.write("{", "bad.json")
        result = self.run_program("run", "good.json", "bad.json")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(self.files(), ["bad.json", "good.json"])

    def test_problems_as_json(self):
        self.write(changed(api={"replcas": 3}))
        for command in ("run", "validate", "show"):
            result = self.run_program(command, "scenario.json", "--json")
            self.assertEqual(result.returncode, 2)
            document = json.loads(result.stdout)
            self.assertEqual(document["schema"], "highwater/problems/1")
            self.assertFalse(document["valid"])
            problem = document["problems"][0]
            self.assertEqual(problem["path"], "/components/api/replcas")
            self.assertEqual(problem["suggestion"], "replicas")
            self.assertGreater(problem["line"], 1)


class CommandLine(InTemporaryFolder):
    def test_help(self):
        for words in ((), ("run",), ("validate",), ("show",), ("schema",), ("kinds",)):
            result = self.run_program(*words, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertEqual(result.stderr, "")
            self.assertIn("--help", result.stdout)
        self.assertIn("--no-install", self.run_program("--help").stdout)

    def test_misuse(self):
        self.write(SMALL)
        for words, meant in (((), ""), (("rum", "scenario.json"), '"run"'), (("run",), "SCENARIO"),
                             (("run", "scenario.json", "--sede", "3"), '"--seed"'),
                             (("kinds", "servise"), '"service"'),
                             (("run", "scenario.json", "--jobs", "-1"), "--jobs"),
                             (("run", "scenario.json", "--jobs", "100000"), "--jobs"),
                             (("run", "scenario.json", "--precision", "0"), "--precision"),
                             (("run", "scenario.json", "--precision", "5s"), "--precision"),
                             (("run", "scenario.json", "--duration", "5"), "--set run.duration=5"),
                             (("run", "scenario.json", "--seed", "x"), "--set run.seed=x")):
            result = self.run_program(*words)
            self.assertEqual(result.returncode, 2, words)
            self.assertEqual(result.stdout, "")
            self.assertIn(meant, result.stderr)
            self.assertEqual(self.files(), ["scenario.json"])

    def test_color_only_on_a_terminal_and_not_against_no_color(self):
        self.write(SMALL)
        self.assertNotIn("\033", self.run_program("run", "scenario.json").stdout)
        self.assertIn("\033[", self.on_terminal({}))
        self.assertNotIn("\033[", self.on_terminal({"NO_COLOR": "1"}))
        self.assertNotIn("\033[", self.on_terminal({"TERM": "dumb"}))

    def on_terminal(self, environment):
        """What the program writes to a terminal on standard output."""
        main, end = pty.openpty()
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        with subprocess.Popen([PROGRAM, "run", "scenario.json"], cwd=self.folder, stdout=end,
                              stderr=subprocess.PIPE,
                              env={**kept, "TERM": "xterm", **environment}) as process:
            os.close(end)
            text = b""
            while True:
                try:
                    part = os.read(main, 65536)
                except OSError:
                    break
                if not part:
                    break
                text += part
            self.assertEqual(process.stderr.read(), b"")  # progress only where a person sees it
        os.close(main)
        return text.decode()

    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([PROGRAM, "schema"], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"standard output", result.stderr)

    def test_nowhere_to_write(self):
        self.write(SMALL)
        (self.folder / "results").write_text("in the way")
        result = self.run_program("run", "scenario.json")
        self.assertEqual(result.returncode, 3)
        self.assertIn("results", result.stderr)


class Commands(InTemporaryFolder):
    def test_validate(self):
        name = self.write(SMALL)
        result = self.run_program("validate", name)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout,
                         f"{name}: valid, 2 components, 0 faults, 1 objective\n")
        document = json.loads(self.run_program("validate", name, "--json").stdout)
        self.assertEqual(document["valid"], True)
        self.assertEqual(self.files(), [name])

    def test_warnings_are_no_errors(self):
        name = self.write({**SMALL, "faults": [{"at": "1h", "kill": "api"}]})
        result = self.run_program("validate", name)
        self.assertEqual(result.returncode, 0)
        self.assertIn("/faults/0/at", result.stderr)

    def test_show_expands_to_itself(self):
        name = self.write(changed(api={"replicas": 3}))
        result = self.run_program("show", name, "--set", "api.replicas=5")
        shown = json.loads(result.stdout)
        self.assertEqual(shown["components"]["api"]["replicas"], 5)
        self.assertEqual(shown["components"]["api"]["queue"]["discipline"], "fifo")
        self.write(result.stdout, "expanded.json")
        self.assertEqual(self.run_program("show", "expanded.json").stdout, result.stdout)

    def test_show_of_every_scenario_is_a_scenario(self):
        for path in sorted(SCENARIOS.rglob("*.json")):
            # An experiment is no scenario.
            if path.parent.name == "data" or '"highwater": 1' not in path.read_text():
                continue
            shown = self.run_program("show", str(path)).stdout
            self.assertNotEqual(shown, "", path)
            # Its traces are found beside the scenario only.
            shown = shown.replace('"data/', f'"{path.parent}/data/')
            name = self.write(shown, "expanded.json")
            again = self.run_program("validate", name)
            self.assertEqual((again.returncode, again.stderr), (0, ""), path)

    def test_show_draws_the_graph(self):
        result = self.run_program("show", self.write(SMALL), "--graphviz")
        self.assertIn("digraph", result.stdout)
        self.assertIn("->", result.stdout)

    def test_schema_is_a_schema(self):
        schema = json.loads(self.run_program("schema").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(SMALL, schema)
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(changed(api={"replcas": 1}), schema)

    def test_kinds(self):
        names = ["client", "load_balancer", "service", "cache", "database", "topic",
                 "consumer_group", "queue", "worker", "function", "external", "kill", "slow",
                 "latency", "error", "partition"]
        listed = self.run_program("kinds").stdout
        everything = self.run_program("kinds", "--all").stdout
        document = json.loads(self.run_program("kinds", "--json").stdout)
        for name in names:
            self.assertIn(name, listed)
            self.assertIn(name, everything)
            self.assertIn(name, json.dumps(document))
            self.assertIn(name, self.run_program("kinds", name).stdout)
            described = json.loads(self.run_program("kinds", name, "--json").stdout)
            self.assertEqual(described["name"], name)


class Results(InTemporaryFolder):
    def test_run_leaves_a_folder(self):
        result = self.run_program("run", self.write(SMALL), "--seed", "7")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        folder, = [p for p in (self.folder / "results" / "small").iterdir() if not p.is_symlink()]
        self.assertTrue(folder.name.endswith("-7"))
        for name in ("expanded.json", "manifest.json", "results.json", "summary.csv", "series.csv",
                     "intervals.csv", "report.html"):
            self.assertGreater((folder / name).stat().st_size, 50, name)
        manifest = json.loads((folder / "manifest.json").read_text())
        self.assertIn("--seed 7", manifest["command"])
        self.assertIn("report.html", result.stdout)
        again = self.run_program("run", folder / "expanded.json", "--json")
        self.assertEqual(json.loads(again.stdout)["requests"],
                         json.loads((folder / "results.json").read_text())["requests"])

    def test_out_is_the_folder(self):
        name = self.write(SMALL)
        for _ in range(2):
            self.assertEqual(self.run_program("run", name, "--out", "here/it/is").returncode, 0)
        self.assertTrue((self.folder / "here/it/is/report.html").exists())
        self.assertFalse((self.folder / "results").exists())
        self.write(SMALL, "other.json")
        self.assertEqual(self.run_program("run", name, "other.json", "--out", "x").returncode, 2)

    def test_json_is_one_valid_document(self):
        name = self.write(SMALL)
        document = json.loads(self.run_program("run", name, "--json").stdout)
        jsonschema.validate(document, RESULTS_SCHEMA)
        requests = document["requests"]
        self.assertEqual(requests["issued"], sum(requests[key] for key in (
            "completed", "failed", "rejected", "in_flight")))
        self.write({**SMALL, "name": "other"}, "other.json")
        several = json.loads(self.run_program("run", name, "other.json", "--json").stdout)
        self.assertEqual([each["scenario"] for each in several], ["small", "other"])

    def test_every_option_changes_the_run(self):
        name = self.write(SMALL)
        plain = json.loads(self.run_program("run", name, "--json").stdout)
        for words, key, value in ((("--seed", "5"), "seed", 5),
                                  (("--duration", "10s"), "simulated_s", 10),
                                  (("--replications", "2"), "replications", 2)):
            document = json.loads(self.run_program("run", name, "--json", *words).stdout)
            self.assertEqual(document[key], value)
            self.assertNotEqual(document["requests"], plain["requests"])
        precise = json.loads(self.run_program("run", name, "--json", "--precision", "4%").stdout)
        self.assertGreater(precise["replications"], 4)
        p99 = precise["clients"]["users"]["latency_ms"]["p99"]
        self.assertLessEqual((p99["ci95"][1] - p99["ci95"][0]) / 2, 0.04 * p99["value"])

    def test_missed_objectives(self):
        name = self.write({**SMALL, "objectives": [
            "users.latency.p99 < 1ms", "users.latency.mean < 1s during 1h..2h",
            "users.availability >= 50%"]})
        result = self.run_program("run", name, "--json")
        self.assertEqual(result.returncode, 99)
        self.assertEqual([o["met"] for o in json.loads(result.stdout)["objectives"]],
                         [False, None, True])

    def test_faults_and_their_windows(self):
        fault = {"at": "8s", "for": "4s", "error": "api", "rate": "50%"}
        name = self.write({**SMALL, "faults": [fault],
                           "objectives": ["users.availability < 60% during 8s..12s",
                                          "users.availability >= 100% during 0s..8s",
                                          "users.availability >= 100% within 4s of faults[0]",
                                          "users.availability >= 100% within 3s of faults[0]"]})
        document = json.loads(self.run_program("run", name, "--json").stdout)
        self.assertEqual([o["met"] for o in document["objectives"]], [True, True, True, False])
        self.assertTrue(document["terminating"])
        self.assertIn("error api", [e["text"] for e in document["events_log"]][0])

    def test_overload_is_a_result(self):
        scenario = changed(users={"arrivals": {"poisson": "900/s"}})
        result = self.run_program("run", self.write(scenario), "--json")
        self.assertEqual(result.returncode, 99)
        document = json.loads(result.stdout)
        self.assertIn("unstable", [f["kind"] for f in document["findings"]])
        self.assertIsNone(document["clients"]["users"]["latency_ms"]["mean"]["ci95"])
        scenario["run"]["max_in_flight"] = 500
        result = self.run_program("run", self.write(scenario), "--json")
        document = json.loads(result.stdout)
        self.assertTrue(document["partial"])
        self.assertIn("max_in_flight", document["partial_reason"])

    def test_a_client_that_waits_for_ever_is_in_flight(self):
        scenario = {**SMALL, "objectives": [],
                    "faults": [{"at": "10s", "partition": "users -> api"}]}
        document = json.loads(self.run_program("run", self.write(scenario), "--json").stdout)
        requests = document["requests"]
        self.assertGreater(requests["in_flight"], 2000)
        self.assertEqual(requests["issued"], requests["completed"] + requests["in_flight"])


class Determinism(InTemporaryFolder):
    def comparable(self, document):
        for key in ("wall_s", "started", "host"):
            self.assertIn(key, document)
            del document[key]
        return document

    def test_jobs_do_not_change_a_byte(self):
        for scenario, words in (("users-api.json", ("--duration", "20s", "--set", "run.warmup=2s",
                                                    "--set", "faults[0].at=8s", "--set",
                                                    "faults[0].for=4s", "--replications", "4")),
                                ("access-log-replay.json", ("--replications", "3")),
                                ("textbook/mm1.json", ("--duration", "60s", "--precision", "5%"))):
            texts = []
            for jobs in ("1", "2", "5"):
                result = self.run_program("run", SCENARIOS / scenario, "--json", "--jobs", jobs,
                                          *words)
                self.assertIn(result.returncode, (0, 99), result.stderr)
                texts.append(json.dumps(self.comparable(json.loads(result.stdout))))
            self.assertEqual(texts[0], texts[1])
            self.assertEqual(texts[0], texts[2])

    def test_seeds_differ(self):
        name = self.write(SMALL)
        texts = {json.dumps(self.comparable(json.loads(
            self.run_program("run", name, "--json", "--seed", str(seed)).stdout))["clients"])
            for seed in range(1, 4)}
        self.assertEqual(len(texts), 3)

    def test_instruction_sets_do_not_change_a_byte(self):
        """The C library chooses faster functions where the processor has them."""
        words = ("run", SCENARIOS / "users-api.json", "--json", "--duration", "20s", "--set",
                 "run.warmup=2s", "--set", "faults[0].at=8s", "--replications", "2")
        plain = self.run_program(*words).stdout
        masked = self.run_program(
            *words,
            GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-FMA4").stdout
        self.assertEqual(self.comparable(json.loads(plain)), self.comparable(json.loads(masked)))


class Interruption(InTemporaryFolder):
    LONG = {**SMALL, "run": {"duration": "1h", "replications": 4}}

    def begin(self, *words, stderr=subprocess.PIPE):
        return subprocess.Popen([PROGRAM, "run", self.write(self.LONG), "--jobs", "1", *words],
                                cwd=self.folder, stdout=subprocess.PIPE, stderr=stderr)

    def test_one_signal_keeps_what_is_finished(self):
        name = self.write(self.LONG)
        whole = json.loads(self.run_program("run", name, "--json", "--replications", "1",
                                            "--out", "first").stdout)
        process = self.begin("--json", "--replications", "10000", "--out", "cut")
        time.sleep(max(1.0, 3 * whole["wall_s"]))
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        document = json.loads(text)
        self.assertTrue(document["partial"])
        self.assertGreaterEqual(document["replications"], 1)
        self.assertLess(document["replications"], 10000)
        jsonschema.validate(document, RESULTS_SCHEMA)
        self.assertTrue((self.folder / "cut/report.html").exists())

    def test_a_signal_before_anything_is_finished(self):
        process = self.begin("--json", "--duration", "100d")
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        document = json.loads(text)
        self.assertEqual(document["replications"], 0)
        self.assertEqual([o["met"] for o in document["objectives"]], [None])
        jsonschema.validate(document, RESULTS_SCHEMA)

    def test_progress_on_a_terminal(self):
        main, end = pty.openpty()
        process = self.begin("--json", "--duration", "100d", stderr=end)
        os.close(end)
        text = b""
        until = time.monotonic() + 20
        while b"events/s" not in text and time.monotonic() < until:
            if select.select([main], [], [], 1)[0]:
                text += os.read(main, 65536)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        os.close(main)
        self.assertIn(b"simulated", text)
        self.assertIn(b"small", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
