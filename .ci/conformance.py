#!/usr/bin/env python3
"""Holds `rosefish validate` against DMTF's service validator, finding by finding, on one service.

    conformance.py ROSEFISH VENV SCHEMAS NAME URL USER PASSWORD [Basic]

ROSEFISH is the program, VENV the environment in which redfish-service-validator is installed, SCHEMAS a folder of CSDL. Prints a
row of the table in docs/validate.md, and on standard error what only one of the two found. A finding is the same where both name
the resource and the pointer. With KEEP=FOLDER, what DMTF's tool found is kept there, and is not asked for again."""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter

# Runs DMTF's tool as it is, and keeps its results as it ends its session.
DMTF = """
import json, sys
from redfish_service_validator import console_scripts, system_under_test
output = sys.argv.pop()
def ended(self, end=system_under_test.SystemUnderTest.logout):
    found = [[uri, pointer, one["Result"], one["Message"]] for uri, known in self._resources.items()
             for pointer, one in known["Results"].items() if one["Result"] in ("FAIL", "WARN")]
    visited = sum(1 for known in self._resources.values() if known["Validated"])
    with open(output, "w") as file:
        json.dump({"found": found, "visited": visited}, file)
    end(self)
system_under_test.SystemUnderTest.logout = ended
console_scripts.main()
"""


def cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(command, **options):
    before = cpu()
    done = subprocess.run(command, capture_output=True, text=True, **options)
    return done, cpu() - before


def plain(uri):
    return uri.rstrip("/") or "/"


def dmtf(name, *arguments):
    kept = os.environ.get("KEEP")
    file = os.path.join(kept, f"{name}.json") if kept else None
    if file and os.path.exists(file):
        with open(file) as known:
            return json.load(known)
    results = run_dmtf(*arguments)
    if file:
        with open(file, "w") as known:
            json.dump(results, known)
    return results


def run_dmtf(venv, schemas, url, user, password, kind):
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "results.json")
        script = os.path.join(folder, "run.py")
        with open(script, "w") as file:
            file.write(DMTF)
        environment = {key: value for key, value in os.environ.items() if key not in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
        done, seconds = timed([os.path.abspath(f"{venv}/bin/python"), script, "-r", url, "-u", user, "-p", password, "--authtype", kind,
                               "--schema_directory", os.path.abspath(schemas), "--collectionlimit", "LogEntry", "100000", "--skipschema", "--logdir", folder, output],
                              cwd=folder, env=environment)
        try:
            with open(output) as file:
                results = json.load(file)
        except FileNotFoundError:
            sys.exit(f"DMTF's validator did not run to its end:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return dict(results, seconds=seconds)


def of_dmtf(results):
    found = {}
    names = {(plain(uri), pointer) for uri, pointer, _, _ in results["found"]}
    for uri, pointer, result, message in results["found"]:
        # It says of each item of an array what it says of the array.
        if message.startswith("Deprecated Property") and re.search(r"/\d+$", pointer):
            if (plain(uri), re.sub(r"/\d+$", "", pointer)) in names:
                continue
        found.setdefault((plain(uri), pointer.replace("/[Allow Header]", "/[Allow]")), (result, message))
    return found


def ours(program, url, user, password, kind):
    environment = dict(os.environ, ROSEFISH_PASSWORD=password)
    basic = ["--basic"] if kind == "Basic" else []
    done, seconds = timed([program, "validate", url, "--user", user, "--json", "--insecure", *basic], env=environment)
    if done.returncode not in (0, 3, 4):
        sys.exit(f"rosefish validate ended with {done.returncode}: {done.stderr}")
    report = json.loads(done.stdout)
    found = {}
    for one in report["findings"]:
        pointer = one["pointer"].replace("~1", "/").replace("~0", "~")
        found.setdefault((plain(one["uri"]), pointer), []).append((one["severity"], one["rule"], one["message"]))
    return found, report["resources"], seconds


def main():
    program, venv, schemas, name, url, user, password, *kind = sys.argv[1:]
    kind = kind[0] if kind else "Session"
    results = dmtf(name, venv, schemas, url, user, password, kind)
    theirs, visited, their_seconds = of_dmtf(results), results["visited"], results["seconds"]
    own, resources, own_seconds = ours(program, url, user, password, kind)
    both = theirs.keys() & own.keys()
    for key in sorted(theirs.keys() - own.keys()):
        print(f"{name}: DMTF alone: {key[0]}#{key[1]}: {theirs[key][0]} {theirs[key][1]}", file=sys.stderr)
    rules = Counter(rule for key in own.keys() - theirs.keys() for _, rule, _ in own[key])
    for key in sorted(own.keys() - theirs.keys()):
        for severity, rule, message in own[key]:
            print(f"{name}: ours alone: {key[0]}#{key[1]}: {severity} {rule}: {message}", file=sys.stderr)
    weights = {"FAIL": "error", "WARN": "warning"}
    for key in sorted(both):
        if weights[theirs[key][0]] not in [severity for severity, _, _ in own[key]]:
            print(f"{name}: another weight: {key[0]}#{key[1]}: {theirs[key]} {own[key]}", file=sys.stderr)
    which = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
    print(f"| {name} | {visited} / {resources} | {len(both)} | {len(theirs.keys() - own.keys())} | {len(own.keys() - theirs.keys())} | "
          f"{their_seconds:.1f} | {own_seconds:.2f} | {their_seconds / own_seconds:.0f} | {which} |")


main()
