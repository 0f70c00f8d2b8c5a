// SPDX-License-Identifier: GPL-2.0-only
/* A result's code in the document, written and read. */
#include "doc_code.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool doc_code_is_fit(const struct result *r)
{
	for (int slot = 0; slot < NR_SLOTS; slot++)
		if (r->code[slot] && prog_code_check(r->code[slot]))
			return false;
	return true;
}

static void put_bytes(FILE *out, const char *key, const struct code_bytes *bytes)
{
	fprintf(out, ",\"%s\":\"", key);
	/* A multiple of 3 at a time: padding belongs to the end. */
	for (uint32_t at = 0; at < bytes->sz; at += 48) {
		uint32_t left = bytes->sz - at;
		char text[68];

		code_base64_put(text, bytes->v + at, left < 48 ? left : 48);
		fputs(text, out);
	}
	putc('"', out);
}

static void put_names(FILE *out, const char *key, const struct code_names *names)
{
	if (!names->nr)
		return;
	fprintf(out, ",\"%s\":[", key);
	for (uint32_t i = 0; i < names->nr; i++) {
		fprintf(out, "%s[%" PRIu32 ",", i ? "," : "", names->v[i].at);
		doc_put_string(out, names->v[i].name);
		putc(']', out);
	}
	putc(']', out);
}

/* Members begin with a comma: the first of an object is the number of functions. */
static void put_code(FILE *out, const struct prog_code *c)
{
	if (c->id) {
		fputs("{\"id\":", out);
		doc_put_string(out, c->id);
		putc('}', out);
		return;
	}
	fputs("{\"funcs\":[", out);
	for (uint32_t i = 0; i < c->nr_funcs; i++) {
		fputs(i ? ",[" : "[", out);
		doc_put_string(out, c->funcs[i].name);
		fprintf(out, ",%" PRIu32 ",%" PRIu32 "]", c->funcs[i].insn, c->funcs[i].len);
	}
	putc(']', out);
	if (c->why) {
		fputs(",\"why\":", out);
		doc_put_string(out, c->why);
	}
	if (c->xlated.sz)
		put_bytes(out, "xlated", &c->xlated);
	put_names(out, "xlated_names", &c->xlated_names);
	if (c->jited.sz)
		put_bytes(out, "jited", &c->jited);
	put_names(out, "jited_names", &c->jited_names);
	putc('}', out);
}

void doc_put_code(FILE *out, const struct result *r)
{
	const char *sep = "";

	if (!r->code[SLOT_RAW] && !r->code[SLOT_BASE])
		return;
	fputs(",\"code\":{", out);
	for (int slot = SLOT_RAW; slot <= SLOT_BASE; slot++) {
		if (!r->code[slot])
			continue;
		fprintf(out, "%s\"%s\":", sep, slot_name(slot));
		sep = ",";
		put_code(out, r->code[slot]);
	}
	putc('}', out);
}

/* Where it is, and where its error goes. */
struct at {
	const char *slot, *key;
	char *err;
	size_t err_sz;
};

static int bad(const struct at *at, const char *what)
{
	snprintf(at->err, at->err_sz, "code.%s.%s %s", at->slot, at->key, what);
	return -EINVAL;
}

static int no_memory(const struct at *at)
{
	snprintf(at->err, at->err_sz, "out of memory");
	return -ENOMEM;
}

static bool is_type(const json_t *v, json_type type)
{
	return json_typeof(v) == type;
}

static int get_string(const struct at *at, const json_t *obj, char **out)
{
	const json_t *v = json_object_get(obj, at->key);
	size_t sz = json_string_length(v) + 1;

	if (!v)
		return 0;
	if (!is_type(v, JSON_STRING) || !doc_text_is_valid(json_string_value(v)))
		return bad(at, "is no text");
	*out = malloc(sz);
	if (!*out)
		return no_memory(at);
	memcpy(*out, json_string_value(v), sz);
	return 0;
}

static int get_bytes(const struct at *at, const json_t *obj, struct code_bytes *out)
{
	const json_t *v = json_object_get(obj, at->key);
	int err;

	if (!v)
		return 0;
	if (!is_type(v, JSON_STRING))
		return bad(at, "is not a string");
	err = code_base64_get(out, json_string_value(v), CODE_MAX_IMAGE);
	return err == -ENOMEM ? no_memory(at) : err ? bad(at, "is not base64 of at most 64 KiB") :
	       0;
}

