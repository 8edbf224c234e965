#!/bin/sh
# One bit turned over, anywhere: in a package that is offered, which is then refused or has the same identity; in what
# the registry stores, which is noticed (9), or shown to be harmless by an equal export and a clean verification.
. "$(dirname "$0")/lib.sh"
seed=${SUAN_SOAK:-20260301} # the long run names its seed
flips=${SUAN_FLIPS:-60}
[ -z "${SUAN_SOAK:-}" ] || flips=600

make_people
make_packages
make_releases

# --- offered packages
expect 0 publish sky2.suan --print-release
cp "$out" identity
refused_count=0 same=0
size=$(wc -c <sky2.suan)
{ seq 0 7; "$probe" random "$seed" "$flips" "$size"; } >offsets
before=$(state)
while read -r offset; do
    cp sky2.suan flipped.suan
    "$probe" flip flipped.suan "$offset" $((offset % 8)) || broken "flip"
    if "$program" publish flipped.suan --as liwei --sign liwei --print-release --quiet >"$out" 2>"$err"; then
        cmp -s "$out" identity || broken "a flipped package has another identity and is accepted: byte $offset"
        same=$((same + 1))
    else
        expect 3 publish flipped.suan --as liwei --sign liwei
        refused_count=$((refused_count + 1))
    fi
done <offsets
[ "$(state)" = "$before" ] || broken "a refused package changed the registry"
say "packages: $refused_count refused, $same with the same identity"
[ "$refused_count" -gt $((flips / 2)) ] || broken "control: hardly any flip mattered"
row what package refused "$refused_count" harmless "$same"

# --- stored files
does identity update --contact last --as acme --sign acme
mv reg base
SUAN_REGISTRY=$work/base
whole=$(state)
SUAN_REGISTRY=$work/reg
noticed=0 harmless=0

# try FILE OFFSET: turns a bit of reg/FILE.
try() {
    rm -rf reg
    cp -r base reg
    "$probe" flip "reg/$1" "$2" $(($2 % 8)) || broken "flip"
    "$program" registry verify --quiet >"$out" 2>"$err" </dev/null
    got=$?
    case $got in
    9) noticed=$((noticed + 1)) ;;
    0)
        [ "$(state)" = "$whole" ] || broken "byte $2 of $1 changed the export, and verify was content"
        harmless=$((harmless + 1)) ;;
    *) broken "byte $2 of $1: verify ended with $got" ;;
    esac
}

size=$(wc -c <base/store.mdb)
for offset in 16 20 40 64 100 4112 4160 8192 8200; do try store.mdb $offset; done
"$probe" random "$((seed + 1))" "$flips" "$size" >offsets
while read -r offset; do try store.mdb "$offset"; done <offsets
say "store: $noticed noticed, $harmless harmless"
[ $noticed -gt 5 ] || broken "control: hardly any flip was noticed"
row what store noticed "$noticed" harmless "$harmless"

noticed=0 harmless=0
for file in $(cd base && find packages -name '*.suan' | sort); do
    "$probe" random "$((seed + 2))" $((flips / 4)) "$(wc -c <"base/$file")" >offsets
    while read -r offset; do try "$file" "$offset"; done <offsets
done
say "stored packages: $noticed noticed, $harmless harmless"
[ $noticed -gt 5 ] || broken "control: hardly any flip was noticed"
row what packages noticed "$noticed" harmless "$harmless"

# A note key signs nothing that the log's readers would refuse: a damaged one stops the writer before it writes.
noticed=0 harmless=0
for file in notes/registry notes/ledger; do
    "$probe" random "$((seed + 3))" $((flips / 4)) "$(wc -c <"base/$file")" >offsets
    while read -r offset; do
        rm -rf reg
        cp -r base reg
        "$probe" flip "reg/$file" "$offset" $((offset % 8)) || broken "flip"
        "$program" identity update --contact more --as acme --sign acme --quiet >"$out" 2>"$err" </dev/null
        got=$?
        case $got in
        9) noticed=$((noticed + 1)) ;;
        0) harmless=$((harmless + 1)) ;;
        *) broken "byte $offset of $file: a command ended with $got" ;;
        esac
        expect 0 registry verify
    done <offsets
done
say "note keys: $noticed noticed, $harmless harmless"
row what notes noticed "$noticed" harmless "$harmless"
finish cli-flip
