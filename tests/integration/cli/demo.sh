#!/bin/sh
# The main job, end to end, on the sky alone; then all of it through the commands that look.
. "$(dirname "$0")/lib.sh"
mkdir stage
for name in astro-crossmatch sky-kdtree faulty; do cp -r "$plugins/$name" stage/; done
"$program" demo --plugins stage --data "$data" --out demo --json --quiet >"$out" 2>"$err" </dev/null
status=$?
export SUAN_REGISTRY="$work/demo/registry"
if [ $status = 7 ]; then # a busy machine: nothing could be credited, which is what the status says
    holds error.code
    does registry verify
    does ledger check
    say "the machine was too noisy to measure; credits were not looked at"
    finish cli-demo
    exit 0
fi
[ $status = 0 ] || broken "the demo ended with $status"
holds credits.by_owner.0.fen
does registry verify
holds simulated_time true
does ledger check
does list --state vetted
holds releases.0.id sky-kdtree
does receipt list
holds receipts.0.digest
receipt=$value
does receipt show "$receipt"
does credit list
holds credits.0.owners.0.id
does ledger accounts
holds accounts.0.account
does show sky-kdtree
holds measurement.status credited
for words in 'receipt list' "receipt show $receipt" 'credit list' 'ledger accounts' 'show sky-kdtree' 'registry stats' \
    "ledger history algorithm-voucher-design|liwei"; do
    # shellcheck disable=SC2086
    expect 0 $words
done
folder=$(find demo/measurements -mindepth 1 -maxdepth 1 -type d | sort | head -n 1)
does bench --replay "$folder"
expect 0 bench --replay "$folder"
for file in summary.json report.html trust.json; do [ -s "demo/$file" ] || broken "the demo left no $file"; done

# An output folder that no demo made is left alone; one that a demo made is replaced.
mkdir other && echo mine >other/file
refused 6 demo.out demo --plugins stage --data "$data" --out other
[ -f other/file ] || broken "the demo removed a stranger's file"
finish cli-demo
