/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_FEATURE_H
#define BENCH_FEATURE_H

#include <stddef.h>

/*
 * What a kernel may lack, probed on the running kernel; a
 * bench names what it needs with __needs(). A probe that says no on a kernel that should have the
 * feature is marked as suspicious in the reason, so that a broken probe cannot hide tests.
 */
enum feature_state { FEATURE_UNKNOWN, FEATURE_YES, FEATURE_NO };

struct feature {
	const char *name;
	const char *since;	/* "5.17": the first release, its commit beside the table's row */
	/*
	 * 1 yes, 0 no, with a clause in @why unless the general one says it all, -errno: could not
	 * be found out.
	 */
	int (*probe)(const struct feature *f, char *why, size_t why_sz);
	int number;		/* of a program or map type, or a helper */
	const char *what;	/* a function or a file that shows it */
	const char *config;	/* an option it hangs on, which many kernels lack */
};

/* NULL behind the last. */
const struct feature *feature_at(size_t i);
/* FEATURE_UNKNOWN: the probe failed, or there is no such feature; @why is set unless yes. */
enum feature_state feature_check(const char *name, char *why, size_t why_sz);
const struct feature *feature_find(const char *name);
/* From now on each is probed once, for the children of this process as well. */
void feature_remember(void);

/* A kernel release "6.1.0-50-cloud" as 6 << 16 | 1 << 8; 0 if it is none. */
unsigned int release_number(const char *release);

/* A short file, without its last newline; -errno. */
int read_text(const char *path, char *buf, size_t sz);
int open_cloexec(const char *path);

#endif
