// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "apt.h"
#include "arch.h"
#include "debian.h"
#include "scratch.h"

#define OUTPUT_MAX	(64u << 20)
#define NR_TRIES	3
#define RETRY_MS	4000
/* Of the package debian-archive-keyring; its keys verify bullseye up to experimental. */
#define KEYRING		"/usr/share/keyrings/debian-archive-keyring.gpg"
/* In a suite's directory: what debian_index() made of it. Its time is that of the last update. */
#define INDEX		"linux"

/* One line for what went wrong: the first that names a cause, else apt's last word. */
static void apt_explain(const char *text, size_t len, char *why, size_t sz)
{
	const char *at = strstr(text, "Failed to fetch");

	if (strstr(text, "404  Not Found") || strstr(text, "does not have a Release file"))
		snprintf(why, sz, "404 Not Found");
	else if (strstr(text, "Hash Sum mismatch"))
		snprintf(why, sz, "corrupt (Hash Sum mismatch)");
	else if (at)
		text_sanitize(at, strcspn(at, "\n"), why, sz);
	else
		text_last_line(text, len, why, sz);
}

/* Runs an apt tool. Its output is in @out (the caller frees), its complaint in @why. */
static int apt_run(struct scratch *s, char *const argv[], const char *dir, char **out, char *why,
		   size_t sz)
{
	char out_path[PATH_MAX], err_path[PATH_MAX], *text;
	size_t len;
	int status;

	why[0] = '\0';
	if (text_format(out_path, sizeof(out_path), "%s/apt.out", s->dir) ||
	    text_format(err_path, sizeof(err_path), "%s/apt.err", s->dir))
		return -ENAMETOOLONG;
	unlink(out_path);
	unlink(err_path);
	status = proc_run(s, argv, out_path, err_path, dir);
	if (!file_read(err_path, OUTPUT_MAX, &text, &len)) {
		apt_explain(text, len, why, sz);
		free(text);
	}
	if (status == -ENOENT)
		snprintf(why, sz, "no %s on this system", argv[0]);
	if (status > 0 && !why[0])
		snprintf(why, sz, "%s exited with %d", argv[0], status);
	if (status)
		return status > 0 ? -EIO : status;
	return out ? file_read(out_path, OUTPUT_MAX, out, &len) : 0;
}

int apt_open(struct scratch *s, struct apt *apt)
{
	char *const argv[] = { "apt-get", "indextargets", "--format",
			       "$(LABEL)|$(REPO_URI)", "Created-By: Packages", "Origin: Debian",
			       NULL };
	char *out = NULL, *line, *save = NULL, why[256];
	int err;

	memset(apt, 0, sizeof(*apt));
	err = apt_run(s, argv, NULL, &out, why, sizeof(why));
	if (err == -EINTR)
		return err;
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot ask apt for its mirrors: %s",
				    why);
	for (line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *uri = strchr(line, '|');

		if (!uri)
			continue;
		*uri++ = '\0';
		if (!strcmp(line, "Debian") && !apt->main_uri[0])
			snprintf(apt->main_uri, sizeof(apt->main_uri), "%s", uri);
		else if (!strcmp(line, "Debian-Security") && !apt->security_uri[0])
			snprintf(apt->security_uri, sizeof(apt->security_uri), "%s", uri);
	}
	free(out);
	if (!apt->main_uri[0])
		return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "apt knows no Debian mirror, so no "
				    "debian: kernel can be fetched (try apt-get update)");
	return 0;
}

/* A file of the suite's state; "": the directory itself. */
static int apt_path(struct scratch *s, const char *suite, const char *name, char *path, size_t sz)
{
	return text_format(path, sz, "%s/apt%s/%s%s%s", s->cache, s->arch->cache_suffix, suite,
			   *name ? "/" : "", name);
}

static int apt_write(struct scratch *s, const char *suite, const char *name, const char *text)
{
	char path[PATH_MAX];
	int err = apt_path(s, suite, name, path, sizeof(path));

	return err ? err : file_write_atomic(path, text, strlen(text));
}

/*
 * A file given with -c is read behind the system's settings: proxies stay as they are, hooks,
 * pins and everything that could weaken the check of signatures do not.
 */
