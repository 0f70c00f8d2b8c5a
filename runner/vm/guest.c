// SPDX-License-Identifier: GPL-2.0-only
/*
 * Init of the guest. It never waits for anything but the runner, and whatever fails ends in a
 * reboot, which QEMU's -no-reboot turns into an exit.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "net/netns.h"

/*
 * Deferred boot work and the second step of the TSC's calibration disturb counts for about 4 s of
 * guest time; measured on 7.2, where a test run cost 219 instructions instead of 79 without this
 * pause. Sleeping costs no wall time in a counted guest (icount's sleep=off).
 */
#define SETTLE_S	5
#define ARGS_MAX	(1u << 20)

struct guest {
	char cmdline[4096];
	int channel_fd;
	char **argv;		/* [0] and the appended words included, NULL-terminated */
	int argc;
};

static void __attribute__((noreturn)) guest_reboot(struct guest *g)
{
	fflush(stdout);
	if (g->channel_fd >= 0)
		tcdrain(g->channel_fd);
	sync();
	reboot(RB_AUTOBOOT);
	/* Not reached with the right to reboot; init's exit is a panic, which ends QEMU as well. */
	_exit(1);
}

static void __attribute__((format(printf, 2, 3))) guest_say(struct guest *g, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (g->channel_fd >= 0 && write(g->channel_fd, line, (size_t)len) == len)
		return;
	fwrite(line, 1, (size_t)len, stdout);
	fflush(stdout);
}

static void __attribute__((noreturn, format(printf, 2, 3)))
guest_die(struct guest *g, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	printf("bench init: %s\n", why);
	guest_say(g, "#fail %s", why);
	guest_reboot(g);
}

/* The value of "@key=" on the kernel's command line; "" when it is missing. */
static void cmdline_get(const struct guest *g, const char *key, char *value, size_t sz)
{
	const char *p = g->cmdline;
	size_t key_len = strlen(key), len;

	value[0] = '\0';
	while (*p) {
		p += strspn(p, " \n");
		len = strcspn(p, " \n");
		if (len > key_len && !strncmp(p, key, key_len) && p[key_len] == '=') {
			snprintf(value, sz, "%.*s", (int)(len - key_len - 1), p + key_len + 1);
			return;
		}
		p += len;
	}
}

static const struct mount_def {
	const char *type, *target, *options;
	bool needed;
} early_mounts[] = {
	{ "proc", "/proc", NULL, true },
	{ "devtmpfs", "/dev", NULL, true },
}, late_mounts[] = {
	{ "sysfs", "/sys", NULL, true },
	{ "tmpfs", "/tmp", "mode=1777", true },
	{ "tmpfs", "/run", "mode=755", true },
	{ "devpts", "/dev/pts", NULL, false },
	{ "bpf", "/sys/fs/bpf", NULL, false },
	{ "cgroup2", "/sys/fs/cgroup", NULL, false },
	{ "securityfs", "/sys/kernel/security", NULL, false },
	{ "debugfs", "/sys/kernel/debug", NULL, false },
	{ "tracefs", "/sys/kernel/tracing", NULL, false },
};

static void guest_mount(struct guest *g, const struct mount_def *defs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct mount_def *m = &defs[i];

		mkdir(m->target, 0755);
		if (!mount(m->type, m->target, m->type, 0, m->options))
			continue;
		if (m->needed)
			guest_die(g, "cannot mount %s: %s", m->type, strerror(errno));
		printf("bench init: no %s: %s\n", m->type, strerror(errno));
	}
}

static void guest_read_cmdline(struct guest *g)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, g->cmdline, sizeof(g->cmdline) - 1);
		close(fd);
	}
	if (n < 0)
		guest_die(g, "cannot read /proc/cmdline: %s", strerror(errno));
	g->cmdline[n] = '\0';
}

static void guest_open_channel(struct guest *g)
{
	char name[32], path[48];
	struct termios tio;

	cmdline_get(g, "bench.channel", name, sizeof(name));
	if (!name[0])
		guest_die(g, "the kernel command line names no bench.channel");
	snprintf(path, sizeof(path), "/dev/%s", name);
	g->channel_fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (g->channel_fd < 0)
		guest_die(g, "cannot open the result channel %s: %s", path, strerror(errno));
	if (tcgetattr(g->channel_fd, &tio))
		guest_die(g, "%s is no tty: %s", path, strerror(errno));
	cfmakeraw(&tio);
	cfsetspeed(&tio, B115200);
	/* Without CLOCAL an open waits for a carrier that nothing raises. */
	tio.c_cflag |= CLOCAL;
	if (tcsetattr(g->channel_fd, TCSANOW, &tio))
		guest_die(g, "cannot set %s up: %s", path, strerror(errno));
	unlink(GUEST_CHANNEL);
	if (symlink(path, GUEST_CHANNEL))
		guest_die(g, "cannot link %s: %s", GUEST_CHANNEL, strerror(errno));
}

