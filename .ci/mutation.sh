#!/bin/sh
# Mutation testing: changes the core in small ways, one at a time, and lists the changes that no test notices.
# It works in a copy, for it edits files. Called by `make mutation`; over the whole core it takes an hour or two. To
# narrow it:
#   make mutation ONLY="recovery/core/decide.py recovery/core/guards.py"
#   make mutation ONLY=recovery/core/guards.py TESTS=tests/core/test_guards.py
set -eu
cd "$(dirname "$0")/.."

only=${ONLY:-recovery/core}
tests=${TESTS:-tests/core}
bin=$PWD/.venv/bin
copy=build/mutation

if ! [ -x "$bin/cosmic-ray" ]; then
    echo "make mutation: installing what requirements/mutation.txt pins"
    if [ -x "$bin/pip" ]; then
        "$bin/pip" install -qq --disable-pip-version-check --require-hashes --requirement requirements/mutation.txt
    else
        "$bin/uv" pip install --quiet --python "$bin/python" --require-hashes --requirement requirements/mutation.txt
    fi
fi

rm -rf "$copy"
mkdir -p "$copy"
cp -R pyproject.toml recovery tests "$copy"
for folder in workflows templates config docs requirements; do
    if [ -d "$folder" ]; then cp -R "$folder" "$copy"; fi
done
cd "$copy"

# `X | None` in an annotation is no behaviour; changing it would only be noise.
cat >mutation.toml <<END
[cosmic-ray]
module-path = [$(printf '"%s", ' $only)]
timeout = 60.0
excluded-modules = []
test-command = "$bin/python -m pytest -x -q -p no:cacheprovider -m 'not slow and not postgres' $tests"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*"]
END

"$bin/cosmic-ray" init mutation.toml mutation.sqlite
"$bin/cr-filter-operators" mutation.sqlite mutation.toml
echo "make mutation: the tests as they are"
"$bin/cosmic-ray" --verbosity ERROR baseline mutation.toml
echo "make mutation: changing $only"
"$bin/cosmic-ray" exec mutation.toml mutation.sqlite
"$bin/cr-report" --surviving-only --show-diff --no-show-output mutation.sqlite
"$bin/python" ../../.ci/mutation_scores.py mutation.sqlite