static int apt_configure(struct scratch *s, const struct apt *apt, const char *suite)
{
	static const char *const dirs[] = { "lists/partial", "archives/partial" };
	const char *uri = strstr(suite, "-security") ? apt->security_uri : apt->main_uri;
	bool has_keyring = !access(KEYRING, R_OK);
	char dir[PATH_MAX], text[6 * PATH_MAX];
	int err = 0;
	size_t i;

	if (!uri[0])
		return -ENOENT;
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !err; i++) {
		err = apt_path(s, suite, dirs[i], dir, sizeof(dir));
		if (!err)
			err = dir_make_all(dir);
	}
	if (!err)
		err = apt_path(s, suite, "", dir, sizeof(dir));
	if (!err)
		err = apt_write(s, suite, "status", "");
	if (!err)
		err = text_format(text, sizeof(text), "deb [arch=%s%s%s] %s %s main\n",
				  s->arch->debian, has_keyring ? " signed-by=" : "",
				  has_keyring ? KEYRING : "", uri, suite);
	if (!err)
		err = apt_write(s, suite, "sources.list", text);
	if (!err)
		err = text_format(text, sizeof(text),
			"#clear APT::Update;\n#clear DPkg;\n"
			"Dir::Etc::SourceList \"%s/sources.list\";\n"
			"Dir::Etc::SourceParts \"/dev/null\";\n"
			"Dir::Etc::Preferences \"/dev/null\";\n"
			"Dir::Etc::PreferencesParts \"/dev/null\";\n"
			"Dir::State \"%s\";\nDir::State::Lists \"%s/lists\";\n"
			"Dir::State::status \"%s/status\";\nDir::Cache \"%s\";\n"
			"APT::Architecture \"%s\";\n#clear APT::Architectures;\n"
			"APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n"
			"Acquire::AllowInsecureRepositories \"false\";\n"
			"Acquire::AllowWeakRepositories \"false\";\n"
			"Acquire::AllowDowngradeToInsecureRepositories \"false\";\n"
			"APT::Get::AllowUnauthenticated \"false\";\n"
			"APT::Update::Error-Mode \"any\";\nAcquire::Retries \"2\";\n"
			/* As they were sent, 10 MB instead of 50 for a whole release. */
			"Acquire::GzipIndexes \"true\";\n"
			"Acquire::IndexTargets::deb::Packages::KeepCompressedAs \"xz\";\n"
			"Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n",
			dir, dir, dir, dir, dir, s->arch->debian);
	return err ? err : apt_write(s, suite, "apt.conf", text);
}

static bool apt_is_fresh(struct scratch *s, const char *suite, int max_age_s)
{
	char path[PATH_MAX];
	struct stat st;
	time_t age;

	if (apt_path(s, suite, INDEX, path, sizeof(path)) || stat(path, &st))
		return false;
	age = time(NULL) - st.st_mtime;
	return age >= 0 && age < max_age_s;
}

/* Reading a whole release takes apt 3 s, so what matters is kept beside it. */
static int apt_index(struct scratch *s, const char *suite, const char *conf, char *why, size_t sz)
{
	char *const argv[] = { "apt-cache", "-c", (char *)conf, "search", "--names-only", "--full",
			       "^linux-", NULL };
	char *records, *index;
	int err;

	err = apt_run(s, argv, NULL, &records, why, sz);
	if (err)
		return err;
	index = debian_index(records);
	free(records);
	err = index ? apt_write(s, suite, INDEX, index) : -ENOMEM;
	free(index);
	if (err)
		snprintf(why, sz, "%s", strerror(-err));
	return err;
}

static bool is_unreachable(const char *why)
{
	static const char *const causes[] = {
		"Could not connect", "Could not resolve", "Temporary failure resolving",
		"Unable to connect", "Cannot initiate the connection", "Connection failed",
	};
	size_t i;

	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strstr(why, causes[i]))
			return true;
	return false;
}

int apt_update(struct scratch *s, const struct apt *apt, const char *suite, int max_age_s,
	       char *why, size_t sz)
{
	char conf[PATH_MAX];
	char *const argv[] = { "apt-get", "-q", "-c", conf, "update", NULL };
	int err, i;

	snprintf(why, sz, "the system's apt has no such archive");
	err = apt_configure(s, apt, suite);
	if (!err)
		err = apt_path(s, suite, "apt.conf", conf, sizeof(conf));
	if (err || apt_is_fresh(s, suite, max_age_s))
		return err;
	scratch_note(s, "reading the index of %s", suite);
	for (i = 0; i < NR_TRIES; i++) {
		/* A mirror in the middle of its own update serves parts that do not match. */
		if (i) {
			struct proc none = { .pid = -1, .pid_fd = -1 };

			scratch_note(s, "index of %s: %s; trying again", suite, why);
			err = proc_wait(s, &none, RETRY_MS * i);
			if (err)
				return err;
		}
		err = apt_run(s, argv, NULL, NULL, why, sz);
		if (!err)
			return apt_index(s, suite, conf, why, sz);
		if (err == -EINTR)
			return err;
		if (!strcmp(why, "404 Not Found"))
			return -ENOENT;
		if (is_unreachable(why))
			return -EHOSTUNREACH;
	}
	return err;
}

int apt_list(struct scratch *s, const char *suite, char **index)
{
	char path[PATH_MAX];
	size_t len;

	if (apt_path(s, suite, INDEX, path, sizeof(path)))
		return -ENAMETOOLONG;
	return file_read(path, OUTPUT_MAX, index, &len);
}

int apt_download(struct scratch *s, const char *suite, const char *package, const char *dir,
		 char *why, size_t sz)
{
	char conf[PATH_MAX];
	char *const argv[] = { "apt-get", "-q", "-c", conf, "download", (char *)package, NULL };

	if (apt_path(s, suite, "apt.conf", conf, sizeof(conf)))
		return -ENAMETOOLONG;
	return apt_run(s, argv, dir, NULL, why, sz);
}
