// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mntent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cgroup.h"

#define PREFIX "bench_progs."
/*
 * What a bench forked dies after it, at its own pace; and a process that waitpid() has returned may
 * be in its group a moment longer: kernel commit 1b164b876c36 lets rmdir() wait for it.
 */
#define BUSY_TRIES 100
#define BUSY_USEC 1000
#define MAX_FDS 8	/* of nftw(), one for each level */

/* Where cgroup v2 is mounted: as all there is, or below the controllers of v1. */
static int find_mount(char *path, size_t path_sz)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	if (!mounts)
		return -errno;
	do {
		m = getmntent(mounts);
	} while (m && strcmp(m->mnt_type, "cgroup2"));
	if (m)
		snprintf(path, path_sz, "%s", m->mnt_dir);
	endmntent(mounts);
	return m ? 0 : -EOPNOTSUPP;
}

static int path_of(pid_t pid, char *path, size_t path_sz)
{
	int err = find_mount(path, path_sz - sizeof(PREFIX) - 12);

	if (!err)
		sprintf(path + strlen(path), "/" PREFIX "%d", pid);
	return err;
}

static int remove_one(const char *path)
{
	int tries = BUSY_TRIES;

	while (rmdir(path)) {
		if (errno == ENOENT)
			return 0;
		if (errno != EBUSY || !--tries)
			return -errno;
		usleep(BUSY_USEC);
	}
	return 0;
}

/* The groups above a removed one, up to that of the process, as far as they are empty. */
static void remove_above(char *path)
{
	char *slash;

	do {
		slash = strrchr(path, '/');
		*slash = '\0';
		slash = strrchr(path, '/');
	} while (!rmdir(path) && strncmp(slash + 1, PREFIX, strlen(PREFIX)));
}

static int make_all(char *path, size_t done)
{
	char *slash;
	int err;

	for (slash = strchr(path + done + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		err = mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (err)
			return err;
	}
	return mkdir(path, 0755) ? -errno : 0;
}

int cgroup_make(struct cgroup *g, const char *name, char *err, size_t err_sz)
{
	size_t mount_len;
	int rc, len;

	memset(g, 0, sizeof(*g));
	g->fd = -1;
	rc = path_of(getpid(), g->path, sizeof(g->path));
	if (rc) {
		g->path[0] = '\0';
		snprintf(err, err_sz, "no cgroup v2 is mounted");
		return rc;
	}
	mount_len = strrchr(g->path, '/') - g->path;
	len = strlen(g->path);
	if ((size_t)snprintf(g->path + len, sizeof(g->path) - len, "/%s", name) >=
	    sizeof(g->path) - len) {
		g->path[0] = '\0';
		snprintf(err, err_sz, "the name of cgroup %.32s... is too long", name);
		return -ENAMETOOLONG;
	}
	rc = make_all(g->path, mount_len);
	if (!rc) {
		g->fd = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = g->fd < 0 ? -errno : 0;
	}
	if (!rc)
		return 0;
	snprintf(err, err_sz, "cannot make cgroup %s: %s", g->path, strerror(-rc));
	if (rc != -EEXIST)
		remove_above(g->path);
	g->path[0] = '\0';
	return rc == -EROFS || rc == -EACCES || rc == -EPERM ? -EOPNOTSUPP : rc;
}

static int move_self(const char *path)
{
	char procs[PATH_MAX + 16];
	int fd, err;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, "0", 1) < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* The group of this process, which /proc names from the mount's root on. */
static int find_self(char *path, size_t path_sz)
{
	int err = find_mount(path, path_sz);
	size_t len = strlen(path);
	FILE *f = NULL;
	char *line = NULL;
	size_t line_sz = 0;

	if (!err) {
		f = fopen("/proc/self/cgroup", "re");
		err = f ? -ENOENT : -errno;
	}
	while (f && err == -ENOENT && getline(&line, &line_sz, f) > 0) {
		if (strncmp(line, "0::/", 4))
			continue;
		line[strcspn(line, "\n")] = '\0';
		err = (size_t)snprintf(path + len, path_sz - len, "%s", line + 3) < path_sz - len ?
		      0 : -ENAMETOOLONG;
	}
	free(line);
	if (f)
		fclose(f);
	return err;
}

int cgroup_join(struct cgroup *g)
{
	int err = find_self(g->home, sizeof(g->home));

	return err ?: move_self(g->path);
}

int cgroup_leave(struct cgroup *g)
{
	return move_self(g->home);
}

int cgroup_remove(struct cgroup *g)
{
	int err;

	if (!g->path[0])
		return 0;
	if (g->fd >= 0)
		close(g->fd);
	err = remove_one(g->path);
	if (!err)
		remove_above(g->path);
	memset(g, 0, sizeof(*g));
	g->fd = -1;
	return err;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	int err;

	(void)st;
	(void)ftw;
	if (type != FTW_DP)
		return 0;
	err = remove_one(path);
	if (err)
		fprintf(stderr, "bench_progs: cgroup %s stays behind: %s\n", path, strerror(-err));
	return err;
}

static int remove_tree(const char *path)
{
	int rc = nftw(path, visit, MAX_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	/* -1: cannot be walked. What visit() returned is an error of its own. */
	if (rc == -1)
		return errno == ENOENT ? 0 : -errno;
	return rc;
}

int cgroup_remove_of(pid_t pid)
{
	char path[PATH_MAX];
	int err = path_of(pid, path, sizeof(path));

	if (err)
		return err == -EOPNOTSUPP ? 0 : err;
	return remove_tree(path);
}

static bool is_gone(const char *name)
{
	char *end;
	long pid;

	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return false;
	name += strlen(PREFIX);
	if (*name < '1' || *name > '9')
		return false;
	errno = 0;
	pid = strtol(name, &end, 10);
	return !errno && !*end && pid <= INT_MAX && kill(pid, 0) && errno == ESRCH;
}

void cgroup_remove_stale(void)
{
	char path[PATH_MAX], group[PATH_MAX + NAME_MAX + 2];
	struct dirent *d;
	DIR *dir;

	if (find_mount(path, sizeof(path)))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (!is_gone(d->d_name))
			continue;
		snprintf(group, sizeof(group), "%s/%s", path, d->d_name);
		remove_tree(group);
	}
	closedir(dir);
}
