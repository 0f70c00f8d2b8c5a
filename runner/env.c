// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <bpf/libbpf.h>
#include "env.h"
#include "feature.h"

#ifndef BPF_COMPILER
#define BPF_COMPILER "unknown"
#endif

bool cmdline_value(const char *key, char *buf, size_t sz)
{
	char line[4096], *word, *save;
	size_t len = strlen(key);

	if (read_text("/proc/cmdline", line, sizeof(line)))
		return false;
	for (word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strncmp(word, key, len) || word[len] != '=')
			continue;
		snprintf(buf, sz, "%s", word + len + 1);
		return true;
	}
	return false;
}

/* The hypervisor's twelve letters of CPUID leaf 0x40000000; empty on metal and elsewhere. */
static void hypervisor_vendor(char vendor[13])
{
	memset(vendor, 0, 13);
#if defined(__x86_64__)
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
		return;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(vendor, &ebx, 4);
	memcpy(vendor + 4, &ecx, 4);
	memcpy(vendor + 8, &edx, 4);
	if (!vendor[0])
		strcpy(vendor, "unknown");
#endif
}

const char *env_accel(void)
{
	static const char *const known[] = { "metal", "kvm", "tcg", "tcg-icount", "vm" };
	char said[32], vendor[13];
	size_t i;

	if (cmdline_value("bench.accel", said, sizeof(said)))
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (!strcmp(said, known[i]))
				return known[i];
	hypervisor_vendor(vendor);
	if (!vendor[0])
		return "metal";
	if (!strcmp(vendor, "KVMKVMKVM"))
		return "kvm";
	if (!strcmp(vendor, "TCGTCGTCGTCG"))
		return "tcg";
	return "vm";
}

static void set_string(json_t *env, const char *key, const char *value)
{
	if (value && value[0])
		json_object_set_new(env, key, json_string(value));
}

static void set_text(json_t *env, const char *key, const char *path)
{
	char buf[256], *end;
	long long number;

	if (read_text(path, buf, sizeof(buf)) || !buf[0])
		return;
	number = strtoll(buf, &end, 10);
	if (!*end)
		json_object_set_new(env, key, json_integer(number));
	else
		set_string(env, key, buf);
}

/* Value of the first "key : value" line of a file; false if there is none. */
static bool find_line(const char *path, const char *key, char *buf, size_t sz)
{
	char line[1024], *colon;
	bool found = false;
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (strncmp(line, key, strlen(key)) || !colon)
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(buf, sz, "%s", colon);
		found = true;
	}
	fclose(f);
	return found;
}

/* "Linux version 6.1... (build@host) (gcc-12 (...) 12.2.0, GNU ld ...) #1 ...": the compiler. */
static void set_kernel_cc(json_t *env)
{
	char text[512], *from, *to;

	if (read_text("/proc/version", text, sizeof(text)))
		return;
	from = strstr(text, ") (");
	to = from ? strstr(from, ", ") : NULL;
	if (!to)
		to = from ? strstr(from, ") #") : NULL;
	if (!to)
		return;
	*to = '\0';
	set_string(env, "kernel_cc", from + 3);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* All files of the kernel's vulnerabilities directory but those that are not affected. */
static void set_mitigations(json_t *env)
{
	const char *dir = "/sys/devices/system/cpu/vulnerabilities";
	char path[512], state[256], all[4096] = "";
	struct dirent **names;
	size_t len = 0;
	int i, nr;

	nr = scandir(dir, &names, NULL, compare_names);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && !read_text(path, state, sizeof(state)) &&
		    strcmp(state, "Not affected") && len < sizeof(all))
			len += snprintf(all + len, sizeof(all) - len, "%s%s: %s", len ? "; " : "",
					names[i]->d_name, state);
		free(names[i]);
	}
	if (nr < 0)
		return;
	free(names);
	set_string(env, "mitigations", len ? all : "none needed");
}

/*
 * CRC-32 of the kernel's configuration, from /proc/config.gz or where distributions put it. zlib
 * reads both: what is not compressed comes through as it is.
 */
