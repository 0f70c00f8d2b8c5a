// SPDX-License-Identifier: GPL-2.0-only
/* On the running kernel; skipped where no cgroup v2 may be written to. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cgroup.h"
#include "kselftest_harness.h"

FIXTURE(groups) {
	struct cgroup g;
	char err[256], top[PATH_MAX], mount[PATH_MAX];
};

/* Every test runs in a process of its own, so the groups of its PID are its own. */
FIXTURE_SETUP(groups)
{
	int rc;

	if (geteuid())
		SKIP(return, "needs root");
	rc = cgroup_make(&self->g, "g", self->err, sizeof(self->err));
	if (rc == -EOPNOTSUPP)
		SKIP(return, "%s", self->err);
	ASSERT_EQ(0, rc) TH_LOG("%s", self->err);
	snprintf(self->top, sizeof(self->top), "%s", self->g.path);
	*strrchr(self->top, '/') = '\0';
	snprintf(self->mount, sizeof(self->mount), "%s", self->top);
	*strrchr(self->mount, '/') = '\0';
}

FIXTURE_TEARDOWN(groups)
{
	cgroup_remove(&self->g);
	EXPECT_EQ(0, cgroup_remove_of(getpid()));
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static bool is_in(const char *path)
{
	char procs[PATH_MAX + 16], line[32];
	bool found = false;
	FILE *f;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	f = fopen(procs, "re");
	while (f && fgets(line, sizeof(line), f))
		found |= atoi(line) == getpid();
	if (f)
		fclose(f);
	return found;
}

TEST_F(groups, made_and_removed)
{
	char name[32], path[PATH_MAX];

	snprintf(name, sizeof(name), "bench_progs.%d/g", getpid());
	snprintf(path, sizeof(path), "%s", self->g.path);
	ASSERT_STREQ(name, path + strlen(path) - strlen(name));
	ASSERT_TRUE(exists(path));
	ASSERT_EQ(0, faccessat(self->g.fd, "cgroup.procs", W_OK, 0));
	ASSERT_EQ(0, cgroup_remove(&self->g));
	ASSERT_EQ(-1, self->g.fd);
	ASSERT_FALSE(exists(path));
	ASSERT_FALSE(exists(self->top));
	ASSERT_EQ(0, cgroup_remove(&self->g));
}

TEST_F(groups, joined_and_left)
{
	char home[PATH_MAX];

	ASSERT_FALSE(is_in(self->g.path));
	ASSERT_EQ(0, cgroup_join(&self->g));
	ASSERT_TRUE(is_in(self->g.path));
	snprintf(home, sizeof(home), "%s", self->g.home);
	ASSERT_EQ(0, cgroup_leave(&self->g));
	ASSERT_FALSE(is_in(self->g.path));
	ASSERT_TRUE(is_in(home));
}

TEST_F(groups, nested)
{
	struct cgroup a, b;
	char inner[PATH_MAX + 8];

	ASSERT_EQ(0, cgroup_make(&a, "x/y/z", self->err, sizeof(self->err)));
	ASSERT_EQ(0, cgroup_make(&b, "x/w", self->err, sizeof(self->err)));
	snprintf(inner, sizeof(inner), "%s/x/y", self->top);
	ASSERT_TRUE(exists(inner));
	ASSERT_EQ(0, cgroup_remove(&a));
	ASSERT_FALSE(exists(inner));
	ASSERT_TRUE(exists(b.path));
	ASSERT_EQ(0, cgroup_remove(&b));
	ASSERT_TRUE(exists(self->g.path));
}

TEST_F(groups, refused)
{
	struct cgroup g;
	char name[PATH_MAX];

	ASSERT_EQ(-EEXIST, cgroup_make(&g, "g", self->err, sizeof(self->err)));
	ASSERT_NE(NULL, strstr(self->err, "/g: File exists")) TH_LOG("%s", self->err);
	ASSERT_EQ(0, cgroup_remove(&g));
	/* Nothing is left of one that could be made in part. */
	ASSERT_EQ(-EINVAL, cgroup_make(&g, "in/part\n", self->err, sizeof(self->err)));
	snprintf(name, sizeof(name), "bench_progs.%d/in", getpid());
	ASSERT_EQ(0, chdir(self->mount));
	ASSERT_FALSE(exists(name));
	memset(name, 'n', sizeof(name));
	name[PATH_MAX - 1] = '\0';
	ASSERT_EQ(-ENAMETOOLONG, cgroup_make(&g, name, self->err, sizeof(self->err)));
	ASSERT_TRUE(exists(self->g.path));
}

TEST_F(groups, zeroed_is_none)
{
	struct cgroup none = {};

	ASSERT_EQ(0, cgroup_remove(&none));
	ASSERT_EQ(0, fcntl(0, F_GETFD) < 0);
}

/* Makes two groups and dies in one of them. */
static pid_t die_in_group(void)
{
	struct cgroup a, b;
	char err[256];
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(cgroup_make(&a, "a/b", err, sizeof(err)) ||
		      cgroup_make(&b, "c", err, sizeof(err)) || cgroup_join(&a));
	return waitpid(pid, &status, 0) == pid && !status ? pid : -1;
}

TEST_F(groups, of_a_dead_child)
{
	char path[PATH_MAX + 32];
	pid_t pid;

	for (int i = 0; i < 20; i++) {
		pid = die_in_group();
		ASSERT_GT(pid, 0);
		snprintf(path, sizeof(path), "%s/bench_progs.%d", self->mount, pid);
		ASSERT_TRUE(exists(path));
		ASSERT_EQ(0, cgroup_remove_of(pid));
		ASSERT_FALSE(exists(path));
	}
	ASSERT_TRUE(exists(self->g.path));
	ASSERT_EQ(0, cgroup_remove_of(pid));
}

TEST_F(groups, of_a_dead_run)
{
	char path[PATH_MAX + 32], foreign[PATH_MAX + 32];
	pid_t pid = die_in_group();

	ASSERT_GT(pid, 0);
	snprintf(path, sizeof(path), "%s/bench_progs.%d", self->mount, pid);
	/* No name of ours, though it begins like one. */
	snprintf(foreign, sizeof(foreign), "%s/bench_progs.%dx", self->mount, pid);
	ASSERT_EQ(0, mkdir(foreign, 0755));
	cgroup_remove_stale();
	EXPECT_FALSE(exists(path));
	EXPECT_TRUE(exists(foreign));
	EXPECT_TRUE(exists(self->g.path));
	ASSERT_EQ(0, rmdir(foreign));
}

/* A child in @g that ends by itself after @usec; returns when it is there. */
static pid_t put_child(struct cgroup *g, useconds_t usec)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		byte = !cgroup_join(g);
		if (write(ready[1], &byte, 1) == 1)
			usleep(usec);
		_exit(0);
	}
	return read(ready[0], &byte, 1) == 1 && byte ? pid : -1;
}

