/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the planned benches have reported: what a crashed guest was running. Pure. */
#ifndef BENCH_VM_PROGRESS_H
#define BENCH_VM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	char **ids;
	bool *done;
	size_t nr;
	bool has_plan;
	bool has_end;
};

/*
 * One document line: the header's "plan" is copied, a result's "id" is ticked off. Unknown ids
 * and types are ignored. 0, -ENOMEM, or -EBADMSG when the line is no JSON object.
 */
int progress_line(struct progress *p, const char *line, size_t len);

/* The first planned id without a result, NULL when there is none. */
const char *progress_running(const struct progress *p);
void progress_free(struct progress *p);

#endif
