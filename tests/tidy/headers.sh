#!/bin/sh
# Compiles headers alone: what includes them must not have to know what they need.
#   headers.sh public ROOT    each public header as C11, C17 and C++17, abi.h and plugin.h also as C++11 and C++20, by
#                             gcc and clang; abi.h without a hole in any struct
#   headers.sh faces ROOT TABLES   each header of registry and host as C17
#   headers.sh one HEADER STANDARD… [-- FLAG…]    one header, for controls
#   headers.sh compiles FILE ROOT BUILD    whether a file compiles at all under the project's warnings, for controls
# Exit 77 (skipped) if a compiler is missing.
set -eu

# compile HEADER STANDARD COMPILER FLAG…
compile() {
    header=$1 standard=$2 compiler=$3
    shift 3
    case $standard in
    c++*) language=c++ ;;
    *) language=c ;;
    esac
    # A file that includes the header twice: alone, and guarded.
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$compiler" -x $language -std="$standard" -fsyntax-only -Wall -Wextra -Wpedantic -Werror "$@" - ||
        { echo "$header does not compile alone as $standard by $compiler"; return 1; }
}

both() {
    for both_compiler in gcc clang; do
        compile "$1" "$2" "$both_compiler" $flags || failed=1
    done
}

failed=0
flags=
command=$1
shift
for compiler in gcc clang; do
    command -v $compiler >/dev/null || { echo "skipped: $compiler is missing"; exit 77; }
done
case $command in
public)
    root=$1 count=0
    flags="-I$root/sdk/include -I$root/host/include"
    for header in $(find "$root/sdk/include" "$root/host/include" -name '*.h' | sort); do
        count=$((count + 1))
        for standard in c11 c17 c++17; do
            both "$header" $standard
        done
        case $header in
        */suan/abi.h | */suan/plugin.h)
            both "$header" c++11
            both "$header" c++20
            ;;
        esac
    done
    flags="$flags -Wpadded"
    both "$root/sdk/include/suan/abi.h" c11
    echo "$count public headers"
    ;;
faces)
    root=$1 tables=$2 count=0
    faces=$(mktemp -d)
    trap 'rm -rf "$faces"' EXIT
    while read -r kind name folder _; do
        if [ "$kind" = module ] && [ -d "$root/$folder" ]; then
            ln -s "$root/$folder" "$faces/$name"
        fi
    done <"$tables/layers.txt"
    flags="-D_GNU_SOURCE -I$faces -I$root/sdk/include -I$root/host/include"
    for header in $(find "$root/registry" "$root/host" -name '*.h' ! -path '*/include/*' | sort); do
        count=$((count + 1))
        compile "$header" gnu17 gcc $flags || failed=1
    done
    echo "$count faces"
    ;;
one)
    header=$1 standards=
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        standards="$standards $1"
        shift
    done
    [ $# = 0 ] || shift
    flags="$*"
    for standard in $standards; do
        both "$header" "$standard"
    done
    ;;
compiles)
    gcc -std=gnu17 -c -o /dev/null -Wall -Wextra -Werror -I"$3/faces/base" -I"$2/sdk/include" "$1" || failed=1
    ;;
esac
exit $failed
