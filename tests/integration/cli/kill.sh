#!/bin/sh
# Every command that changes the registry, killed at a random moment: what is left passes `registry verify`, and the
# same command again, under its id, succeeds: as a repetition if the first run had said that it was done. The control
# counts how many were killed before they had done anything, and how many after: both must occur.
. "$(dirname "$0")/lib.sh"
seed=${SUAN_SOAK:-20260301} # the long run names its seed
rounds=${SUAN_KILLS:-100}
[ -z "${SUAN_SOAK:-}" ] || rounds=1000

make_people
make_packages
make_releases
for name in spare next newcomer; do make_key $name; done
does key add spare.pub --as liwei --sign liwei --sign spare
does member add acme --org body1 --roles measure --as body1 --sign body1 --sign acme
holds event.index
membership=$value
does member add liwei --org acme --roles release,measure --as acme --sign acme --sign liwei
does publish sky2.suan --as liwei --sign liwei
restage sky3 '1\.0\.0' 1.0.2
expect 0 pack sky3 --out sky3.suan
does publish sky3.suan --as liwei --sign liwei
does review submit sky-kdtree@1.0.0 --as liwei --sign liwei
does owner offer sky-kdtree --to city --bp 100 --as liwei --sign liwei
holds event.id
offer=$value
does release yank sky-kdtree@1.0.1 --reason x --as liwei --sign liwei
does review sign sky-kdtree@1.0.0 --as body3 --sign body3
expect 0 identity update --contact far --as acme --print-command
cp "$out" far.json
ssh-keygen -q -Y sign -f acme -n suan-event-v1 far.json
programmes=$tree/registry/policy/programmes
mv reg base

cat >commands <<TEXT
identity create newcomer --display Newcomer --key newcomer.pub --sign newcomer
identity update --contact here --as acme --sign acme
key add next.pub --as liwei --sign liwei --sign next
key rotate next.pub --old spare.pub --as liwei --sign spare --sign next
key revoke spare.pub --from-index 3 --reason stolen --as liwei --sign liwei
key recover liwei --key next.pub --evidence criteria.json --as operator --sign operator --sign body1
member add city --org acme --roles finance --as acme --sign acme --sign city
member second liwei --home acme --host body2 --roles measure --as acme --sign acme --sign body2 --sign liwei
member end $membership --as body1 --sign body1
owner create another --owner liwei=10000 --as liwei --sign liwei
owner set sky-kdtree --owner liwei=6000 --owner acme=4000 --as liwei --sign liwei --sign acme
owner offer sky-kdtree --to city --bp 10 --as liwei --sign liwei
owner accept $offer --as city --sign city
owner decline $offer --as city --sign city
owner cancel $offer --as liwei --sign liwei
publish zones.suan --owner liwei=5000 --owner acme=5000 --as liwei --sign liwei --sign acme
release yank sky-kdtree@1.0.0 --reason y --as liwei --sign liwei
release unyank sky-kdtree@1.0.1 --reason y --as liwei --sign liwei
release takedown sky-kdtree@1.0.1 --ground court --as operator --sign operator
review submit sky-kdtree@1.0.2 --as liwei --sign liwei
review sign sky-kdtree@1.0.0 --as body1 --sign body1
review reject sky-kdtree@1.0.0 --reason unclear --as body2 --sign body2
review withdraw sky-kdtree@1.0.0 --reason evidence --as body3 --sign body3
review revoke sky-kdtree@1.0.0 --reason bad --as body2 --sign body2
task set astro.crossmatch/1 --contract astro-crossmatch@1.0.0 --incumbent other --as body1 --sign body1 --sign body2
policy set second --k 2 --body body1 --body body2 --body body3 --criteria criteria.json --as operator --sign operator --sign body1 --sign body2 --sign body3
clock accept --as operator --sign operator
programme install $programmes/algorithm-voucher-design.json --as city --sign city
tariff install $programmes/tariff-demo.json --as city --sign city
submit far.json
registry backup saved
registry restore backup-of-base --registry other
registry init --key operator --registry fresh
TEXT
count=$(wc -l <commands)
SUAN_REGISTRY=$work/base does registry backup backup-of-base

# once WORDS…: leaves a registry that is whole, and answers whether the command had said that it was done.
once() {
    rm -rf reg saved other fresh
    cp -r base reg
    "$probe" kill "$moment" "$program" "$@" --quiet >"$out" 2>"$err" </dev/null
    outcome=$?
}

whole() {
    for folder in reg other fresh; do
        [ ! -d $folder ] || expect 0 registry verify --registry $folder
    done
}

round=0 killed=0 finished=0 moment=60000000
"$probe" random "$seed" $((2 * rounds)) 1000000 >numbers
exec 3<numbers
while [ $round -lt "$rounds" ]; do
    read -r part <&3
    read -r id_number <&3
    command=$(sed -n "$((round % count + 1))p" commands)
    id=$(printf 'feed%028x' "$((round * 1000000 + id_number))")
    case $command in
    registry* | submit*) set -- $command ;;
    *) set -- $command --id "$id" ;;
    esac
    # How long it takes, when nobody kills it; then a moment within that and a little beyond.
    rm -rf reg saved other fresh
    cp -r base reg
    took=$("$probe" time "$program" "$@" --quiet) || { once "$@"; broken "suan $* fails when nobody kills it"; }
    moment=$((took * part / 1000000 * 13 / 10))
    once "$@"
    case $outcome in
    0) finished=$((finished + 1)) ;;
    137) killed=$((killed + 1)) ;;
    *) broken "suan $* ended with $outcome" ;;
    esac
    whole
    case $command in
    "registry init"* | "registry restore"*)
        if [ $outcome = 137 ] && [ ! -d other ] && [ ! -d fresh ]; then expect 0 "$@"; fi
        whole ;;
    registry*) ;;
    *)
        expect 0 "$@" --json
        path=event.repeated
        [ "${command%% *}" != submit ] || path=events.0.repeated
        [ $outcome != 0 ] || holds $path true
        expect 0 registry verify ;;
    esac
    row command "$command" moment_us "$moment" outcome "$outcome"
    round=$((round + 1))
done
say "killed $killed, finished $finished of $round"
[ $killed -ge $((rounds / 4)) ] && [ $finished -ge 1 ] || broken "control: the moments were not spread over the run"

# The demo, killed early and late within its first steps.
for moment in 400000 1500000 3000000; do
    "$probe" kill $moment "$program" demo --plugins "$plugins" --data "$data" --out demo --quiet >"$out" 2>"$err"
    [ ! -d demo/registry ] || expect 0 registry verify --registry demo/registry
    row command demo moment_us "$moment" outcome killed
done
finish cli-kill
