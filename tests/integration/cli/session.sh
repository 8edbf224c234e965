#!/bin/sh
# The life of a registry through the command line, every document read strictly.
. "$(dirname "$0")/lib.sh"

# --- the program itself
expect 0 --version
contains "$out" '^suan [0-9]'
expect 0 --help
contains "$out" 'suan registry init'
expect 2 --quiet
expect 0 help registry verify
contains "$out" 'suan registry verify --registry reg'
refused 2 cli.command lst
holds error.hint "did you mean 'suan list'?"
refused 2 cli.command registry verfy
holds error.hint "did you mean 'suan registry verify'?"
refused 2 cli.option list --tsk x
holds error.hint "did you mean --task?"
refused 2 cli.operands identity show
refused 2 cli.operands identity show one two
refused 2 cli.operands show

# Every example names its own command, and only options that exist.
"$program" --help | sed -n 's/^  suan \([a-z ]*[a-z]\).*/\1/p' >nouns
[ "$(wc -l <nouns)" -gt 50 ] || broken "help lists too little"
while read -r noun verb _; do
    "$program" "$noun" --help >"$out" 2>&1 || broken "suan $noun --help"
    for words in "$noun $verb" "$noun"; do
        # shellcheck disable=SC2086
        "$program" $words --help >"$out" 2>"$err" && grep -q '^example:' "$out" && break
    done
    example=$(sed -n '/^example:/,$ s/^  //p' "$out")
    [ -n "$example" ] || continue
    case $example in "suan $noun"*) ;; *) broken "suan $noun $verb: example '$example'" ;; esac
    eval "set -- $example"
    shift
    "$program" "$@" --help >"$out" 2>"$err" || broken "the example does not fit: $example"
    checks=$((checks + 1))
done <nouns

# --- people, packages, releases
refused 5 store.absent list
make_people
make_packages
make_releases
expect 0 --registry reg --json list
holds releases.0.id astro-crossmatch
refused 6 store.exists registry init --key operator
does identity list
holds identities.0.id acme
does identity show acme
holds identity.display 'Acme 算力'
expect 0 identity list
contains "$out" 'Acme 算力'
does list --task astro.crossmatch/1
holds releases.1.id sky-kdtree
expect 0 list
contains "$out" sky-kdtree
does task list
does policy list
holds policies.0.k 2

# --- the same id twice does the thing once; another body is a conflict
id=00112233445566778899aabbccddeeff
does member add liwei --org acme --roles release --as acme --sign acme --sign liwei --id $id
holds event.repeated false
holds event.index
first=$value
does member add liwei --org acme --roles release --as acme --sign acme --sign liwei --id $id
holds event.repeated true
holds event.index "$first"
refused 6 event.conflict member add liwei --org acme --roles measure --as acme --sign acme --sign liwei --id $id
refused 6 event.conflict identity update --contact x@y --as acme --sign acme --id $id
refused 2 acting.id identity update --contact x@y --as acme --sign acme --id 12
does member end "$first" --as acme --sign acme
refused 5 event.absent member end 1 --as acme --sign acme
refused 6 event.conflict member end "$first" --as acme --sign acme
id=00112233445566778899aabbccddee11
does owner set sky-kdtree --owner liwei=6000 --owner acme=4000 --as liwei --sign liwei --sign acme --id $id
does owner set sky-kdtree --owner liwei=6000 --owner acme=4000 --as liwei --sign liwei --sign acme --id $id
holds event.repeated true

# --- signed elsewhere, by several
refused 5 identity.absent identity show stranger
expect 0 identity create stranger --type person --display Stranger --key stranger.pub --print-command
cp "$out" c.json
ssh-keygen -q -Y sign -f stranger -n suan-event-v1 c.json
does submit c.json
holds events.0.kind identity.create
does submit c.json
holds events.0.repeated true
expect 0 owner create far --owner liwei=5000 --owner acme=5000 --as liwei --print-command
cp "$out" far.json
ssh-keygen -q -Y sign -f liwei -n suan-event-v1 far.json && mv far.json.sig far.1
refused 4 event.permission owner create far --command far.json --signature far.1
ssh-keygen -q -Y sign -f acme -n suan-event-v1 far.json && mv far.json.sig far.2
does owner create far --command far.json --signature far.1 --signature far.2
refused 2 acting.command owner offer far --to acme --bp 1 --command far.json --signature far.1
expect 0 policy set second --k 2 --body body1 --body body2 --body body3 --criteria criteria.json --as operator --print-command
cp "$out" policy.json
for name in operator body1 body2 body3; do
    ssh-keygen -q -Y sign -f $name -n suan-event-v1 policy.json && mv policy.json.sig policy.$name
