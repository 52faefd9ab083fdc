"""What OpenStack's emulator has, asked for without Rosefish: the other side of the tests in .ci/peers.

walked URL JSON LOG    as many resources as links lead to are in a walk's summary, and what is missing is named in its log
becomes URL STATE      all systems get to that power state within 20 seconds
power URL              prints the power states
boots URL IMAGE        a system starts from a CD the next time, and a slot has that image
ejected URL            no slot has an image
"""

import base64
import json
import ssl
import sys
import time
import urllib.error
import urllib.request

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
LOGIN = "Basic " + base64.b64encode(b"admin:password").decode()


def get(url, path):
    request = urllib.request.Request(url + path, headers={"Authorization": LOGIN})
    with urllib.request.urlopen(request, context=TLS, timeout=10) as answer:
        return json.load(answer)


def power(url):
    members = get(url, "/redfish/v1/Systems")["Members"]
    return {system["Name"]: system["PowerState"] for system in (get(url, member["@odata.id"]) for member in members)}


def becomes(url, state):
    for _ in range(40):
        states = power(url)
        if set(states.values()) == {state}:
            return print(f"all systems are {state}")
        time.sleep(0.5)
    sys.exit(f"after a reset all systems should be {state}: {states}")


def boots(url, image):
    # The emulator calls any override continuous, so that its target alone tells whether there is one; and it has no word for
    # taking one away.
    systems = [get(url, member["@odata.id"]) for member in get(url, "/redfish/v1/Systems")["Members"]]
    targets = [system["Boot"]["BootSourceOverrideTarget"] for system in systems]
    slots = [get(url, path) for path in crawl(url)[0] if "/VirtualMedia/" in path]
    inserted = [slot["Image"] for slot in slots if slot.get("Inserted")]
    print(f"overrides {targets}, images {inserted}")
    if (image and "Cd" not in targets) or inserted != ([image] if image else []):
        sys.exit(f"a system and its slots should be set to {image or 'nothing'}")


def crawl(url):
    """Every resource that a link leads to: those that are there, and those that are not."""
    todo, there, missing = ["/redfish/v1"], set(), set()

    def links(value):
        if isinstance(value, dict):
            if isinstance(value.get("@odata.id"), str):
                yield value["@odata.id"].split("#")[0].rstrip("/")
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from links(item)

    while todo:
        path = todo.pop()
        if path in there or path in missing:
            continue
        try:
            body = get(url, path)
        except urllib.error.HTTPError:
            missing.add(path)
        else:
            there.add(path)
            todo += links(body)
    return there, missing


def walked(url, summary, log):
    with open(summary, encoding="utf-8") as file:
        walk = json.load(file)
    with open(log, encoding="utf-8") as file:
        said = file.read()
    there, missing = crawl(url)
    print(f"{walk['resources']} resources of {len(there)}, {walk['errors']} errors of {len(missing)}: {walk['types']}")
    unnamed = [path for path in missing if path not in said]
    if walk["resources"] < len(there) or unnamed:
        sys.exit(f"the walk should have reached {len(there)} resources, and have named {unnamed}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["walked", url, summary, log]:
            walked(url, summary, log)
        case ["becomes", url, state]:
            becomes(url, state)
        case ["power", url]:
            print(power(url))
        case ["boots", url, image]:
            boots(url, image)
        case ["ejected", url]:
            boots(url, None)
        case _:
            sys.exit(__doc__)
