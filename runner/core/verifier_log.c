// SPDX-License-Identifier: GPL-2.0-only
/*
 * Written from logs of 5.10, 6.1, 6.12, 6.18 and 7.3. The program's source and the names of its
 * functions are in a log, so nothing in it is trusted: only whole lines are looked at, and only at
 * their beginning.
 */
#include <string.h>

#include "core/verifier_log.h"

/* Numbers with more digits than this are none. */
#define MAX_DIGITS 18

struct line {
	const char *start, *end;
};

/* A line with its newline; a rest without one is cut, and none. */
static bool next_line(const char **at, const char *end, struct line *line)
{
	const char *newline = memchr(*at, '\n', end - *at);

	if (!newline)
		return false;
	*line = (struct line){ *at, newline };
	*at = newline + 1;
	return true;
}

static bool starts_with(struct line line, const char *prefix)
{
	size_t len = strlen(prefix);

	return (size_t)(line.end - line.start) >= len && !memcmp(line.start, prefix, len);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes a number off the beginning of @line. */
static bool take_number(struct line *line, uint64_t *value)
{
	const char *start = line->start;

	*value = 0;
	while (line->start < line->end && is_digit(*line->start)) {
		if (line->start - start == MAX_DIGITS)
			return false;
		*value = *value * 10 + (*line->start++ - '0');
	}
	return line->start > start;
}

/* The number behind the word @key. */
static struct verifier_stat find_stat(struct line line, const char *key)
{
	size_t len = strlen(key);
	struct verifier_stat stat = {};
	bool is_key = false;
	const char *space;

	while (!is_key) {
		space = memchr(line.start, ' ', line.end - line.start);
		if (!space)
			return stat;
		is_key = (size_t)(space - line.start) == len && !memcmp(line.start, key, len);
		line.start = space + 1;
	}
	stat.has = take_number(&line, &stat.value) &&
		   (line.start == line.end || strchr(" )", *line.start));
	return stat.has ? stat : (struct verifier_stat){};
}

/* "16+40+104": the frame of each subprogram; 7.3 says "max 176" here, and these in lines below. */
static void read_stack(struct line line, struct verifier_stats *s)
{
	uint64_t sum = 0, nr = 0, frame;

	s->stack_deepest = find_stat(line, "max");
	s->subprogs = s->stack_sum = (struct verifier_stat){ .has = s->stack_deepest.has };
	line.start += strlen("stack depth ");
	while (take_number(&line, &frame)) {
		sum += frame;
		nr++;
		if (line.start == line.end) {
			s->subprogs = (struct verifier_stat){ true, nr };
			s->stack_sum = (struct verifier_stat){ true, sum };
			return;
		}
		if (*line.start++ != '+')
			return;
	}
}

/* "subprog 1 (name) static insns_self 20 insns_total 20 stack 40" */
static void read_subprog(struct line line, struct verifier_stats *s)
{
	struct verifier_stat frame = find_stat(line, "stack");

	s->subprogs.value++;
	if (s->stack_sum.has && frame.has)
		s->stack_sum.value += frame.value;
	else
		s->stack_sum = (struct verifier_stat){};
}

static void read_processed(struct line line, struct verifier_stats *s)
{
	s->insns = find_stat(line, "processed");
	s->limit = find_stat(line, "(limit");
	s->max_states_per_insn = find_stat(line, "max_states_per_insn");
	s->total_states = find_stat(line, "total_states");
	s->peak_states = find_stat(line, "peak_states");
	s->mark_read = find_stat(line, "mark_read");
}

bool verifier_log_stats(const char *log, size_t len, struct verifier_stats *s)
{
	const char *end = log + strnlen(log, len);
	struct verifier_stats now = {};
	struct line line;
	bool found = false;

	memset(s, 0, sizeof(*s));
	while (next_line(&log, end, &line)) {
		if (starts_with(line, "verification time ")) {
			memset(&now, 0, sizeof(now));
			now.time_us = find_stat(line, "time");
		} else if (starts_with(line, "stack depth ")) {
			read_stack(line, &now);
		} else if (starts_with(line, "subprog ") && now.stack_deepest.has) {
			read_subprog(line, &now);
		} else if (starts_with(line, "processed ")) {
			read_processed(line, &now);
			if (now.insns.has) {
				*s = now;
				found = true;
			}
			memset(&now, 0, sizeof(now));
		}
	}
	return found;
}

/* "12: (85) call ...", "12: R0=...", "12: safe" */
static bool is_insn(struct line line)
{
	uint64_t insn;

	return take_number(&line, &insn) && starts_with(line, ": ");
}

/* What verbose levels print before, between and behind errors; a continued state is indented. */
static bool is_trace(struct line line)
{
	static const char *const starts[] = {
		" ", "; ", "from ", "func#", "Func#", "Validating ", "mark_precise: ", "last_idx ",
		"regs=", "parent ", "propagating ", "cur state:", "old state:", "caller:",
		"callee:", "returning from callee:", "to caller at ", "SCC ", "frame",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (starts_with(line, starts[i]))
			return true;
	return false;
}

static bool is_stats(struct line line)
{
	return starts_with(line, "verification time ") || starts_with(line, "stack depth ") ||
	       starts_with(line, "processed ");
}

/* Other bytes would neither pass as text of a document nor leave a terminal alone. */
static void copy_printable(struct line line, char *out, size_t out_sz)
{
	for (; line.start < line.end && out_sz > 1; out_sz--, line.start++)
		*out++ = *line.start >= ' ' && *line.start <= '~' ? *line.start : '?';
	*out = '\0';
}

bool verifier_log_reason(const char *log, size_t len, char *reason, size_t reason_sz)
{
	const char *end = log + strnlen(log, len);
	bool has_stats = false, has_report = false, is_done = false, is_last = false;
	struct line line, last = {};

	while (next_line(&log, end, &line)) {
		if (is_done) {		/* another log behind this one */
			last = (struct line){};
			has_stats = has_report = false;
		}
		is_done = starts_with(line, "processed ");
		has_stats |= is_stats(line);
		/* 7.3 explains the error at length, behind the line itself. */
		has_report |= starts_with(line, "Verification failed: ");
		if (has_stats || has_report || line.start == line.end)
			continue;
		is_last = !is_insn(line) && !is_trace(line);
		if (is_last)
			last = line;
		else if (is_insn(line))
			last = (struct line){};
	}
	if (!has_stats && !(is_last && log == end))
		last = (struct line){};
	copy_printable(last, reason, reason_sz);
	return last.start;
}