/* Whoever is in a group stays there, alive. */
TEST_F(groups, with_a_process)
{
	pid_t pid = put_child(&self->g, 20000000);
	int status;

	ASSERT_GT(pid, 0);
	fclose(stderr);		/* says which group, and why */
	EXPECT_EQ(-EBUSY, cgroup_remove_of(getpid()));
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_TRUE(exists(self->g.path));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, cgroup_remove_of(getpid()));
	ASSERT_FALSE(exists(self->top));
}

/* What dies a moment later is waited for. */
TEST_F(groups, with_a_dying_process)
{
	ASSERT_GT(put_child(&self->g, 20000), 0);
	ASSERT_EQ(0, cgroup_remove_of(getpid()));
	ASSERT_FALSE(exists(self->top));
}

TEST_F(groups, no_cgroup_v2)
{
	struct cgroup g;

	if (unshare(CLONE_NEWNS))
		SKIP(return, "unshare: %s", strerror(errno));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, cgroup_remove(&self->g));
	ASSERT_EQ(0, umount2(self->mount, MNT_DETACH));
	ASSERT_EQ(-EOPNOTSUPP, cgroup_make(&g, "g", self->err, sizeof(self->err)));
	ASSERT_STREQ("no cgroup v2 is mounted", self->err);
	ASSERT_EQ(0, cgroup_remove(&g));
	ASSERT_EQ(0, cgroup_remove_of(getpid()));
	cgroup_remove_stale();
}

TEST_F(groups, read_only)
{
	struct cgroup g;

	if (unshare(CLONE_NEWNS))
		SKIP(return, "unshare: %s", strerror(errno));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, cgroup_remove(&self->g));
	ASSERT_EQ(0, mount(NULL, self->mount, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	ASSERT_EQ(-EOPNOTSUPP, cgroup_make(&g, "g", self->err, sizeof(self->err)));
	ASSERT_NE(NULL, strstr(self->err, "Read-only file system")) TH_LOG("%s", self->err);
}

TEST_HARNESS_MAIN
