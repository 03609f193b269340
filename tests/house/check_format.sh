#!/bin/sh
# check_format.sh CLANG_FORMAT CHECKOUT: fails where clang-format would change a source file.
set -eu
cd -- "$2"
for folder in engine models cli viewer tests; do
  [ ! -d "$folder" ] || find "$folder" '(' -name '*.h' -o -name '*.cpp' ')' -print0
done | xargs -0 "$1" --dry-run --Werror