static void guest_heartbeat(struct guest *g)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	guest_say(g, "#boot %lld.%03ld", (long long)ts.tv_sec, ts.tv_nsec / 1000000);
}

static int name_is_visible(const struct dirent *de)
{
	return de->d_name[0] != '.';
}

static void guest_load_modules(struct guest *g)
{
	struct dirent **names;
	char path[PATH_MAX];
	int nr, i, fd;

	nr = scandir(GUEST_MODULES, &names, name_is_visible, alphasort);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", GUEST_MODULES, names[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		/* EEXIST: loaded or built in already. */
		if ((fd < 0 || syscall(SYS_finit_module, fd, "", 0)) && errno != EEXIST &&
		    !strstr(names[i]->d_name, GUEST_QUIET))
			guest_say(g, "#module %s: %s", names[i]->d_name, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

static void guest_read_args(struct guest *g)
{
	static char *extra[] = { "-o", "jsonl:" GUEST_CHANNEL };
	int fd = open(GUEST_ARGS, O_RDONLY | O_CLOEXEC);
	char *args = malloc(ARGS_MAX + 1);
	size_t len = 0, i, nr = 0;
	ssize_t n;

	if (fd < 0 || !args)
		guest_die(g, "cannot read %s: %s", GUEST_ARGS, strerror(errno));
	while (len < ARGS_MAX && (n = read(fd, args + len, ARGS_MAX - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (len && args[len - 1])
		guest_die(g, "%s is cut off", GUEST_ARGS);
	for (i = 0; i < len; i++)
		nr += !args[i];
	g->argv = calloc(nr + 4, sizeof(*g->argv));
	if (!g->argv)
		guest_die(g, "no memory for %zu arguments", nr);
	g->argv[g->argc++] = "bench_progs";
	for (i = 0; i < len; i += strlen(args + i) + 1)
		g->argv[g->argc++] = args + i;
	g->argv[g->argc++] = extra[0];
	g->argv[g->argc++] = extra[1];
}

/*
 * The first who asks for random numbers would wait until the kernel has gathered them from the
 * jitter of a clock, which here has none: 1.1 G instructions. It is told that these are some.
 */
static void guest_seed_random(void)
{
	struct {
		struct rand_pool_info info;
		char bytes[32];
	} seed = { { .entropy_count = 256, .buf_size = 32 }, "bench_progs: a counted guest" };
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (ioctl(fd, RNDADDENTROPY, &seed))
		perror("bench init: RNDADDENTROPY");
	close(fd);
}

static void guest_settle(const struct guest *g)
{
	const struct timespec ts = { .tv_sec = SETTLE_S };
	char accel[32];

	cmdline_get(g, "bench.accel", accel, sizeof(accel));
	if (strcmp(accel, "tcg-icount"))
		return;
	guest_seed_random();
	nanosleep(&ts, NULL);
}

static int guest_run(struct guest *g, int (*runner_main)(int argc, char **argv))
{
	pid_t child, pid;
	int status, fd;

	child = fork();
	if (child < 0)
		guest_die(g, "cannot fork: %s", strerror(errno));
	if (!child) {
		setsid();
		fd = open("/dev/null", O_RDONLY);
		if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
			_exit(125);
		if (fd > STDIN_FILENO)
			close(fd);
		close(g->channel_fd);
		exit(runner_main(g->argc, g->argv));
	}
	do {
		/* Orphans are init's to reap as well. */
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			guest_die(g, "lost the runner: %s", strerror(errno));
	} while (pid != child);
	return status;
}

bool guest_is_init(int argc, char **argv)
{
	/* A container's first process is 1 too; only our initramfs has the arguments. */
	if (access(GUEST_ARGS, R_OK))
		return false;
	return (getpid() == 1 && getppid() == 0) || (argc == 2 && !strcmp(argv[1], GUEST_COMMAND));
}

int guest_main(int (*runner_main)(int argc, char **argv))
{
	struct guest g = { .channel_fd = -1 };
	int status, err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	umask(022);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/", 1);
	if (chdir("/"))
		guest_die(&g, "cannot enter /: %s", strerror(errno));
	guest_mount(&g, early_mounts, sizeof(early_mounts) / sizeof(early_mounts[0]));
	guest_read_cmdline(&g);
	guest_open_channel(&g);
	guest_heartbeat(&g);
	guest_mount(&g, late_mounts, sizeof(late_mounts) / sizeof(late_mounts[0]));
	err = netns_loopback_up();
	if (err)
		printf("bench init: lo stays down: %s\n", strerror(-err));
	guest_load_modules(&g);
	guest_read_args(&g);
	guest_settle(&g);
	status = guest_run(&g, runner_main);
	if (WIFSIGNALED(status))
		guest_say(&g, "#signal %d", WTERMSIG(status));
	else
		guest_say(&g, "#exit %d", WEXITSTATUS(status));
	guest_reboot(&g);
}
