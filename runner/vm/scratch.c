// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "scratch.h"

#define SCRATCH_PREFIX	"bench_vm."
#define LOCK_POLL_NS	100000000L

int scratch_fail(struct scratch *s, enum vm_verdict verdict, int err, const char *fmt, ...)
{
	va_list ap;

	if (s->reason[0])
		return err;
	s->verdict = verdict;
	va_start(ap, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
	va_end(ap);
	return err;
}

void scratch_note(struct scratch *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->notes)
		return;
	fputs("bench_vm: ", s->notes);
	va_start(ap, fmt);
	vfprintf(s->notes, fmt, ap);
	va_end(ap);
	fputc('\n', s->notes);
	fflush(s->notes);
}

int scratch_check_signal(struct scratch *s)
{
	struct signalfd_siginfo info;

	if (!s->signal && read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		s->signal = (int)info.ssi_signo;
	if (!s->signal)
		return 0;
	return scratch_fail(s, VM_INTERRUPTED, -EINTR, "interrupted by SIG%s",
			    sigabbrev_np(s->signal));
}

/*
 * A launcher that was killed cannot clean up, so the next one does. The lock, not the process id
 * in the name, says whether the owner lives: ids are reused and other pid namespaces may share
 * the directory. Between mkdtemp() and flock() there is no lock file yet; the id covers that gap.
 */
static bool scratch_is_dead(int parent_fd, const char *name)
{
	char path[NAME_MAX + 8];
	bool dead = false;
	struct stat st;
	int fd;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid())
		return false;
	snprintf(path, sizeof(path), "%s/lock", name);
	fd = openat(parent_fd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		pid_t pid = (pid_t)strtol(name + strlen(SCRATCH_PREFIX), NULL, 10);

		return errno == ENOENT && pid > 0 && kill(pid, 0) && errno == ESRCH;
	}
	dead = !flock(fd, LOCK_EX | LOCK_NB);
	close(fd);
	return dead;
}

static void scratch_sweep(const char *parent)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *dir;

	dir = opendir(parent);
	if (!dir)
		return;
	while ((de = readdir(dir))) {
		if (strncmp(de->d_name, SCRATCH_PREFIX, strlen(SCRATCH_PREFIX)))
			continue;
		if (!scratch_is_dead(dirfd(dir), de->d_name))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", parent, de->d_name) <
		    sizeof(path))
			dir_remove_all(path);
	}
	closedir(dir);
}

static int scratch_block_signals(struct scratch *s)
{
	sigset_t mask;
	int err;

	s->old_mask = calloc(1, sizeof(*s->old_mask));
	if (!s->old_mask)
		return -ENOMEM;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &mask, s->old_mask)) {
		err = -errno;
		free(s->old_mask);
		s->old_mask = NULL;
		return err;
	}
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? -errno : 0;
}

static int scratch_make_dir(struct scratch *s)
{
	const char *parent = getenv("TMPDIR");
	char path[PATH_MAX];

	if (!parent || !*parent)
		parent = "/tmp";
	scratch_sweep(parent);
	if ((size_t)snprintf(s->dir, sizeof(s->dir), "%s/" SCRATCH_PREFIX "%d.XXXXXX", parent,
			     (int)getpid()) >= sizeof(s->dir) || !mkdtemp(s->dir)) {
		int err = errno ? -errno : -ENAMETOOLONG;

		s->dir[0] = '\0';
		return scratch_fail(s, VM_BROKEN, err, "cannot make a directory in %s: %s", parent,
				    strerror(-err));
	}
	snprintf(path, sizeof(path), "%s/lock", s->dir);
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->lock_fd < 0 || flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return scratch_fail(s, VM_BROKEN, -errno, "cannot lock %s: %s", path,
				    strerror(errno));
	return 0;
}

static int scratch_find_cache(struct scratch *s)
{
	const char *env = getenv("BENCH_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	int len;

	if (env && *env)
		len = snprintf(s->cache, sizeof(s->cache), "%s", env);
	else if (xdg && *xdg == '/')
		len = snprintf(s->cache, sizeof(s->cache), "%s/bench_progs", xdg);
	else if (home && *home)
		len = snprintf(s->cache, sizeof(s->cache), "%s/.cache/bench_progs", home);
	else
		len = snprintf(s->cache, sizeof(s->cache), "%s/cache", s->dir);
	if (len >= (int)sizeof(s->cache))
		return scratch_fail(s, VM_BROKEN, -ENAMETOOLONG, "the cache's path is too long");
	return 0;
}

int scratch_open(struct scratch *s, const struct vm_config *cfg)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->lock_fd = -1;
	s->signal_fd = -1;
	s->notes = cfg->notes;
	s->arch = cfg->arch ? cfg->arch : vm_arch_host();
	err = scratch_block_signals(s);
	if (err)
		return scratch_fail(s, VM_BROKEN, err, "cannot watch signals: %s", strerror(-err));
	err = scratch_make_dir(s);
	if (err)
		return err;
	return scratch_find_cache(s);
}

void scratch_close(struct scratch *s)
{
	if (s->dir[0])
		dir_remove_all(s->dir);
	s->dir[0] = '\0';
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
	while (s->nr_held)
		close(s->held[--s->nr_held]);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	s->signal_fd = -1;
	if (s->old_mask)
		sigprocmask(SIG_SETMASK, s->old_mask, NULL);
	free(s->old_mask);
	s->old_mask = NULL;
}

int scratch_make_cache(struct scratch *s)
{
	int err = dir_make_all(s->cache);

	if (err)
		return scratch_fail(s, VM_BROKEN, err, "cannot make the cache %s: %s (BENCH_CACHE "
				    "names another)", s->cache, strerror(-err));
	return 0;
}

int scratch_lock_cache(struct scratch *s)
{
	const struct timespec pause = { .tv_nsec = LOCK_POLL_NS };
	char path[PATH_MAX];
	bool said = false;
	int fd, err;

	err = scratch_make_cache(s);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/lock", s->cache);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return scratch_fail(s, VM_BROKEN, -errno, "cannot open %s: %s", path,
				    strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		err = -errno;
		if (err != -EWOULDBLOCK && err != -EINTR) {
			close(fd);
			return scratch_fail(s, VM_BROKEN, err, "cannot lock %s: %s", path,
					    strerror(-err));
		}
		if (!said)
			scratch_note(s, "waiting for another launcher to leave %s", s->cache);
		said = true;
		nanosleep(&pause, NULL);
		err = scratch_check_signal(s);
		if (err) {
			close(fd);
			return err;
		}
	}
	return fd;
}

/* A file that is still at @path when it has been locked: others rename before they remove. */
static int lock_path(const char *path, int how)
{
	struct stat there, here;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	/* Some network file systems have no locks: nobody removes anything there, then. */
	if (flock(fd, how | LOCK_NB) && (errno == EWOULDBLOCK || how == LOCK_EX)) {
		err = -errno;
		close(fd);
		return err;
	}
	if (stat(path, &there) || fstat(fd, &here) || there.st_ino != here.st_ino ||
	    there.st_dev != here.st_dev) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

int scratch_hold(struct scratch *s, const char *path)
{
	int fd = lock_path(path, LOCK_SH);

	if (fd < 0)
		return fd;
	if (s->nr_held == NR_HELD_MAX) {
		close(fd);
		return -EMFILE;
	}
	s->held[s->nr_held++] = fd;
	return 0;
}

int scratch_lock_unheld(const char *path)
{
	return lock_path(path, LOCK_EX);
}

double clock_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}
