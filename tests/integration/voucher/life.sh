#!/bin/sh
# usage: life.sh SUAN PROGRAMMES: one voucher by the command line, from a claim to the fen, by five people's keys.
set -eu
suan=$1 programmes=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
SUAN_REGISTRY=$work/registry
export SUAN_REGISTRY

fail() { echo "FAILED: $*" >&2; exit 1; }
# expect STATUS WORDS…: runs suan with an exit status; its output is in file out.
expect() {
  wanted=$1; shift
  status=0
  "$suan" "$@" > out 2> err || status=$?
  [ "$status" = "$wanted" ] || { cat out err >&2; fail "suan $*: exit $status, not $wanted"; }
}
key() { ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$1"; }
person() { key "$1"; expect 0 identity create "$1" --type "$2" --display "$1" --key "$1.pub" --sign "$1" ${3:+--sign "$3"}; }

key operator
expect 0 registry init --origin suan.example --operator operator --display Operator --key operator
person city authority operator
person officer person
person clerk person
person shop enterprise
expect 0 member add officer --org city --roles review,finance --as city --sign city --sign officer
expect 0 member add clerk --org city --roles review,finance --as city --sign city --sign clerk

sed 's/"publicity_days": 5/"publicity_days": 0/' "$programmes/demo-efficient.json" > rules.json
expect 0 programme install rules.json --as city --sign city
sed -e "s/2026-03-01\"/$(date -u -d '+8 hours' +%F)\"/;s/ent-hz-0001\"/shop\"/" \
    -e 's/"enterprise": "shop"/"programme": "demo-efficient", "enterprise": "shop"/' "$programmes/claim-3m.json" > claim.json
expect 0 voucher quote claim.json --on-record
grep -q '600,000.00' out || fail 'the quote from what is on record'

id=0198c300000000000000000000000001
expect 0 voucher apply claim.json --as shop --sign shop --id $id
expect 0 voucher apply claim.json --as shop --sign shop --id $id
grep -q 'already recorded' out || fail 'the same command is done once'
expect 6 voucher issue $id --as city --sign clerk
expect 4 voucher review $id --step screen --as shop --sign shop
expect 0 voucher review $id --step screen --as city --sign officer
expect 4 voucher review $id --step assess --as city --sign officer
expect 0 voucher review $id --step assess --as city --sign clerk
expect 0 voucher review $id --step publicise --as city --sign officer
expect 0 voucher review $id --step approve --as city --sign officer
expect 0 voucher issue $id --as city --sign clerk
expect 4 voucher redeem $id --paid-fen 100000000 --as shop --sign shop
expect 0 voucher redeem $id --paid-fen 100000000 --as shop --sign shop --sign clerk
expect 3 voucher redeem $id --paid-fen 100000000 --as shop --sign shop --sign clerk
expect 0 voucher list
grep -q 'PART_SETTLED' out || fail 'list'
expect 0 voucher show $id --trace
grep -q 'floor(3,000,000.00 × 20/100)' out || fail 'the rule that gave the award'
grep -q 'voucher.redeem' out || fail 'the events'
grep -q 'the award follows from what is on record' out || fail 'recomputed'
expect 0 voucher close $id --as shop --sign shop
expect 4 voucher clawback $id --reason fraud --as city --sign clerk
expect 0 voucher clawback $id --reason fraud --as city --sign clerk --sign officer
expect 0 voucher recover $id --reference 'transfer 7' --as city --sign clerk
expect 0 voucher show $id --json
grep -q '"stage": "CLAWED_BACK"' out || fail 'clawed back'
expect 0 ledger check
expect 0 registry verify
expect 5 voucher show 0198c300000000000000000000000002
