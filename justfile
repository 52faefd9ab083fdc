# Recipes for people; .ci/run runs the same scripts.

# What can be done here.
default:
    @just --list

# All that has to hold before a change goes in.
ci:
    .ci/run

# All tests.
test:
    cargo test --workspace

# The tests that need what may be missing: ipmitool, FreeIPMI, captured payloads beside the checkout.
needs:
    .ci/needs

# Layout and lints.
lint:
    .ci/lint

# Circles, rooms and long files; draws docs/structure.svg anew.
structure:
    .ci/structure

# Phrases to avoid in what users read; with --all, in all comments.
english *paths:
    .ci/english {{ paths }}

# Builds and runs every example, and looks at what it prints.
examples *names:
    .ci/examples {{ names }}

# The documentation, links checked.
docs:
    .ci/docs

# The book: builds it into target/book; checks links, headings, spelling and docs/cli.md.
book *options:
    .ci/book {{ options }}

# The commands that the README and the book show, run against the mock.
commands *pages:
    .ci/commands {{ pages }}

# What docs/coming-from.md shows of gofish and nv-redfish, compiled and run; takes minutes.
pairs *names:
    .ci/pairs {{ names }}

# The pictures of the README and the book, the recording among them.
pictures *options:
    .ci/pictures {{ options }}

# A report of many machines, looked at in headless Chromium; pictures go to target/report.
report:
    .ci/report

# The public interface as text: writes docs/api anew, or with --check prints what differs.
api *options:
    .ci/api {{ options }}

# The library with none of its features, and with each alone.
features:
    .ci/features

# What would be published of each crate, and whether it could be.
publish *options="--dry-run":
    .ci/publish {{ options }}

# What a release of a version needs, as far as a script can see; publishes nothing.
release version:
    .ci/release {{ version }}

# Against other people's BMC simulators and conformance tools.
peers:
    .ci/peers

# A real Prometheus scrapes many mocks through the exporter; with --long, 1,000 of them for two minutes.
exporter *options:
    .ci/exporter {{ options }}

# Ansible reads the inventory and runs the playbook of docs/ansible.md.
ansible:
    .ci/ansible

# Licences and origins of dependencies; needs cargo-deny.
deny:
    .ci/deny

# What building the library costs, and rebuilding a program of 15 types.
build-cost runs="3":
    .ci/build-cost {{ runs }}

# Take what the emitter makes now for right: read the diff.
golden:
    UPDATE_GOLDEN=1 cargo test -p rosefish-codegen --test golden

# Take what the schemas give now for right: read the diff.
summary:
    UPDATE_SUMMARY=1 cargo test -p rosefish-codegen --test pinned

# Fuzz a target of fuzz/ for so many seconds.
fuzz target seconds="600":
    fuzz/run {{ target }} -max_total_time={{ seconds }}
