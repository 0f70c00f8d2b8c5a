// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code of a result in a document: written, read, refused, shared between results.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"

static char err_buf[256], *err = err_buf;

static struct prog_code *code_new(void)
{
	static const uint8_t xlated[] = {
		0x85, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0,
	};
	struct prog_code *c = calloc(1, sizeof(*c));

	c->xlated = (struct code_bytes){ malloc(sizeof(xlated)), sizeof(xlated) };
	memcpy(c->xlated.v, xlated, sizeof(xlated));
	/* More than the writer takes at once. */
	c->jited = (struct code_bytes){ malloc(100), 100 };
	for (int i = 0; i < 100; i++)
		c->jited.v[i] = i;
	prog_code_add_func(c, "prog", 0, 60);
	prog_code_add_func(c, "prog_chunk", 2, 40);
	code_names__add(&c->xlated_names, 0, "bpf_ktime_get_ns");
	code_names__add(&c->jited_names, 1, "bpf_ktime_get_ns");
	code_names__add(&c->jited_names, 20, "map:hash_map");
	return c;
}

static char *line_of(const struct result *r)
{
	struct memory m;
	char *text;

	memory_open(&m);
	if (doc_write_result(m.out, r, CLOCK_KIND_NS))
		abort();
	text = strdup(m.text);
	memory_close(&m);
	return text;
}

TEST(written_and_read)
{
	struct doc_item item;
	struct result r;
	char *line, *again;

	result_init(&r, "f/c", STATUS_OK);
	r.code[SLOT_RAW] = code_new();
	r.code[SLOT_BASE] = calloc(1, sizeof(struct prog_code));
	r.code[SLOT_BASE]->id = strdup("f/empty");
	line = line_of(&r);
	EXPECT_NE(NULL, strstr(line, "\"code\":{\"raw\":{\"funcs\":[[\"prog\",0,60],"
				     "[\"prog_chunk\",2,40]],\"xlated\":\"hQAA"));
	EXPECT_NE(NULL, strstr(line, "\"xlated_names\":[[0,\"bpf_ktime_get_ns\"]]"));
	EXPECT_NE(NULL, strstr(line, "\"base\":{\"id\":\"f/empty\"}"));
	ASSERT_EQ(DOC_LINE_RESULT, doc_parse_line(line, strlen(line) - 1, &item, err, 256));
	again = line_of(&item.result);
	EXPECT_STREQ(line, again);
	EXPECT_EQ(100, item.result.code[SLOT_RAW]->jited.sz);
	EXPECT_EQ(0, memcmp(r.code[SLOT_RAW]->jited.v, item.result.code[SLOT_RAW]->jited.v, 100));
	free(line);
	free(again);
	result_free(&item.result);
	result_free(&r);
}

TEST(only_a_reason)
{
	struct doc_item item;
	struct result r;
	char *line;

	result_init(&r, "f/c", STATUS_OK);
	r.code[SLOT_BASE] = calloc(1, sizeof(struct prog_code));
	r.code[SLOT_BASE]->why = strdup("hidden");
	line = line_of(&r);
	EXPECT_NE(NULL, strstr(line, "\"code\":{\"base\":{\"funcs\":[],\"why\":\"hidden\"}}"));
	ASSERT_EQ(DOC_LINE_RESULT, doc_parse_line(line, strlen(line) - 1, &item, err, 256));
	EXPECT_EQ(NULL, item.result.code[SLOT_RAW]);
	EXPECT_STREQ("hidden", item.result.code[SLOT_BASE]->why);
	free(line);
	result_free(&item.result);
	result_free_code(&r);
	EXPECT_EQ(NULL, r.code[SLOT_BASE]);
	line = line_of(&r);
	EXPECT_EQ(NULL, strstr(line, "\"code\""));
	free(line);
	result_free(&r);
}

TEST(not_written)
{
	struct result r;
	struct memory m;

	result_init(&r, "f/c", STATUS_OK);
	r.code[SLOT_RAW] = code_new();
	r.code[SLOT_RAW]->funcs[0].len = 61;
	memory_open(&m);
	EXPECT_EQ(-EINVAL, doc_write_result(m.out, &r, CLOCK_KIND_NS));
	fflush(m.out);
	EXPECT_EQ(0, m.sz);
	memory_close(&m);
	result_free(&r);
}