done
does submit policy.json --signature policy.operator --signature policy.body1 --signature policy.body2 \
    --signature policy.body3 --evidence criteria.json

# A release whose text and command are signed by ssh-keygen alone.
expect 0 publish sky2.suan --print-release
cp "$out" release.txt
ssh-keygen -q -Y sign -f liwei -n suan-release-v1 release.txt
expect 0 publish sky2.suan --as liwei --release-signature release.txt.sig --print-command
cp "$out" publish.json
ssh-keygen -q -Y sign -f liwei -n suan-event-v1 publish.json
does publish sky2.suan --command publish.json --signature publish.json.sig
holds release.version 1.0.1

# --- shares
does owner offer sky-kdtree --to city --bp 1000 --as liwei --sign liwei
does owner show sky-kdtree
holds offers.0.offer
offer=$value
does owner accept "$offer" --as city --sign city
does owner show sky-kdtree
holds history.2.owners.2.bp
does owner offer sky-kdtree --to city --bp 10 --as liwei --sign liwei
holds event.id
does owner cancel "$value" --as liwei --sign liwei
does owner offer sky-kdtree --to city --bp 10 --as liwei --sign liwei
holds event.id
does owner decline "$value" --as city --sign city
expect 0 owner show sky-kdtree
contains "$out" 'liwei 50.00 %'

# --- review: evidence, two bodies, the page that was seen
does check sky.suan --task task.suan
holds conformant true
does check sky-kdtree@1.0.0 --attest --as body1 --sign body1
holds events.1.kind attest.add
does review submit sky-kdtree@1.0.0 --as liwei --sign liwei
does review show sky-kdtree@1.0.0
holds page_digest
page=$value
does review sign sky-kdtree@1.0.0 --page "$page" --as body1 --sign body1
refused 6 event.conflict review sign sky-kdtree@1.0.0 --page "$page" --as body2 --sign body2
does review sign sky-kdtree@1.0.0 --as body2 --sign body2
does list --state vetted
holds releases.0.id sky-kdtree
expect 0 review show sky-kdtree@1.0.0
contains "$out" body2
does review list

# --- the enterprise runs it: sealed, and within its own program
does registry trust trust.json --in-process vetted
for level in STRONG in-process; do
    does run sky-kdtree@1.0.0 --trust trust.json --isolation $level --in catalogue="$data/catalogue.npy" \
        --in observed="$data/observed.npy" --set radius_arcsec=5 --out index=index-$level.npy \
        --journal meter
done
cmp index-STRONG.npy index-in-process.npy || broken "sealed and in-process answers differ"
does saved --journal meter
expect 0 saved --journal meter
refused 5 meter.absent run sky-kdtree@1.0.0 --trust trust.json --in catalogue="$data/catalogue.npy" \
    --in observed="$data/observed.npy" --set radius_arcsec=5 --journal meter --receipt receipt.json --as acme --sign acme

# --- what was signed, for plain ssh-keygen
does show sky-kdtree@1.0.0 --export evidence
ssh-keygen -Y verify -f evidence/allowed_signers -I liwei -n suan-release-v1 -s evidence/release.txt.sig \
    <evidence/release.txt >"$out" 2>&1 || broken "ssh-keygen does not accept the release"
ssh-keygen -Y verify -f evidence/allowed_signers -I liwei -n suan-event-v1 -s evidence/publish.json.sig \
    <evidence/publish.json >"$out" 2>&1 || broken "ssh-keygen does not accept the command"
sed 's/sky/sly/' evidence/release.txt >other.txt
! ssh-keygen -Y verify -f evidence/allowed_signers -I liwei -n suan-release-v1 -s evidence/release.txt.sig \
    <other.txt >"$out" 2>&1 || broken "control: another text passes"
cmp sky.suan evidence/sky-kdtree-1.0.0.suan || broken "the exported package is another"
does fetch sky-kdtree@1.0.0 --out fetched.suan
cmp sky.suan fetched.suan || broken "the fetched package is another"
expect 0 show sky-kdtree

