#!/bin/sh
# Checks the layout of every C++ file: format.sh CLANG_FORMAT ROOT
set -eu
cd "$2"
find include src tests -name '*.cpp' -o -name '*.hpp' | sort | xargs -r "$1" --dry-run -Werror
