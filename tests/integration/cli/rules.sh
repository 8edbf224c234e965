#!/bin/sh
# Rules that need no registry: programmes shown, checked, tried on examples and on past claims; contracts quoted. Then
# the same rules on record.
. "$(dirname "$0")/lib.sh"
library=$tree/registry/policy/programmes

does programme show hangzhou-compute-2025
expect 0 programme show hangzhou-compute-2025
contains "$out" hangzhou
does programme check "$library/hangzhou-compute-2025.json"
expect 0 programme check "$library/hangzhou-compute-2025.json" "$library/chengdu-compute-2025.json"
echo '{"schema":"suan.programme/1"}' >broken.json
expect 2 programme check broken.json
expect 2 programme check broken.json --json
"$probe" json . <"$out" >/dev/null || broken "not one document"
refused 5 policy.unknown-programme programme show nothing
expect 5 programme check absent.json --json
holds error.message

does programme test "$library/examples.json"
sed 's/"cap_fen" *: *[0-9]*/"cap_fen": 1/' "$library/hangzhou-compute-2025.json" >edited.json
expect 0 programme whatif "$library/hangzhou-compute-2025.json" "$library/claim-3m.json"
does programme whatif "$library/hangzhou-compute-2025.json" "$library/claim-3m.json"

does voucher quote "$library/claim-3m.json"
expect 0 voucher quote "$library/claim-3m.json" --explain --lang zh
expect 0 voucher quote "$library/claim-3m.json" --explain
expect 0 voucher quote "$library/claim-3m.json" --on 2026-03-01
refused 5 file.io voucher quote absent.json
expect 2 voucher quote "$library/claim-3m.json" --on yesterday
expect 2 voucher quote "$library/claim-3m.json" --lang fr

make_people
for file in algorithm-voucher-design hangzhou-compute-2025; do
    does programme install "$library/$file.json" --as city --sign city
done
does programme list
does programme show algorithm-voucher-design --on-record
does voucher quote "$library/claim-3m.json" --on-record
refused 6 event.conflict programme install "$library/algorithm-voucher-design.json" --as city --sign city
refused 4 event.permission programme install "$library/chengdu-compute-2025.json" --as acme --sign acme
finish cli-rules
