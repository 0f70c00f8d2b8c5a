// SPDX-License-Identifier: GPL-2.0-only
/* What a prog_code holds. code_mask.c takes addresses out of it, doc_code.c writes and reads it. */
#include "code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "doc.h"

enum code_arch code_arch_parse(const char *machine)
{
	if (machine && !strcmp(machine, "x86_64"))
		return CODE_ARCH_X86_64;
	if (machine && !strcmp(machine, "aarch64"))
		return CODE_ARCH_ARM64;
	return CODE_ARCH_OTHER;
}

static void names_free(struct code_names *names)
{
	for (uint32_t i = 0; i < names->nr; i++)
		free(names->v[i].name);
	free(names->v);
}

void prog_code_free(struct prog_code *c)
{
	if (!c)
		return;
	free(c->id);
	free(c->why);
	free(c->xlated.v);
	free(c->jited.v);
	for (uint32_t i = 0; i < c->nr_funcs; i++)
		free(c->funcs[i].name);
	names_free(&c->xlated_names);
	names_free(&c->jited_names);
	free(c);
}

const struct prog_code *prog_code_resolve(const struct prog_code *c)
{
	if (c && c->id)
		c = c->same;
	return c && c->xlated.sz ? c : NULL;
}

/* No strdup(): what a name may be is known, and malloc() is what tests let fail. */
static char *copy_name(const char *name)
{
	size_t sz = strnlen(name, CODE_MAX_NAME);
	char *copy = malloc(sz + 1);

	if (!copy)
		return NULL;
	memcpy(copy, name, sz);
	copy[sz] = 0;
	return copy;
}

int prog_code_add_func(struct prog_code *c, const char *name, uint32_t insn, uint32_t len)
{
	struct code_func *f = &c->funcs[c->nr_funcs];

	if (c->nr_funcs == CODE_MAX_FUNCS)
		return -ENOSPC;
	*f = (struct code_func){ .name = copy_name(name), .insn = insn, .len = len };
	if (!f->name)
		return -ENOMEM;
	c->nr_funcs++;
	return 0;
}

int code_names__add(struct code_names *names, uint32_t at, const char *name)
{
	struct code_name *v;

	if (names->nr == CODE_MAX_NAMES)
		return -ENOSPC;
	v = realloc(names->v, (names->nr + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	names->v = v;
	v[names->nr] = (struct code_name){ .at = at, .name = copy_name(name) };
	if (!v[names->nr].name)
		return -ENOMEM;
	names->nr++;
	return 0;
}

const char *code_names__find(const struct code_names *names, uint32_t from, uint32_t to)
{
	uint32_t lo = 0, hi = names->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (names->v[mid].at < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < names->nr && names->v[lo].at < to ? names->v[lo].name : NULL;
}

static bool name_is_valid(const char *name)
{
	return doc_name_is_valid(name) && strlen(name) <= CODE_MAX_NAME;
}

static bool names_are_valid(const struct code_names *names, uint32_t end)
{
	for (uint32_t i = 0; i < names->nr; i++)
		if (!name_is_valid(names->v[i].name) || names->v[i].at >= end ||
		    (i && names->v[i].at <= names->v[i - 1].at))
			return false;
	return true;
}

const char *prog_code_check(const struct prog_code *c)
{
	uint32_t nr_insns = c->xlated.sz / CODE_INSN_SZ, len = 0;

	if (c->id)
		return doc_name_is_valid(c->id) ? NULL : "id is no name";
	if (c->xlated.sz % CODE_INSN_SZ || c->xlated.sz > CODE_MAX_IMAGE)
		return "xlated is not whole instructions, at most 64 KiB";
	if (c->jited.sz > CODE_MAX_IMAGE || (c->jited.sz && !c->xlated.sz))
		return "jited is longer than 64 KiB, or without xlated";
	if (!c->xlated.sz && !c->why)
		return "has neither xlated, id nor why";
	if (!c->nr_funcs != !c->xlated.sz)
		return "has funcs without xlated, or xlated without";
	for (uint32_t i = 0; i < c->nr_funcs; i++) {
		const struct code_func *f = &c->funcs[i];

		if (!name_is_valid(f->name) || f->insn >= nr_insns ||
		    (i ? f->insn <= f[-1].insn : f->insn) || f->len > c->jited.sz - len)
			return "funcs are not in order, or longer than jited";
		len += f->len;
	}
	if (len != c->jited.sz)
		return "funcs are shorter than jited";
	if (!names_are_valid(&c->xlated_names, nr_insns))
		return "xlated_names are not in order within xlated";
	if (!names_are_valid(&c->jited_names, c->jited.sz))
		return "jited_names are not in order within jited";
	return NULL;
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t code_base64_size(size_t sz)
{
	return (sz + 2) / 3 * 4;
}

void code_base64_put(char *out, const uint8_t *data, size_t sz)
{
	for (size_t i = 0; i < sz; i += 3, out += 4) {
		size_t left = sz - i;
		uint32_t v = (uint32_t)data[i] << 16 | (left > 1 ? data[i + 1] : 0) << 8 |
			     (left > 2 ? data[i + 2] : 0);

		for (int k = 0; k < 4; k++)
			out[k] = digits[v >> (18 - 6 * k) & 63];
		for (size_t k = left + 1; k < 4; k++)
			out[k] = '=';
	}
	*out = 0;
}

int code_base64_get(struct code_bytes *out, const char *text, size_t max)
{
	size_t len = strlen(text), nr = len;

	while (nr && len - nr < 2 && text[nr - 1] == '=')
		nr--;
	*out = (struct code_bytes){ 0 };
	if (len % 4 || len / 4 * 3 - (len - nr) > max)
		return -EINVAL;
	if (!len)
		return 0;
	out->v = malloc(len / 4 * 3);
	if (!out->v)
		return -ENOMEM;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t v = 0;

		for (size_t k = i; k < i + 4; k++) {
			const char *digit = k < nr ? strchr(digits, text[k]) : digits;

			if (!digit) {
				free(out->v);
				*out = (struct code_bytes){ 0 };
				return -EINVAL;
			}
			v = v << 6 | (uint32_t)(digit - digits);
		}
		for (int k = 0; k < 3; k++)
			out->v[i / 4 * 3 + k] = v >> (16 - 8 * k);
	}
	out->sz = (uint32_t)(len / 4 * 3 - (len - nr));
	return 0;
}