#define GOOD_XLATED "\"xlated\":\"lQAAAAAAAAA=\""
#define GOOD_FUNCS "\"funcs\":[[\"p\",0,0]]"

TEST(malformed)
{
	static const struct {
		const char *code, *clause;	/* NULL: accepted */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"ref\":7}", NULL },
		{ "{\"raw\":{" GOOD_FUNCS "," GOOD_XLATED ",\"more\":[]}}", NULL },
		{ "7", "code is not an object" },
		{ "{\"raw\":[]}", "code.raw is not an object" },
		{ "{\"base\":{}}", "code.base has neither xlated, id nor why" },
		{ "{\"raw\":{\"id\":7}}", "code.raw.id is no text" },
		{ "{\"raw\":{\"id\":\"a b\"}}", "code.raw id is no name" },
		{ "{\"raw\":{\"why\":\"\\u001b[\"}}", "code.raw.why is no text" },
		{ "{\"raw\":{\"xlated\":7}}", "code.raw.xlated is not a string" },
		{ "{\"raw\":{\"xlated\":\"lQ\"}}",
		  "code.raw.xlated is not base64 of at most 64 KiB" },
		{ "{\"raw\":{" GOOD_XLATED ",\"jited\":\"*\"}}",
		  "code.raw.jited is not base64 of at most 64 KiB" },
		{ "{\"raw\":{" GOOD_XLATED "}}",
		  "code.raw has funcs without xlated, or xlated without" },
		{ "{\"raw\":{" GOOD_XLATED ",\"funcs\":7}}",
		  "code.raw.funcs is no array of at most 64" },
		{ "{\"raw\":{" GOOD_XLATED ",\"funcs\":[7]}}",
		  "code.raw.funcs has an entry that is not [name, number, number]" },
		{ "{\"raw\":{" GOOD_XLATED ",\"funcs\":[[7,0,0]]}}",
		  "code.raw.funcs has an entry that is not [name, number, number]" },
		{ "{\"raw\":{" GOOD_XLATED ",\"funcs\":[[\"p\",-1,0]]}}",
		  "code.raw.funcs has an entry that is not [name, number, number]" },
		{ "{\"raw\":{" GOOD_XLATED ",\"funcs\":[[\"p\",0,4294967296]]}}",
		  "code.raw.funcs has an entry that is not [name, number, number]" },
		{ "{\"raw\":{" GOOD_FUNCS "," GOOD_XLATED ",\"xlated_names\":7}}",
		  "code.raw.xlated_names is no array of at most 1024" },
		{ "{\"raw\":{" GOOD_FUNCS "," GOOD_XLATED ",\"xlated_names\":[[0]]}}",
		  "code.raw.xlated_names has an entry that is not [number, name]" },
		{ "{\"raw\":{" GOOD_FUNCS "," GOOD_XLATED ",\"xlated_names\":[[0.5,\"n\"]]}}",
		  "code.raw.xlated_names has an entry that is not [number, name]" },
		{ "{\"raw\":{" GOOD_FUNCS "," GOOD_XLATED ",\"jited_names\":[[0,7]]}}",
		  "code.raw.jited_names has an entry that is not [number, name]" },
		{ "{\"raw\":{" GOOD_FUNCS "," GOOD_XLATED ",\"jited_names\":[[0,\"n\"]]}}",
		  "code.raw jited_names are not in order within jited" },
	};
	struct doc_item item;
	char line[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int ret;

		snprintf(line, sizeof(line), "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\","
			 "\"case\":\"c\",\"status\":\"ok\",\"code\":%s}", cases[i].code);
		err[0] = 0;
		ret = doc_parse_line(line, strlen(line), &item, err, sizeof(err_buf));
		EXPECT_EQ(cases[i].clause ? -EINVAL : DOC_LINE_RESULT, ret);
		EXPECT_STREQ(cases[i].clause ? cases[i].clause : "", err);
		result_free(&item.result);
	}
}

