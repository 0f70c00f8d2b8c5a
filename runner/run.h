/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "core/bench.h"
#include "options.h"

#define BENCH_VERSION "0.1"

/* Exit statuses of the runner: kselftest's, and 2 for usage and bad input. */
enum exit_status { EXIT_PASS = 0, EXIT_FAIL = 1, EXIT_USAGE = 2, EXIT_NOTHING = 4 };

/* Verb run: an exit status, or 128 + the signal that ended it. Messages go to stderr. */
int run(const struct options *o, const struct bench_list *list, int argc, char **argv);

/* The capability that is missing to run benches; NULL when none is. */
const char *missing_capability(void);
/*
 * The clock that @o asks for on this machine. 0, or -EINVAL with one line in @err; @note says why
 * when auto decides for less than time or counts.
 */
int choose_clock(const struct options *o, enum clock_kind *clock, char *note, size_t note_sz,
		 char *err, size_t err_sz);

#endif
