/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CGROUP_H
#define BENCH_CGROUP_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Groups of cgroup v2 for a bench: bench_progs.PID/NAME below the mount, PID the process that made
 * them. They do not die with it: whoever forked it calls cgroup_remove_of(), and the next run
 * cgroup_remove_stale(), should that process have been killed too. PIDs are those of one PID
 * namespace: two that share a mount may remove each other's groups while these are empty.
 */
struct cgroup {
	char path[PATH_MAX];	/* empty: there is none */
	char home[PATH_MAX];	/* where cgroup_join() came from */
	int fd;			/* of the directory, to attach programs to */
};

/*
 * Makes @name, "a" or nested "a/b", which must not be there yet. 0, or -errno with a clause in
 * @err; -EOPNOTSUPP where there is no cgroup v2, or none that may be written to.
 */
int cgroup_make(struct cgroup *g, const char *name, char *err, size_t err_sz);
/* Moves the calling process, all of its threads, into @g; and back. 0 or -errno. */
int cgroup_join(struct cgroup *g);
int cgroup_leave(struct cgroup *g);
/* Closes and removes @g and what it leaves empty above; nothing for a zeroed one. 0 or -errno. */
int cgroup_remove(struct cgroup *g);

/*
 * Removes all groups of @pid, a process that is gone. Whoever is in one stays there: -EBUSY, and a
 * message that names the group.
 */
int cgroup_remove_of(pid_t pid);
/* The same for all that are gone. */
void cgroup_remove_stale(void);

#endif
