# Sourced by the scripts of this folder: SUAN PROBE PLUGINS DATA RESULTS are their arguments. A script works in a
# folder of its own, with its own home and registry, and ends with status 1 at the first promise that is broken.
program=$1 probe=$2 plugins=$3 data=$4 results=$5
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tree=$here/../../..
work=$(mktemp -d "${TMPDIR:-/tmp}/suan-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
mkdir -p home "$results"
export HOME="$work/home" XDG_DATA_HOME="$work/home/data" NO_COLOR=1 SUAN_REGISTRY="$work/reg" LC_ALL=C.UTF-8
out=$work/.out err=$work/.err checks=0

say() { printf '%s\n' "$*"; }

broken() {
    say "BROKEN: $*"
    say "--- standard output"
    head -c 2000 "$out" 2>/dev/null
    say "--- standard error"
    head -c 2000 "$err" 2>/dev/null
    exit 1
}

# expect STATUS WORDS…: suan WORDS ends with STATUS; its output is in $out and $err.
expect() {
    wanted=$1
    shift
    "$program" "$@" --quiet >"$out" 2>"$err" </dev/null
    got=$?
    checks=$((checks + 1))
    [ "$got" = "$wanted" ] || broken "suan $* ended with $got, not $wanted"
}

# holds PATH [VALUE]: the one JSON document in $out has this value (or any) at PATH.
holds() {
    value=$("$probe" json "$1" <"$out") || broken "the document lacks $1"
    [ $# = 1 ] || [ "$value" = "$2" ] || broken "$1 is '$value', not '$2'"
}

# does WORDS…: suan WORDS --json succeeds with one document without an error.
does() {
    expect 0 "$@" --json
    "$probe" json . <"$out" >/dev/null || broken "suan $*: not one document"
    ! "$probe" json error <"$out" >/dev/null 2>&1 || broken "suan $*: an error in a success"
}

# refused STATUS CODE WORDS…: ends so, with an error document that says what and what to do.
refused() {
    wanted=$1 code=$2
    shift 2
    expect "$wanted" "$@" --json
    holds error.code "$code"
    holds error.message
    [ -n "$value" ] || broken "suan $*: no message"
    holds error.hint
    [ -n "$value" ] || broken "suan $*: nothing said of what to do"
}

contains() {
    grep -q -e "$2" "$1" || broken "$1 does not contain '$2'"
}

make_key() { ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$1" </dev/null || exit 1; }

# state: everything that the registry holds, as one line, to compare.
state() {
    rm -f .state
    "$program" registry export .state --quiet >/dev/null 2>&1 || broken "the registry cannot be exported"
    { grep -v '^ckpt\|^end' .state
      cd "$SUAN_REGISTRY/packages" && find . -name '*.suan' | sort; } | sha256sum
}

# make_people: a registry with an operator, three bodies of which two must sign, two owners, an authority.
make_people() {
    for name in operator body1 body2 body3 liwei acme city stranger; do make_key $name; done
    does registry init --key operator --origin suan.example "$@"
    for name in body1 body2 body3; do
        does identity create $name --type body --display "Body $name" --key $name.pub --sign $name --sign operator
    done
    does identity create liwei --display 李偉 --key liwei.pub --sign liwei
    does identity create acme --type enterprise --display 'Acme 算力' --key acme.pub --sign acme
    does identity create city --type authority --display 'City Bureau' --key city.pub --sign city --sign operator
    printf '{"min_saving_bp":500,"mode":"quick","schema":"suan.criteria/1"}' >criteria.json
    does policy set library --k 2 --body body1 --body body2 --body body3 --criteria criteria.json \
        --as operator --sign operator --sign body1 --sign body2 --sign body3
}

# restage FOLDER FROM TO…: the staged sky-kdtree as FOLDER, with text of equal length replaced in all its files.
restage() {
    folder=$1
    shift
    rm -rf "$folder"
    cp -r "$plugins/sky-kdtree" "$folder"
    while [ $# -gt 1 ]; do
        find "$folder" -type f ! -name LICENSE -exec env LC_ALL=C sed -i "s/$1/$2/g" {} +
        shift 2
    done
}

# make_packages: task.suan, sky.suan (1.0.0), sky2.suan (1.0.1), zones.suan (another name).
make_packages() {
    expect 0 pack "$plugins/astro-crossmatch" --out task.suan
    expect 0 pack "$plugins/sky-kdtree" --out sky.suan
    restage sky2 '1\.0\.0' 1.0.1
    expect 0 pack sky2 --out sky2.suan
    restage zones sky-kdtree sky-zonule
    expect 0 pack zones --out zones.suan
}

make_releases() {
    does publish task.suan --as body1 --sign body1
    does publish sky.suan --owner liwei=7000 --owner acme=3000 --as liwei --sign liwei --sign acme
    does task set astro.crossmatch/1 --contract astro-crossmatch@1.0.0 --incumbent 'direct comparison' \
        --as body1 --sign body1 --sign body2
}

# row TEXT…: one line of the result table that this script writes.
rows=
row() {
    rows="$rows${rows:+,
}  {$(printf '"%s":"%s"' "$1" "$2"; shift 2; while [ $# -gt 1 ]; do printf ',"%s":"%s"' "$1" "$2"; shift 2; done)}"
}

finish() {
    printf '[\n%s\n]\n' "$rows" >"$results/$1.json"
    say "$1: $checks commands as promised"
}
