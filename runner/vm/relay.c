// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "exec.h"
#include "relay.h"
#include "relay_args.h"

#define STATUS_USAGE 2
#define STATUS_BROKEN 1
/* A kernel that loses more guests than this is broken altogether; each costs a boot. */
#define NR_LOST_MAX 16

/* In "bench_progs list -v". */
#define INDENT		"      "
#define NEEDS_KMOD	INDENT "needs: kmod\n"
#define DERIVED		INDENT "derived: "

extern char **environ;

/* Starts a command whose output is read from what is returned; NULL and errno. */
static FILE *start_reading(char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	FILE *f = NULL;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	err = posix_spawn(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (!err)
		f = fdopen(fds[0], "r");
	if (!f)
		close(fds[0]);
	errno = err;
	return f;
}

/* The command's exit status; STATUS_BROKEN if it has none. */
static int finish_reading(FILE *f, pid_t pid)
{
	int status = 0;

	fclose(f);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN;
}

static int add_case(struct relay *r, unsigned int nr, const char *id)
{
	struct relay_case *cases = realloc(r->cases, (r->nr_cases + 1) * sizeof(*cases));

	if (!cases)
		return -ENOMEM;
	r->cases = cases;
	cases[r->nr_cases] = (struct relay_case){ .nr = nr, .id = strdup(id) };
	return cases[r->nr_cases++].id ? 0 : -ENOMEM;
}

/* "12 family/case"; what is said of a case stands behind it, further in. */
static int read_list(struct relay *r, FILE *list)
{
	char id[DOC_MAX_NAME + 1], *line = NULL;
	size_t cap = 0;
	unsigned int nr;
	int err = 0;

	while (!err && getline(&line, &cap, list) > 0) {
		if (!strcmp(line, NEEDS_KMOD))
			r->needs_kmod = true;
		else if (!strncmp(line, DERIVED, strlen(DERIVED)) && r->nr_cases)
			r->cases[r->nr_cases - 1].is_derived = true;
		else if (strncmp(line, INDENT, strlen(INDENT)) &&
			 sscanf(line, "%u %255s", &nr, id) == 2)
			err = add_case(r, nr, id);
	}
	free(line);
	return err;
}

/*
 * What the selection means is found out here, by the runner itself, which also says when it matches
 * nothing: the guest gets the numbers and needs no list files.
 */
static int check_selection(struct relay *r, const char *runner)
{
	char *argv[r->o.nr_choices + 4];
	size_t i, argc = 0;
	int status, err;
	FILE *list;
	pid_t pid;

	argv[argc++] = (char *)runner;
	argv[argc++] = "list";
	argv[argc++] = "-v";
	for (i = 0; i < r->o.nr_choices; i++)
		argv[argc++] = r->o.choices[i];
	argv[argc] = NULL;
	list = start_reading(argv, &pid);
	if (!list) {
		fprintf(stderr, "bench_vm: cannot start %s: %s\n", runner, strerror(errno));
		return STATUS_BROKEN;
	}
	err = read_list(r, list);
	status = finish_reading(list, pid);
	return err ? STATUS_BROKEN : status;
}

/* "QEMU emulator version 7.2.22 (...)": the number; empty when it cannot be found out. */
static void read_qemu_version(struct relay *r, const char *qemu)
{
	char *argv[] = { (char *)qemu, "--version", NULL };
	pid_t pid;
	FILE *f;

	f = start_reading(argv, &pid);
	if (!f)
		return;
	if (fscanf(f, "QEMU emulator version %31[0-9.]", r->qemu_version) != 1)
		r->qemu_version[0] = '\0';
	finish_reading(f, pid);
}

/* A value of digits is a number. */
static int add_fact(json_t *env, const char *fact)
{
	const char *value = strchr(fact, '=') + 1;
	bool is_number = strlen(value) < 19 && !value[strspn(value, "0123456789")];
	char key[64];

	snprintf(key, sizeof(key), "%.*s", (int)(value - 1 - fact), fact);
	return json_object_set_new(env, key, is_number ? json_integer(atoll(value)) :
				   json_string(value));
}

/* They may change every figure. */
static int add_qemu_args(struct relay *r)
{
	char *text = NULL;
	size_t i, sz = 0;
	FILE *out = open_memstream(&text, &sz);
	int err = -1;

	for (i = 0; out && i < r->host->cfg->nr_qemu_args; i++)
		fprintf(out, "%s%s", i ? " " : "", r->host->cfg->qemu_args[i]);
	if (out && !fclose(out))
		err = json_object_set_new(r->header.env, "qemu_args", json_string(text));
	free(text);
	return err;
}

/* What only the host knows of a run. */
static int add_host_facts(struct relay *r)
{
	json_t *env = r->header.env;
	int err = json_object_set_new(env, "kernel_spec", json_string(r->host->kernel));
	size_t i;

	if (!err && r->qemu_version[0])
		err = json_object_set_new(env, "qemu", json_string(r->qemu_version));
	if (!err && r->host->cfg->engine != VM_ENGINE_QEMU)
		err = json_object_set_new(env, "engine",
					  json_string(vm_engine_name(r->host->cfg->engine)));
	if (!err && r->host->cfg->nr_qemu_args)
		err = add_qemu_args(r);
	for (i = 0; i < r->host->nr_facts && !err; i++)
		err = add_fact(env, r->host->facts[i]);
	return err ? -ENOMEM : 0;
}

static int open_outputs(struct relay *r)
{
	int i;

	if (baseline_check("bench_vm", &r->o))
		return STATUS_USAGE;
	for (i = 0; i < r->o.nr_outputs; i++)
		if (reports_open(&r->reports, r->o.outputs[i], r->o.verbose))
			return STATUS_USAGE;
	if ((!i && reports_open(&r->reports, "table", r->o.verbose)) ||
	    baseline_open(&r->baseline, "bench_vm", &r->o, &r->reports) ||
	    baseline_read(&r->baseline, NULL))
		return STATUS_USAGE;
	return 0;
}

static int out_of_memory(void)
{
	fprintf(stderr, "bench_vm: out of memory\n");
	return STATUS_BROKEN;
}

int relay_open(struct relay *r, const struct relay_host *host, int argc, char **argv)
{
	char *full[argc + 2], err[512] = "out of memory";
	int rc;

	memset(r, 0, sizeof(*r));
	r->host = host;
	full[0] = "bench_progs";
	memcpy(full + 1, argv, argc * sizeof(*argv));
	full[argc + 1] = NULL;
	if (options_parse(&r->o, argc + 1, full, err, sizeof(err))) {
		fprintf(stderr, "bench_vm: %s\n", err);
		return STATUS_USAGE;
	}
	if (r->o.verb != VERB_RUN) {
		fprintf(stderr, "bench_vm: a guest only runs; the other verbs need none "
			"(./bench_progs %s)\n", argc ? argv[0] : "");
		return STATUS_USAGE;
	}
	rc = check_selection(r, host->runner);
	if (rc)
		return rc;
	if (host->qemu)
		read_qemu_version(r, host->qemu);
	r->end_case = r->nr_cases;
	if (relay_args_build(r))
		return out_of_memory();
	return open_outputs(r);
}

int relay_take_part(struct relay *r, size_t first, size_t end, const char *output)
{
	r->whole_args = r->args;
	r->args = (struct relay_args){};
	r->is_part = true;
	r->first = first;
	r->end_case = end;
	if (output) {
		/* They are the other's to write. */
		memset(&r->reports, 0, sizeof(r->reports));
		if (reports_open(&r->reports, output, r->o.verbose))
			return -EIO;
	}
	return relay_args_build(r);
}

static struct relay_case *find_case(struct relay *r, const char *id)
{
	size_t i;

	for (i = 0; i < r->nr_cases; i++)
		if (!strcmp(r->cases[i].id, id))
			return &r->cases[i];
	return NULL;
}

/* A result of any guest, but of each case only the first. */
static int report(struct relay *r, const struct result *res)
{
	struct relay_case *c = find_case(r, res->id);
	int err = c ? 0 : add_case(r, 0, res->id);

	c = c ?: &r->cases[r->nr_cases - 1];
	if (err || c->is_done)
		return err;
	c->is_done = true;
	if (res->status == STATUS_OK)
		r->end.passed++;
	else if (res->status == STATUS_SKIP)
		r->end.skipped++;
	else
		r->end.failed++;
	return reports_result(&r->reports, res);
}

/*
 * Numbers mean the same only in runners of one source, which two binaries need not be. The A/A is
 * in every plan, selected or not.
 */
static bool plan_is_ours(const struct relay *r)
{
	size_t at = r->first;
	int i;

	for (i = 0; i < r->header.nr_plan; i++) {
		if (at < r->end_case && !strcmp(r->header.plan[i], r->cases[at].id))
			at++;
		else if (strcmp(r->header.plan[i], EXEC_AA_ID))
			return false;
	}
	return at == r->end_case;
}

/* The cases behind this part belong to the plan. */
static int plan_whole(struct relay *r)
{
	struct doc_header *h = &r->header;
	size_t nr_more = r->nr_cases - r->end_case, i;
	char **plan;

	if (!nr_more)
		return 0;
	plan = realloc(h->plan, ((size_t)h->nr_plan + nr_more) * sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	h->plan = plan;
	for (i = r->end_case; i < r->nr_cases; i++) {
		plan[h->nr_plan] = strdup(r->cases[i].id);
		if (!plan[h->nr_plan++])
			return -ENOMEM;
	}
	return 0;
}

/* What the whole run was told, instead of what the guest of one part was. */
static int tell_whole(struct relay *r)
{
	struct doc_header *h = &r->header;
	size_t nr_own = r->args.argc, nr = r->whole_args.argc, i;
	char **argv;

	if ((size_t)h->argc < nr_own + 1)
		return -EINVAL;
	argv = calloc((size_t)h->argc - nr_own + nr, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	argv[0] = h->argv[0];
	for (i = 0; i < nr; i++)
		argv[1 + i] = r->whole_args.argv[i];
	for (i = 1; i <= nr_own; i++)
		free(h->argv[i]);
	for (i = nr_own + 1; i < (size_t)h->argc; i++)
		argv[i - nr_own + nr] = h->argv[i];
	free(h->argv);
	h->argv = argv;
	h->argc += (int)nr - (int)nr_own;
	free(r->whole_args.argv);
	r->whole_args = (struct relay_args){};
	return 0;
}

/* The document has one header, however many guests it comes from. */
static int take_header(struct relay *r, struct doc_header *h)
{
	bool fits = !r->has_header || (r->is_resumed && h->clock == r->header.clock);
	int rc;

	if (r->has_header || !fits) {
		doc_header_free(h);
		return fits ? 0 : -EINVAL;
	}
	r->header = *h;
	r->has_header = true;
	if (!r->is_resumed && !plan_is_ours(r)) {
		fprintf(stderr, "bench_vm: the runner in the guest has other benches than the one "
			"here: build both anew\n");
		return -EINVAL;
	}
	if (r->is_part) {
		rc = plan_whole(r) ?: tell_whole(r);
		if (rc)
			return rc;
	}
	return add_host_facts(r) ?: reports_begin(&r->reports, &r->header);
}

int relay_line(void *ctx, const char *line, size_t len)
{
	struct relay *r = ctx;
	struct doc_item item;
	char err[256];
	int rc;

	memset(&item, 0, sizeof(item));
	switch (doc_parse_line(line, len, &item, err, sizeof(err))) {
	case DOC_LINE_HEADER:
		return take_header(r, &item.header);
	case DOC_LINE_RESULT:
		rc = r->has_header ? report(r, &item.result) : -EINVAL;
		result_free(&item.result);
		return rc;
	case DOC_LINE_END:
		r->end.seconds += item.end.seconds;
		r->has_end = true;
		return 0;
	case DOC_LINE_IGNORED:
		return 0;
	default:
		fprintf(stderr, "bench_vm: the guest's document: %s\n", err);
		return -EINVAL;
	}
}

/* The parts of "family/case:name=1,other=2". What is no ID stays empty: it cannot be reported. */
static int split_id(struct result *res, const char *id)
{
	const char *name = strchr(id, '/'), *at;
	char param[DOC_MAX_NAME + 1];
	long long value;
	int len;

	if (!name)
		return -EINVAL;
	at = name + strcspn(name, ":");
	res->id = strdup(id);
	res->family = strndup(id, (size_t)(name - id));
	res->name = strndup(name + 1, (size_t)(at - name - 1));
	if (!res->id || !res->family || !res->name)
		return -ENOMEM;
	while (*at && res->nr_params < RESULT_MAX_PARAMS &&
	       sscanf(at + 1, "%255[^=,]=%lld%n", param, &value, &len) == 2) {
		res->params[res->nr_params].value = value;
		res->params[res->nr_params].name = strdup(param);
		if (!res->params[res->nr_params++].name)
			return -ENOMEM;
		at += 1 + len;
	}
	return 0;
}

static int lose_case(struct relay *r, const struct vm_outcome *out)
{
	struct result res = { .status = out->verdict == VM_HUNG ? STATUS_TIMEOUT : STATUS_CRASH };
	struct relay_case *c = find_case(r, out->running);
	int err = split_id(&res, out->running);

	if (c)
		c->is_lost = true;

	err = err ?: result_set_reason(&res, "%s", out->reason);
	err = err ?: report(r, &res);
	result_free(&res);
	r->nr_lost++;
	return err;
}

int relay_resume(struct relay *r, const struct vm_outcome *out)
{
	const struct relay_case *c = find_case(r, out->running);
	bool is_retried = c && r->retried == c->id;
	size_t i;
	int err = 0;

	if (!vm_verdict_is_bad_end(out->verdict) || !r->has_header || !out->running[0] ||
	    (c && c->is_done && (out->verdict != VM_QEMU_DIED || is_retried)))
		return 0;
	/* Also in the A/A, which is done in each guest. */
	if (out->verdict == VM_QEMU_DIED && c && !is_retried)
		r->retried = c->id;
	else
		err = lose_case(r, out);
	r->end.seconds += out->wall_s;
	r->is_resumed = true;
	for (i = r->first; i < r->end_case && !relay_case_is_left(r, i); i++)
		;
	if (i == r->end_case)
		r->has_end = true;
	if (err || r->has_end || r->nr_lost == NR_LOST_MAX)
		return err;
	return relay_args_build(r) ?: 1;
}

int relay_end_part(struct relay *r)
{
	int err = r->has_header ? reports_end(&r->reports, r->has_end ? &r->end : NULL) : 0;

	return reports_close(&r->reports) ?: err;
}

int relay_add_part(struct relay *r, FILE *doc)
{
	bool has_end = r->has_end;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int err = 0;

	r->is_resumed = true;
	r->has_end = false;
	while (!err && (len = getline(&line, &cap, doc)) > 0) {
		len -= line[len - 1] == '\n';
		line[len] = '\0';
		err = relay_line(r, line, (size_t)len);
	}
	free(line);
	r->has_end &= has_end;
	return err;
}

int relay_finish(struct relay *r, bool is_passed)
{
	if (!r->has_header)
		return 0;
	r->is_finished = true;
	/* What was lost shows when they are closed. */
	if (reports_end(&r->reports, r->has_end ? &r->end : NULL) || !r->has_end)
		return 0;
	return baseline_finish(&r->baseline, &r->reports, is_passed);
}

int relay_close(struct relay *r)
{
	int err = 0;
	size_t i;

	if (r->has_header && !r->is_finished)
		err = reports_end(&r->reports, r->has_end ? &r->end : NULL);
	err = reports_close(&r->reports) ?: err;
	baseline_close(&r->baseline);
	doc_header_free(&r->header);
	options_free(&r->o);
	relay_args_free(&r->args);
	relay_args_free(&r->whole_args);
	for (i = 0; i < r->nr_cases; i++)
		free(r->cases[i].id);
	free(r->cases);
	memset(r, 0, sizeof(*r));
	return err;
}
