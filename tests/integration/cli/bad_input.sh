#!/bin/sh
# One table of bad inputs and commands. Each gives one clear message that says what, where and what to do, the
# documented exit status, and leaves the registry as it was.
if [ "$(id -u)" = 0 ] && [ -z "${SUAN_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    SUAN_OWN_MOUNTS=1 exec unshare -m sh "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

# bad STATUS CODE WHERE WORDS…: WHERE, a pattern, must be in the message; for people and as a document.
bad() {
    wanted=$1 code=$2 where=$3
    shift 3
    expect "$wanted" "$@"
    [ "$(grep -c '^suan: ' "$err")" = 1 ] || broken "suan $*: not one message"
    grep '^suan: ' "$err" | grep -q -e "$where" || broken "suan $*: '$where' is not named"
    grep -q '^      [^ ]' "$err" || broken "suan $*: nothing said of what to do"
    refused "$wanted" "$code" "$@"
    [ "$(state)" = "$before" ] || broken "suan $* changed the registry"
    row input "$where" status "$wanted" code "$code" command "$1"
}

make_people
make_packages
make_releases
does review submit sky-kdtree@1.0.0 --as liwei --sign liwei
acting='--as liwei --sign liwei'
programmes=$tree/registry/policy/programmes
before=$(state)

# --- files that are not there
bad 5 package.io absent pack absent
bad 5 file.io absent.suan publish absent.suan $acting
bad 5 file.io absent.suan check absent.suan --task task.suan
bad 5 file.io absent.so check absent.so
bad 5 file.io absent.suan bench absent.suan --task task.suan
bad 5 file.io absent key add absent $acting
bad 5 file.io absent identity create newcomer --display N --key absent --sign liwei
bad 5 file.io absent identity update --contact c --as liwei --sign absent
bad 5 file.io absent policy set library --k 2 --body body1 --criteria absent --as operator --sign operator
bad 5 file.io absent programme install absent --as city --sign city
bad 5 file.io absent tariff install absent --as city --sign city
bad 5 file.io absent receipt submit absent --as acme --sign acme
bad 5 file.io absent attest add sky-kdtree@1.0.0 --type urn:suan:screening:1 --envelope absent --as body1 --sign body1
bad 5 file.io absent submit absent
bad 5 file.io absent owner create n --command absent --signature absent
bad 5 file.io absent log check --since absent
bad 5 file.io absent registry restore absent --registry other
bad 5 trust.absent absent run sky-kdtree --trust absent
[ ! -e other ] || broken "a failed restore left a folder"

# --- places that cannot be written
bad 5 file.io nowhere registry export nowhere/file
bad 5 file.io nowhere registry trust nowhere/trust.json
bad 5 file.io nowhere fetch sky-kdtree --out nowhere/sky.suan
bad 5 file.io nowhere pack "$plugins/sky-kdtree" --out nowhere/sky.suan
bad 1 file.io criteria.json registry backup criteria.json/backup
bad 6 store.exists reg registry backup reg

# --- packages that are none, or hostile
mkdir folder.suan
: >empty.suan
head -c 20000 sky2.suan >half.suan
echo 'not a package at all' >text.suan
tar -C "$plugins/sky-kdtree" -czf gzip.suan .
tar -C "$plugins/sky-kdtree" -cf - . | zstd -q >stock.suan
(cat sky2.suan; echo more) >tail.suan
cat sky2.suan sky2.suan >twice.suan
head -c 300000000 /dev/zero | zstd -q >bomb.suan
head -c 40000 /dev/urandom >noise.suan
mkdir links && ln -s /etc/passwd links/suan.json && tar -C links -cf - suan.json | zstd -q >link.suan
tar -cf - -P --transform 's,^,../,' criteria.json | zstd -q >climb.suan
tar -cf - -P --transform 's,^,/tmp/,' criteria.json | zstd -q >absolute.suan
hostile() { # CODE FILE
    bad 3 "$1" "$2" publish "$2" $acting
    bad 3 "$1" "$2" check "$2" --task task.suan
    bad 3 "$1" "$2" bench "$2" --task task.suan
    row input "$2" status 3 code "$1" command publish
}
for file in empty half text gzip tail twice noise; do hostile package.compression $file.suan; done
hostile package.too-large bomb.suan
for file in stock link; do hostile package.type $file.suan; done
for file in climb absolute; do hostile package.path $file.suan; done
bad 1 file.type folder.suan publish folder.suan $acting
bad 3 package.compression half.suan check sky.suan --task half.suan

# patch FILE OFFSET OCTAL; note FILE: where its descriptor begins.
patch() { printf "\\$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }
note() { LC_ALL=C grep -abo Suan "$1" | sed -n '2s/:.*//p'; }

# --- plugins for another machine, of another ABI, damaged, or no plugins
restage other-abi '"major" *: *1' '"major" : 2'
bad 3 package.elf 'other-abi.*ABI major' pack other-abi
for object in other-abi/variants/*/plugin.so; do patch "$object" $(($(note "$object") + 8)) 002; done
bad 3 package.elf 'other-abi.*ABI' pack other-abi
restage mislabelled x86-64-v2 aarch64
mv mislabelled/variants/x86-64-v2 mislabelled/variants/aarch64
bad 3 package.elf mislabelled pack mislabelled
restage other-cpu
rm -rf other-cpu/variants/x86-64-v3
mv other-cpu/variants/x86-64-v2 other-cpu/variants/aarch64
object=other-cpu/variants/aarch64/plugin.so
patch $object 18 267
patch $object $(($(note $object) + 12)) 267
patch $object $(($(note $object) + 14)) 000
cat >other-cpu/suan.json <<TEXT
{"format":1,"kind":"algorithm","name":"sky-kdtree","version":"1.0.0","tasks":["astro.crossmatch/1"],
 "title":{"en":"For another machine"},"licence":"Apache-2.0","authors":[{"name":"The Suan authors"}],
 "abi":{"major":1,"min_minor":0},"variants":[{"id":"aarch64","path":"variants/aarch64/plugin.so","features":[],
 "device":"cpu","concurrency":"runs","deterministic":true}]}
TEXT
expect 0 pack other-cpu --out other-cpu.suan
bad 5 variant.none other-cpu.suan check other-cpu.suan --task task.suan
printf 'no ELF\n' >plain.so
expect 3 check plain.so
contains "$out" 'S01 *fail'
cp "$plugins/sky-kdtree/variants/x86-64-v2/plugin.so" object.so 2>/dev/null || cp "$plugins"/sky-kdtree/variants/*/plugin.so object.so
"$probe" flip object.so 18 7
expect 3 check object.so
contains "$out" 'S01 *fail'
expect 3 check object.so --json
holds error.code check.failed
mkdir bare
bad 5 package.io suan.json pack bare
cp "$tree/LICENSE" "$plugins/sky-kdtree/README.md" bare/
echo '{"format":1' >bare/suan.json
bad 3 package.manifest suan.json pack bare

# --- keys
ssh-keygen -q -t rsa -b 2048 -N '' -f rsa
ssh-keygen -q -t ed25519 -N secret -f locked
echo rubbish >rubbish
bad 4 event.permission liwei identity update --contact c --as liwei --sign stranger
bad 4 key.unknown stranger identity update --contact c --sign stranger
bad 4 event.permission newcomer identity create newcomer --display N --key stranger.pub --sign liwei
bad 1 key.format rubbish identity update --contact c --as liwei --sign rubbish
bad 3 key.type rsa identity update --contact c --as liwei --sign rsa
bad 3 key.passphrase locked identity update --contact c --as liwei --sign locked
bad 5 agent.none agent identity update --contact c --as liwei --sign agent
bad 4 event.permission owner publish zones.suan --owner liwei=5000 --owner acme=5000 $acting
bad 4 event.permission 'no owner' publish sky2.suan --as city --sign city
bad 4 event.permission operator identity create newbody --type body --display N --key stranger.pub --sign stranger
bad 4 event.permission body review sign sky-kdtree@1.0.0 --as liwei --sign liwei
bad 4 event.signature superfluous identity update --contact c --as liwei --sign liwei --sign acme
bad 6 event.conflict owner key add acme.pub --as liwei --sign liwei --sign acme

# --- ids that nobody knows
bad 5 algorithm.absent nothing show nothing
bad 5 release.absent sky-kdtree@9.9.9 show sky-kdtree@9.9.9
bad 5 algorithm.absent nothing fetch nothing --out x.suan
bad 5 algorithm.absent nothing owner show nothing
bad 5 identity.absent nobody identity show nobody
bad 5 identity.absent nobody key list nobody
bad 5 review.absent astro-crossmatch review show astro-crossmatch
bad 5 algorithm.absent nothing review submit nothing $acting
bad 5 release.absent sky-kdtree@3.0.0 release yank sky-kdtree@3.0.0 --reason x $acting
bad 5 algorithm.absent nothing task set a.b/1 --contract nothing --incumbent x --as body1 --sign body1 --sign body2
bad 5 identity.absent nobody owner offer sky-kdtree --to nobody --bp 1 $acting
bad 5 offer.absent 00112233445566778899aabbccddeeff owner accept 00112233445566778899aabbccddeeff $acting
bad 5 event.absent 999 member end 999 $acting
bad 5 policy.absent nothing review submit astro-crossmatch@1.0.0 --policy nothing --as body1 --sign body1
bad 5 log.index 'events 0 to' log prove --index 99999
bad 2 log.name nothing log checkpoint --log nothing

# --- words that do not fit
bad 2 option.value bp owner offer sky-kdtree --to acme --bp many $acting
bad 2 option.value until owner offer sky-kdtree --to acme --bp 1 --until yesterday $acting
bad 2 option.value owner owner set sky-kdtree --owner liwei $acting
bad 2 option.missing display identity create newcomer --key stranger.pub --sign stranger
bad 2 acting.sign key identity update --contact c --as liwei
bad 2 acting.as acts identity update --contact c
bad 2 acting.id id identity update --contact c --id 12 $acting
bad 2 cli.option index log prove --index last
bad 2 cli.option nothing list --nothing
bad 2 cli.operands missing publish
bad 1 event.format type identity create newcomer --type bogus --display N --key stranger.pub --sign stranger
bad 1 event.format 9000 publish zones.suan --owner liwei=5000 --owner acme=4000 --as liwei --sign liwei --sign acme
bad 1 member.roles bogus member add liwei --org acme --roles bogus --as acme --sign acme --sign liwei
bad 2 option.value FULLEST isolation --require FULLEST
echo '{}' >object.json
bad 1 sshsig.format object.json submit object.json --signature object.json
bad 6 event.conflict 1.0.0 publish sky.suan $acting

# --- tensors that are none, for a release that two bodies have signed
for name in body1 body2; do does review sign sky-kdtree@1.0.0 --as $name --sign $name; done
before=$(state)
does registry trust trust.json
run="run sky-kdtree --trust trust.json --journal meter --set radius_arcsec=5"
bad 5 file.io absent.npy $run --in catalogue=absent.npy --in observed="$data/observed.npy"
bad 1 npy.format criteria.json $run --in catalogue=criteria.json --in observed="$data/observed.npy"
bad 2 run.input observed $run --in catalogue="$data/catalogue.npy"
bad 2 run.input nothing $run --in nothing="$data/catalogue.npy"
bad 4 inprocess.trust 'in process' $run --isolation in-process --in catalogue="$data/catalogue.npy" --in observed="$data/observed.npy"
bad 5 task.absent no.such/1 run no.such/1 --trust trust.json --journal meter
bad 2 option.value isolation $run --isolation FULLEST

# --- a registry that is none, foreign, damaged, newer, or somebody else's
mkdir nothing
echo text >nothing/file
bad 5 store.absent nowhere list --registry nowhere
bad 5 store.absent nothing identity update --contact c $acting --registry nothing
bad 6 store.exists nothing registry init --key operator --registry nothing
bad 5 file.io absent registry init --key absent --registry fresh
[ ! -e fresh ] || broken "a failed init left a folder"
mkdir foreign
head -c 100000 /dev/urandom >foreign/store.mdb
bad 3 store.foreign foreign list --registry foreign
bad 3 store.foreign foreign identity update --contact c $acting --registry foreign
cp -r reg cut
truncate -s 40000 cut/store.mdb
bad 9 store.corrupt cut list --registry cut
bad 9 store.corrupt cut registry verify --registry cut
cp -r reg newer
"$probe" schema newer 9 || broken "the schema could not be raised"
bad 3 store.version newer list --registry newer
bad 3 store.version newer identity update --contact c $acting --registry newer
head -c 1000 .state >cut.txt
bad 1 export.format export registry restore cut.txt --registry other
sed 's/^blob \(....\)./blob \10/' .state >bent.txt
bad 1 export.format export registry restore bent.txt --registry other
rm -rf reg2
SUAN_REGISTRY=$work/reg2 does registry init --key stranger --origin other.example --operator other
"$program" identity update --contact c --as other --sign stranger --registry reg2 --print-command --quiet >foreign.json
ssh-keygen -q -Y sign -f stranger -n suan-event-v1 foreign.json
bad 4 event.origin other.example submit foreign.json
ssh-keygen -q -Y sign -f stranger -n git criteria.json
"$program" log checkpoint --registry reg2 --quiet >foreign.note
bad 3 log.signature checkpoint log check --since foreign.note

# --- another writer at work: reading goes on, writing waits and then says who
mkfifo hold
"$probe" lock reg/writer.lock <hold >locker &
exec 4>hold
until grep -q held locker; do :; done
expect 0 list
expect 6 identity update --contact c $acting
grep -q 'is writing' "$err" || broken "the other writer is not named"
# Whoever waits can stop waiting: by a signal, with status 130 and an error document.
"$probe" stop 1000000 "$program" identity update --contact c $acting --json --quiet >"$out" 2>"$err"
got=$?
[ $got = 130 ] || broken "an interrupted command ended with $got, not 130"
holds error.code interrupted
exec 4>&-
wait
rm -f hold

# --- disks that are full, or can only be read
mkdir disk
head -c 900000 /dev/urandom >evidence
if mount -t tmpfs -o size=8m none disk 2>/dev/null; then
    cp -r reg disk/reg
    export SUAN_REGISTRY="$work/disk/reg" TMPDIR="$work"
    before=$(state)
    dd if=/dev/zero of=disk/ballast bs=4k 2>/dev/null
    bad 1 file.io 'No space left' publish sky2.suan $acting
    bad 1 store.io 'No space left' key recover liwei --key stranger.pub --evidence evidence --as operator \
        --sign operator --sign body1
    bad 1 file.io 'No space left' fetch sky-kdtree --out disk/sky.suan
    bad 1 file.io 'No space left' registry export disk/export
    expect 0 registry verify
    rm disk/ballast
    expect 0 identity update --contact room $acting
    expect 0 registry verify
    before=$(state)
    mount -o remount,ro disk
    expect 0 list
    bad 1 store.io Read-only identity update --contact c $acting
    bad 1 file.io Read-only pack "$plugins/sky-kdtree" --out disk/sky.suan
    mount -o remount,rw disk
    export SUAN_REGISTRY="$work/reg"
    umount disk
    before=$(state)
else
    say "not tried, for lack of a mount: full and read-only disks"
fi
expect 0 registry verify
finish cli-bad-input
