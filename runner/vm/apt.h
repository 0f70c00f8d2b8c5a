/* SPDX-License-Identifier: GPL-2.0-only */
/* apt with a state of its own: one directory per suite in the cache. */
#ifndef BENCH_VM_APT_H
#define BENCH_VM_APT_H

#include <limits.h>
#include <stddef.h>

struct scratch;

struct apt {
	char main_uri[512];	/* the system's mirrors; "": it has none */
	char security_uri[512];
};

/* Asks the system's apt for its mirrors. 0 or -errno with the reason set. */
int apt_open(struct scratch *s, struct apt *apt);

/*
 * Brings the suite's index up to date, with retries, unless it was within @max_age_s. 0, -ENOENT
 * when the mirror has no such suite, -EHOSTUNREACH when there is no way to it, else -errno, with
 * @why holding apt's last line.
 */
int apt_update(struct scratch *s, const struct apt *apt, const char *suite, int max_age_s,
	       char *why, size_t sz);

/* What debian_index() made of the suite's packages "linux-..."; the caller frees. 0 or -errno. */
int apt_list(struct scratch *s, const char *suite, char **index);

/* Downloads into @dir, checked against the signed index. 0 or -errno with @why. */
int apt_download(struct scratch *s, const char *suite, const char *package, const char *dir,
		 char *why, size_t sz);

#endif