static bool is_u32(const json_t *v)
{
	return is_type(v, JSON_INTEGER) && json_integer_value(v) >= 0 &&
	       json_integer_value(v) <= UINT32_MAX;
}

static int get_names(const struct at *at, const json_t *obj, struct code_names *names)
{
	const json_t *list = json_object_get(obj, at->key);
	size_t nr = json_array_size(list);

	if (!list)
		return 0;
	if (!is_type(list, JSON_ARRAY) || nr > CODE_MAX_NAMES)
		return bad(at, "is no array of at most 1024");
	for (size_t i = 0; i < nr; i++) {
		const json_t *v = json_array_get(list, i);
		const json_t *where = json_array_get(v, 0), *name = json_array_get(v, 1);

		if (json_array_size(v) != 2 || !is_u32(where) || !is_type(name, JSON_STRING))
			return bad(at, "has an entry that is not [number, name]");
		if (code_names__add(names, (uint32_t)json_integer_value(where),
				    json_string_value(name)))
			return no_memory(at);
	}
	return 0;
}

static int get_funcs(const struct at *at, const json_t *obj, struct prog_code *c)
{
	const json_t *list = json_object_get(obj, at->key);
	size_t nr = json_array_size(list);

	if (!list)
		return 0;
	if (!is_type(list, JSON_ARRAY) || nr > CODE_MAX_FUNCS)
		return bad(at, "is no array of at most 64");
	for (size_t i = 0; i < nr; i++) {
		const json_t *v = json_array_get(list, i), *name = json_array_get(v, 0);
		const json_t *insn = json_array_get(v, 1), *len = json_array_get(v, 2);

		if (json_array_size(v) != 3 || !is_type(name, JSON_STRING) || !is_u32(insn) ||
		    !is_u32(len))
			return bad(at, "has an entry that is not [name, number, number]");
		if (prog_code_add_func(c, json_string_value(name),
				       (uint32_t)json_integer_value(insn),
				       (uint32_t)json_integer_value(len)))
			return no_memory(at);
	}
	return 0;
}

static int parse_code(const struct at *in, const json_t *obj, struct prog_code *c)
{
	struct at at = *in;
	const char *wrong;
	int err;

	at.key = "id";
	err = get_string(&at, obj, &c->id);
	if (err || c->id)
		goto check;
	at.key = "why";
	err = get_string(&at, obj, &c->why);
	at.key = "xlated";
	err = err ? err : get_bytes(&at, obj, &c->xlated);
	at.key = "jited";
	err = err ? err : get_bytes(&at, obj, &c->jited);
	at.key = "funcs";
	err = err ? err : get_funcs(&at, obj, c);
	at.key = "xlated_names";
	err = err ? err : get_names(&at, obj, &c->xlated_names);
	at.key = "jited_names";
	err = err ? err : get_names(&at, obj, &c->jited_names);
check:
	wrong = err ? NULL : prog_code_check(c);
	if (!wrong)
		return err;
	snprintf(at.err, at.err_sz, "code.%s %s", at.slot, wrong);
	return -EINVAL;
}

int doc_parse_code(const json_t *obj, struct result *r, char *err, size_t err_sz)
{
	struct at at = { .err = err, .err_sz = err_sz };
	int ret = 0;

	if (obj && json_typeof(obj) != JSON_OBJECT) {
		snprintf(err, err_sz, "code is not an object");
		return -EINVAL;
	}
	for (int slot = SLOT_RAW; slot <= SLOT_BASE && !ret; slot++) {
		const json_t *v = json_object_get(obj, slot_name(slot));

		if (!v)
			continue;
		if (json_typeof(v) != JSON_OBJECT) {
			snprintf(err, err_sz, "code.%s is not an object", slot_name(slot));
			return -EINVAL;
		}
		at.slot = slot_name(slot);
		r->code[slot] = calloc(1, sizeof(*r->code[slot]));
		ret = r->code[slot] ? parse_code(&at, v, r->code[slot]) : no_memory(&at);
	}
	return ret;
}