/* One more than there may be, in valid JSON. */
TEST(too_many)
{
	static const struct {
		const char *before, *one, *clause;
		int nr;
	} cases[] = {
		{ "\"funcs\":[", "[\"p\",0,0]", "code.raw.funcs is no array of at most 64", 65 },
		{ GOOD_FUNCS ",\"jited_names\":[", "[0,\"p\"]",
		  "code.raw.jited_names is no array of at most 1024", 1025 },
	};
	struct doc_item item;

	for (size_t k = 0; k < 2; k++) {
		struct memory m;

		memory_open(&m);
		fprintf(m.out, "{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\","
			"\"case\":\"c\",\"status\":\"ok\",\"code\":{\"raw\":{%s",
			cases[k].before);
		for (int i = 0; i < cases[k].nr; i++)
			fprintf(m.out, "%s%s", i ? "," : "", cases[k].one);
		fputs("]}}}", m.out);
		fflush(m.out);
		EXPECT_EQ(-EINVAL, doc_parse_line(m.text, m.sz, &item, err, sizeof(err_buf)));
		EXPECT_STREQ(cases[k].clause, err);
		memory_close(&m);
	}
}

/* Code that several results share; the machine it is for. */
TEST(shared)
{
	struct run_doc doc, read;
	struct memory m;
	struct result *r;

	doc_init(&doc, CLOCK_KIND_NS);
	r = doc_add(&doc, "f/a", STATUS_OK);
	r->code[SLOT_BASE] = calloc(1, sizeof(struct prog_code));
	r->code[SLOT_BASE]->id = strdup("f/empty");
	r = doc_add(&doc, "f/b", STATUS_OK);
	r->code[SLOT_BASE] = calloc(1, sizeof(struct prog_code));
	r->code[SLOT_BASE]->id = strdup("f/gone");
	r = doc_add(&doc, "f/empty", STATUS_OK);
	r->code[SLOT_RAW] = code_new();
	memory_open(&m);
	doc_write_header(m.out, &doc.header);
	for (size_t i = 0; i < doc.nr_results; i++)
		doc_write_result(m.out, &doc.results[i], CLOCK_KIND_NS);
	fflush(m.out);
	ASSERT_EQ(0, read_text(m.text, m.sz, &read, err, sizeof(err_buf)));
	EXPECT_EQ(read.results[2].code[SLOT_RAW], read.results[0].code[SLOT_BASE]->same);
	EXPECT_EQ(NULL, read.results[1].code[SLOT_BASE]->same);
	EXPECT_EQ(CODE_ARCH_X86_64, read.results[2].code[SLOT_RAW]->arch);
	EXPECT_EQ(read.results[2].code[SLOT_RAW],
		  prog_code_resolve(read.results[0].code[SLOT_BASE]));
	memory_close(&m);
	run_doc_free(&read);
	run_doc_free(&doc);
}

TEST(no_memory)
{
	static const char id[] =
		"{\"type\":\"result\",\"id\":\"f/c\",\"family\":\"f\",\"case\":\"c\","
		"\"status\":\"ok\",\"code\":{\"raw\":{\"id\":\"f/d\"}}}";
	struct doc_item item;
	struct result r;
	char *line;
	long n = 0;
	int ret;

	ASSERT_TRUE(can_fail());
	result_init(&r, "f/c", STATUS_OK);
	r.code[SLOT_RAW] = code_new();
	r.code[SLOT_RAW]->why = strdup("partly");
	line = line_of(&r);
	for (int k = 0; k < 2; k++) {
		const char *text = k ? id : line;

		n = 0;
		do {
			fail_after = n;
			ret = doc_parse_line(text, strlen(text) - !k, &item, err, sizeof(err_buf));
			fail_after = -1;
			ASSERT_TRUE(ret == DOC_LINE_RESULT || ret == -ENOMEM);
			result_free(&item.result);
		} while (ret == -ENOMEM && n++ < 100);
		EXPECT_EQ(DOC_LINE_RESULT, ret);
		EXPECT_LT(3, n);
	}
	free(line);
	result_free(&r);
}

TEST_HARNESS_MAIN
