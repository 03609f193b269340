#!/bin/sh
# install_test.sh CMAKE BUILD: installs a build into an empty folder and uses what is there.
set -eu
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
"$1" --install "$2" --prefix "$prefix"
test -s "$prefix/share/doc/highwater/LICENSE"
cd "$prefix/share/highwater"
"$prefix/bin/highwater" validate scenarios/users-api.json
