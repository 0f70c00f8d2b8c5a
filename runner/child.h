/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <signal.h>
#include "core/doc.h"
#include "exec.h"

/*
 * One bench in a child process of its own: a crash or a hang costs one row. The child hands its
 * result over as a line of the document.
 */
struct child_job {
	struct exec *x;		/* with bench set */
	const char *exec_arg;
	const struct plan_params *params;
	unsigned int timeout;	/* seconds */
	int signal_fd;		/* SIGINT and SIGTERM, blocked in this process */
};

/*
 * Fills @r in every case. 0, the number of a signal that arrived meanwhile (the child is gone), or
 * -errno when no child could be started.
 */
int child_run(const struct child_job *job, struct result *r);
/* ID, family, name, parameters and notes of a bench. 0 or -ENOMEM. */
int result_init(struct result *r, const struct bench *b);

#endif