static void set_config_hash(json_t *env, const char *release)
{
	unsigned long crc = crc32(0, NULL, 0);
	char buf[4096], text[16];
	gzFile f = gzopen("/proc/config.gz", "re");
	int len;

	if (!f) {
		snprintf(buf, sizeof(buf), "/boot/config-%s", release);
		f = gzopen(buf, "re");
	}
	if (!f)
		return;
	while ((len = gzread(f, buf, sizeof(buf))) > 0)
		crc = crc32(crc, (unsigned char *)buf, len);
	gzclose(f);
	snprintf(text, sizeof(text), "%08lx", crc);
	set_string(env, "config", text);
}

/* Without what the launcher tells its runner, the boot loader of its files, and what is init's. */
static void set_cmdline(json_t *env)
{
	static const char *const not_these[] = { "bench.", "BOOT_IMAGE=", "initrd=" };
	char line[4096], kept[4096] = "", *word, *save;
	size_t i, len = 0;

	if (read_text("/proc/cmdline", line, sizeof(line)))
		return;
	for (word = strtok_r(line, " ", &save); word && strcmp(word, "--");
	     word = strtok_r(NULL, " ", &save)) {
		for (i = 0; i < sizeof(not_these) / sizeof(not_these[0]); i++)
			if (!strncmp(word, not_these[i], strlen(not_these[i])))
				break;
		if (i == sizeof(not_these) / sizeof(not_these[0]))
			len += sprintf(kept + len, "%s%s", len ? " " : "", word);
	}
	set_string(env, "cmdline", kept);
}

/* arm64's /proc/cpuinfo has no name: the device tree's, or the register that names the model. */
static void set_cpu(json_t *env)
{
	char buf[256], midr[32];

	if (find_line("/proc/cpuinfo", "model name", buf, sizeof(buf)) ||
	    !read_text("/proc/device-tree/cpus/cpu@0/compatible", buf, sizeof(buf)))
		set_string(env, "cpu", buf);
	else if (!read_text("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", midr,
			    sizeof(midr)) && snprintf(buf, sizeof(buf), "MIDR %s", midr) > 0)
		set_string(env, "cpu", buf);
}

static void set_machine(json_t *env)
{
	struct utsname u;
	double load;

	if (!uname(&u)) {
		set_string(env, "kernel", u.release);
		set_string(env, "kernel_build", u.version);
		set_string(env, "arch", u.machine);
		set_config_hash(env, u.release);
	}
	set_cpu(env);
	json_object_set_new(env, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(env, "memory_mib", json_integer((long long)sysconf(_SC_PHYS_PAGES) *
							     sysconf(_SC_PAGESIZE) >> 20));
	set_string(env, "accel", env_accel());
	if (getloadavg(&load, 1) == 1)
		json_object_set_new(env, "load1", json_real(load));
}

json_t *env_read(void)
{
	json_t *env = json_object();

	if (!env)
		return NULL;
	set_machine(env);
	set_kernel_cc(env);
	set_cmdline(env);
	set_mitigations(env);
	set_text(env, "jit", "/proc/sys/net/core/bpf_jit_enable");
	set_text(env, "jit_harden", "/proc/sys/net/core/bpf_jit_harden");
	set_text(env, "jit_limit", "/proc/sys/net/core/bpf_jit_limit");
	set_text(env, "bpf_stats", "/proc/sys/kernel/bpf_stats_enabled");
	set_text(env, "smt", "/sys/devices/system/cpu/smt/control");
	set_text(env, "clocksource",
		 "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	set_text(env, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	set_string(env, "libbpf", libbpf_version_string());
	set_string(env, "compiler", __VERSION__);
	set_string(env, "bpf_compiler", BPF_COMPILER);
	return env;
}

json_t *env_fake(void)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i}", "kernel", "0.0.0-fake", "arch", "fake",
			 "cpu", "fake executor: known effects, synthetic noise", "accel", "metal",
			 "cpus", 2, "jit", 1);
}
