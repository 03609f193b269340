#!/usr/bin/env python3
"""Runs `highwater algorithm` and `highwater cache-curve` as a user would.

The environment names the program (HIGHWATER).
"""
import csv
import gzip
import json
import pathlib
import shlex
import struct
import subprocess
import unittest

from in_folder import PROGRAM, InTemporaryFolder


class Algorithm(InTemporaryFolder):
    def lines(self, *words, stdin):
        result = self.run_program("algorithm", *words, stdin=stdin)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.splitlines()

    def refuses(self, *words, stdin="", expected):
        result = self.run_program("algorithm", *words, stdin=stdin)
        self.assertEqual(result.returncode, 2)
        self.assertIn(expected, result.stderr)
        return result.stdout

    def test_decisions_line_by_line(self):
        self.assertEqual(self.lines("redis_slot", stdin="foo{}{bar}\n{user1}.a\n{user1}.b\n\n"),
                         ["8363", "8106", "8106", "0"])
        self.assertEqual(self.lines("weighted", "--targets", "a=5,b=1,c=1", stdin="pick\n" * 7),
                         list("aabacaa"))
        self.assertEqual(self.lines("lru", "--capacity", "2", "--summary", stdin="a\nb\na\nc\nb"),
                         ["hits 1", "misses 4"])

    def test_switches_take_a_value_or_none(self):
        counts = ["hits 1", "misses 1"]
        for words in (["--summary"], ["--summary", "true"], ["--summary=true"]):
            self.assertEqual(self.lines("lru", "--capacity", "1", *words, stdin="a\na"), counts)
        for words in (["--summary", "false"], ["--summary=false"]):
            self.assertEqual(self.lines("lru", *words, "--capacity", "1", stdin="a\na"),
                             ["miss", "hit"])
        # What is on by default can be switched off.
        off = ["--execution-timeout-enabled", "false"]
        twenty = "0 slow\n" * 20 + "1 success"
        self.assertEqual(self.lines("hystrix", stdin=twenty)[-1], "rejected open")
        self.assertEqual(self.lines("hystrix", *off, stdin=twenty)[-1], "allowed closed")
        self.refuses("lru", "--capacity", "1", "--summary", "perhaps", expected="perhaps")

    def test_options_as_the_product_has_them(self):
        slow = "0 success 2\n" * 20 + "3 success"
        for words in (["--execution-timeout-in-milliseconds", "2500"],
                      ["--execution-timeout", "2500"], ["--execution-timeout", "2.5s"]):
            self.assertEqual(self.lines("hystrix", *words, stdin=slow)[-1], "allowed closed")
        self.refuses("hystrix", "--execution-timeout-in-milliseconds", "1", "--execution-timeout",
                     "1s", expected='--execution-timeout-in-milliseconds 1: ')
        self.refuses("hystrix", "--execution-timeout-in-milliseconds", "0",
                     expected="--execution-timeout-in-milliseconds 0: /execution_timeout: must be")
        self.refuses("hystrix", "--execution-timeout-in-millisecond", "1",
                     expected='did you mean "--execution-timeout-in-milliseconds"?')
        pauses = "0 failure\n0.6 failure\n1.7 success"
        for given in ("500,1000", "500ms,1s", '[500, "1s"]'):
            self.assertEqual(self.lines("cockatiel_consecutive", "--threshold", "1",
                                        "--half-open-after", given, stdin=pauses)[-1],
                             "allowed closed")
        page = " ".join(self.run_program("algorithm", "hystrix", "--help").stdout.split())
        self.assertIn("A number without a unit is in ms. Default 1s. Also called "
                      "--execution-timeout-in-milliseconds.", page)

    def test_nothing_is_trimmed_and_any_bytes_are_a_key(self):
        def slot(keys):
            return self.run_program("algorithm", "redis_slot", stdin=keys, text=False).stdout
        self.assertNotEqual(slot(b"a\n"), slot(b"a \n"))
        self.assertNotEqual(slot(b"a\n"), slot(b"a\r\n"))
        self.assertEqual(slot(b"a"), slot(b"a\n"))
        self.assertEqual(slot(b""), b"")
        self.assertEqual(len(slot(bytes(range(256)) * 40).splitlines()), 41)

    def test_answers_while_it_is_asked(self):
        with subprocess.Popen([PROGRAM, "algorithm", "redis_slot"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, bufsize=1) as process:
            for key in ("foo", "bar"):
                process.stdin.write(key + "\n")
                process.stdin.flush()
                self.assertTrue(process.stdout.readline().strip().isdigit())
            process.stdin.close()

    def test_wrong_lines_are_all_told_and_end_the_decisions(self):
        out = self.refuses("jump", "--buckets", "8", stdin="1\nx\n2\ny\n",
                           expected='standard input:2:1: expected a whole number, found "x"\n'
                                    'standard input:4:1: expected a whole number, found "y"')
        self.assertEqual(len(out.splitlines()), 1)

    def test_wrong_options(self):
        self.refuses("jump", expected='"buckets" is missing')
        self.refuses("jump", "--buckets", "0", expected="--buckets 0: /buckets: must be")
        self.refuses("jump", "--bucket", "3", expected='did you mean "--buckets"?')
        self.refuses("junp", expected='there is no algorithm "junp"; did you mean "jump"?')
        self.refuses("ketama", "--targets", "a=x,b,b", "--hash", "md4", expected="did you mean")
        self.refuses(expected="highwater algorithm --help")

    def test_a_line_without_end_does_not_fill_the_memory(self):
        self.refuses("redis_slot", stdin="x" * 20_000_000, expected="a line may have")

    def test_list_and_help(self):
        listed = json.loads(self.run_program("algorithm", "list", "--json").stdout)["algorithms"]
        text = self.run_program("algorithm", "list").stdout
        self.assertGreater(len(listed), 20)
        for algorithm in listed:
            self.assertIn(algorithm["name"], text)
            help_page = self.run_program("algorithm", algorithm["name"], "--help")
            self.assertEqual(help_page.returncode, 0)
            self.assertIn("highwater algorithm " + algorithm["name"], help_page.stdout)
            self.assertIn(algorithm["source"].split()[0], help_page.stdout)

    def test_every_example_runs(self):
        listed = json.loads(self.run_program("algorithm", "list", "--json").stdout)["algorithms"]
        for algorithm in listed:
            page = self.run_program("algorithm", algorithm["name"], "--help").stdout
            example = page.rsplit("Example:\n", 1)[1].strip()
            with self.subTest(algorithm["name"]):
                command = example.replace("highwater", shlex.quote(PROGRAM), 1)
                result = subprocess.run(["bash", "-c", "set -o pipefail; " + command],
                                        capture_output=True, text=True, cwd=self.folder,
                                        timeout=60)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertNotEqual(result.stdout, "")

    def test_json_is_one_document(self):
        result = self.run_program("algorithm", "redis_slot", "--json", stdin="a\nb\n")
        document = json.loads(result.stdout)
        self.assertEqual(document["algorithm"], "redis_slot")
        self.assertEqual(len(document["decisions"]), 2)
        # Names may be any bytes, a document is UTF-8.
        out = self.run_program("algorithm", "ttl_cache", "--capacity", "1", "--json", text=False,
                               stdin=b"0 set \xff\n0 set b\n").stdout
        self.assertEqual(json.loads(out)["decisions"], ["stored", "evicts \ufffd"])


class CacheCurve(InTemporaryFolder):
    def trace(self):
        return "\n".join(str(i * i % 997 % 311) for i in range(20_000)) + "\n"

    def test_table_files_and_report(self):
        self.write(self.trace(), "keys.txt")
        result = self.run_program("cache-curve", "keys.txt", "--policies", "lru,redis_lru",
                                  "--sizes", "10,100")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("20,000 requests", result.stdout)
        report = pathlib.Path(self.folder, result.stdout.rsplit("Report: ", 1)[1].strip())
        self.assertIn("<svg", report.read_text())
        with open(report.parent / "curves.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["policy"], row["capacity"]) for row in rows],
                         [("lru", "10"), ("lru", "100"), ("redis_lru", "10"),
                          ("redis_lru", "100")])
        document = json.loads((report.parent / "curves.json").read_text())
        self.assertEqual(document["curves"][0]["points"][1]["misses"], float(rows[1]["misses"]))

    def test_formats_agree(self):
        keys = self.trace()
        self.write(keys, "keys.txt")
        (self.folder / "keys.gz").write_bytes(gzip.compress(keys.encode()))
        self.write("t,id\n" + "".join(f"1,{key}\n" for key in keys.split()), "keys.csv")
        (self.folder / "keys.oracleGeneral").write_bytes(
            b"".join(struct.pack("<IQIq", 1, int(key), 1, -2) for key in keys.split()))
        misses = set()
        for words in (["keys.txt"], ["keys.gz"], ["keys.csv", "--column", "id"],
                      ["keys.oracleGeneral"]):
            result = self.run_program("cache-curve", *words, "--policies", "lru", "--json",
                                      "--sizes", "50,100", "--out", "out")
            document = json.loads(result.stdout)
            misses.add(tuple(p["misses"] for p in document["curves"][0]["points"]))
        self.assertEqual(len(misses), 1)

    def test_samples_have_intervals(self):
        self.write(self.trace(), "keys.txt")
        words = ("cache-curve", "keys.txt", "--policies", "lru", "--sizes", "250", "--json",
                 "--sample", "12.5%", "--out", "out")
        estimate = json.loads(self.run_program(*words).stdout)["curves"][0]["points"][0]
        low, high = estimate["miss_ratio"]["ci95"]
        self.assertLess(low, high)
        other = json.loads(self.run_program(*words, "--seed", "2").stdout)
        self.assertNotEqual(other["curves"][0]["points"][0], estimate)

    def test_wrong_input_writes_nothing(self):
        self.write("a\nb\n", "keys.txt")
        for words, expected in (
                (["nowhere"], "nowhere: cannot be opened"),
                (["/dev/zero"], "a pipe or a device"),
                (["keys.txt", "--format", "csv"], 'there is no column "key"'),
                (["keys.txt", "--policies", "lru,redis_lur"], 'did you mean "redis_lru"?'),
                (["keys.txt", "--sizes", "10,0,x"], "a size is at least 1"),
                (["keys.txt", "--sample", "50%"], "at most 0.125"),
                (["keys.txt", "--format", "cvs"], 'did you mean "csv"?'),
                (["keys.txt", "--interval", "5"], "--interval 5")):
            result = self.run_program("cache-curve", *words)
            self.assertEqual((result.returncode, result.stdout), (2, ""), words)
            self.assertIn(expected, result.stderr)
        self.assertEqual(self.files(), ["keys.txt"])


if __name__ == "__main__":
    unittest.main()
