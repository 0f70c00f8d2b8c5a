/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_VERIFIER_LOG_H
#define BENCH_CORE_VERIFIER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Only what the kernel printed is there: no 0 means unknown. */
struct verifier_stat {
	bool has;
	uint64_t value;
};

/*
 * The statistics at the end of a verifier's log. All levels print those of the line "processed";
 * BPF_LOG_STATS (4) adds the time and the stack.
 */
struct verifier_stats {
	struct verifier_stat time_us;		/* of all passes, fixups, the JIT of subprograms */
	struct verifier_stat insns;		/* instructions walked, along all paths */
	struct verifier_stat limit;		/* of insns */
	struct verifier_stat max_states_per_insn;
	struct verifier_stat total_states;
	struct verifier_stat peak_states;
	struct verifier_stat mark_read;		/* longest walk to mark a register as read */
	struct verifier_stat subprogs;		/* the main program included */
	struct verifier_stat stack_sum;		/* bytes, of the frames of all subprograms */
	struct verifier_stat stack_deepest;	/* bytes, of the deepest call chain; 7.3 has it */
};

/*
 * @log ends at @len or at its first NUL. Of several logs in a row the last one counts. True when
 * the line "processed" is there as a whole: without it (a log that the kernel cut at the end, as
 * those before 6.4 do) nothing is reported; what a kernel cut off at the front (6.4 and later) is
 * missing. Lines and fields that are not known are passed over.
 */
bool verifier_log_stats(const char *log, size_t len, struct verifier_stats *s);
/*
 * For a program that was rejected: the line that says why, the last before the statistics that is
 * neither trace nor report, cut to @reason_sz, printable ASCII. False, and an empty string, when
 * there is none, or when it was cut off. A log without statistics must end with it. Where loading
 * ended with ENOSPC, the line may be the rest of one that was cut at the front.
 */
bool verifier_log_reason(const char *log, size_t len, char *reason, size_t reason_sz);

#endif
