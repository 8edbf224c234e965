#!/bin/sh
# What the linker's symbols tell.
#   symbols.sh data FILE…               archives that hold no mutable object; EXCEPTIONS names a file of "FILE SYMBOL" lines
#   symbols.sh worker PROGRAM           the worker brings no store, ledger, policy or git along
#   symbols.sh exports LIBRARY HEADER…  the library exports what its headers declare, and nothing else
set -eu

data() {
    status=0
    for file in "$@"; do
        name=$(basename "$file")
        # "ADDRESS FLAGS O SECTION SIZE NAME": O marks objects; relocated constants (.data.rel.ro) are read-only when used.
        found=$(objdump -t "$file" | awk '
            NF >= 5 && / O / { section = $(NF - 2); symbol = $NF
                if (section ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && section !~ /^\.data\.rel\.ro/) print symbol }')
        for symbol in $found; do
            if [ -n "${EXCEPTIONS:-}" ] && grep -qx "$name $symbol" "$EXCEPTIONS"; then
                continue
            fi
            echo "$name: '$symbol' is mutable and outlives the call"
            status=1
        done
    done
    return $status
}

worker() {
    found=$(nm "$1" | awk '$NF ~ /^(suan_(store|ledger|policy|txn|catalog|voucher|programme)_|mdb_|git_)/ { print $NF }')
    [ -z "$found" ] || { echo "$1 holds: $found"; return 1; }
    nm "$1" | grep -q ' T main' || { echo "$1 has no symbols to look at"; return 1; }
}

exports() {
    library=$1
    shift
    declared=$(cat "$@" | tr '\n' ' ' | sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/||g' |
        grep -oE 'SUAN_API(_MUST_USE)? [^;]*;' | grep -oE '[a-z_0-9]+ *\(' | tr -d ' (' | grep '^suan_' | sort -u)
    exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }' | sort -u)
    [ -n "$declared" ] || { echo "no declaration found in $*"; return 1; }
    status=0
    for symbol in $exported; do
        echo "$declared" | grep -qx "$symbol" || { echo "$library exports '$symbol', which no header declares"; status=1; }
    done
    for symbol in $declared; do
        echo "$exported" | grep -qx "$symbol" || { echo "$library lacks '$symbol', which a header declares"; status=1; }
    done
    return $status
}

command=$1
shift
case $command in
data | worker | exports) "$command" "$@" ;;
*) echo "usage: symbols.sh data|worker|exports FILE…" >&2; exit 2 ;;
esac