# --- an organisation publishes through a member, and its signers are in the export
does member add liwei --org acme --roles release --as acme --sign acme --sign liwei
restage sky3 '1\.0\.0' 1.0.2
expect 0 pack sky3 --out sky3.suan
does publish sky3.suan --as acme --sign liwei
does show sky-kdtree@1.0.2 --export by-member
ssh-keygen -Y verify -f by-member/allowed_signers -I acme -n suan-release-v1 -s by-member/release.txt.sig \
    <by-member/release.txt >"$out" 2>&1 || broken "ssh-keygen does not accept the member's release"

# --- withdrawn, stopped, restored
does release yank sky-kdtree@1.0.1 --reason 'wrong at the poles' --as liwei --sign liwei
refused 6 event.conflict release yank sky-kdtree@1.0.1 --reason again --as liwei --sign liwei
does release unyank sky-kdtree@1.0.1 --reason 'false alarm' --as liwei --sign liwei
does release takedown sky-kdtree@1.0.2 --ground 'court order' --as operator --sign operator
refused 3 release.revoked fetch sky-kdtree@1.0.2 --out never.suan
[ ! -e never.suan ] || broken "a stopped release was written"
for name in body1 body2; do
    does review revoke sky-kdtree@1.0.0 --reason 'reads beyond its input' --as $name --sign $name
done
refused 3 release.revoked fetch sky-kdtree@1.0.0 --out never.suan
for name in body1 body2; do
    does review restore sky-kdtree@1.0.0 --reason 'fixed' --as $name --sign $name
done
does fetch sky-kdtree@1.0.0 --out again.suan
does review sign sky-kdtree@1.0.0 --as body2 --sign body2
does review withdraw sky-kdtree@1.0.0 --reason 'new evidence' --as body2 --sign body2
does review reject sky-kdtree@1.0.0 --reason 'licence unclear' --as body3 --sign body3

# --- keys
make_key spare
make_key next
make_key found
does key add spare.pub --as liwei --sign liwei --sign spare
does key rotate next.pub --old spare.pub --as liwei --sign spare --sign next
does key revoke next.pub --from-index 3 --reason 'laptop stolen' --as liwei --sign liwei
does key list liwei
holds keys.2.id
does key recover liwei --key found.pub --evidence criteria.json --as operator --sign operator --sign body1
holds event.index
does key object "$value" --as liwei --sign liwei
expect 0 key list liwei
contains "$out" revoked
does clock accept --as operator --sign operator
does identity update --display 'Acme 2' --contact mailto:lab@acme.example --as acme --sign acme
does member add stranger --org acme --roles measure --as acme --sign acme --sign stranger
does member second stranger --home acme --host body1 --roles measure --as acme --sign acme --sign body1 --sign stranger

# --- money's rules
does programme install "$tree/registry/policy/programmes/algorithm-voucher-design.json" --as city --sign city
does tariff install "$tree/registry/policy/programmes/tariff-demo.json" --as city --sign city
does programme list
holds programmes.0.id algorithm-voucher-design
for words in 'receipt list' 'credit list' 'ledger accounts' 'ledger check' 'programme list'; do
    # shellcheck disable=SC2086
    does $words
    # shellcheck disable=SC2086
    expect 0 $words
done

# --- the logs, and the registry as a whole
does log checkpoint
holds note
"$program" log checkpoint --quiet >kept.txt
does log checkpoint --log ledger
does log prove --index 7 --out event7.tlog-proof
contains event7.tlog-proof '^index 7$'
does identity update --contact later --as acme --sign acme
does log check --since kept.txt
holds grew_from
does registry verify
holds differences '[]'
expect 0 registry verify
does registry stats
holds logs.0.size
expect 0 registry stats
before=$(state)
does registry export whole.txt
does registry restore whole.txt --registry restored --notes reg/notes
does registry backup backup
holds packages
refused 6 store.exists registry backup backup
does registry restore backup --registry again
does registry verify --registry again
does identity update --contact 'after restoring' --as acme --sign acme --registry again
[ "$(state)" = "$before" ] || broken "a backup changed the registry"
does log check --since kept.txt --registry again
"$program" log checkpoint --registry again --quiet >forked.txt
does identity update --contact 'another future' --as acme --sign acme
does identity update --contact 'and more' --as acme --sign acme
refused 9 log.fork log check --since forked.txt

for words in isolation doctor; do
    does $words
    expect 0 $words
done
finish cli-session
