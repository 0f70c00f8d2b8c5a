// SPDX-License-Identifier: GPL-2.0-only
/* In a counted guest, effects that are gone when they are timed: see tests/check_refused.sh. */
#include "bench.bpf.h"

BENCH_USER(like, __bench("counts what it did when it was verified"))
BENCH_USER(settles, __bench("does twice as much in the load that does not count"))
BENCH_USER(unlike, __bench("does, and counts, less than when it was verified"))
BENCH_USER(lost, __bench("does nothing any more once it is timed, in each load"))
