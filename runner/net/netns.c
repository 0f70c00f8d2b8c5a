// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "netns.h"

/* /proc/sys/net is that of the namespace of whoever opens it. */
static const struct {
	const char *path, *value;
} settings[] = {
	/* Sets conf/default as well. */
	{ "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1" },
	{ "/proc/sys/net/ipv4/ip_forward", "0" },
	{ "/proc/sys/net/ipv4/conf/all/rp_filter", "0" },
	{ "/proc/sys/net/ipv4/conf/default/rp_filter", "0" },
	/* In every kernel, and it does not pace: BBR sends single segments one by one, by timer. */
	{ "/proc/sys/net/ipv4/tcp_congestion_control", "reno" },
};

static int write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	/* A kernel without IPv6 sends none. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int netns_loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		err = -errno;
	close(fd);
	return err;
}

int netns_private(void)
{
	size_t i;
	int err;

	if (unshare(CLONE_NEWNET))
		return -errno;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		err = write_setting(settings[i].path, settings[i].value);
		if (err)
			return err;
	}
	return netns_loopback_up();
}

int netns_current(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int netns_enter(int ns)
{
	return setns(ns, CLONE_NEWNET) ? -errno : 0;
}

int netns_run(int ns, int (*fn)(void *ctx), void *ctx)
{
	int home = netns_current(), err, back;

	if (home < 0)
		return home;
	err = netns_enter(ns);
	if (!err) {
		err = fn(ctx);
		back = netns_enter(home);
		err = back ? back : err;
	}
	close(home);
	return err;
}

int netns_new(void)
{
	int home = netns_current(), ns, back;

	if (home < 0)
		return home;
	ns = netns_private();
	if (!ns)
		ns = netns_current();
	back = netns_enter(home);
	close(home);
	if (!back)
		return ns;
	if (ns >= 0)
		close(ns);
	return back;
}
