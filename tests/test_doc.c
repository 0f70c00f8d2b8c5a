// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line of a document: written, read, refused. Whole documents: test_doc_file.c.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>
#include <math.h>
#include <wchar.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"

TEST(names)
{
	char name[DOC_MAX_NAME + 2];

	memset(name, 'n', sizeof(name));
	name[DOC_MAX_NAME + 1] = 0;
	EXPECT_FALSE(doc_name_is_valid(name));
	name[DOC_MAX_NAME] = 0;
	EXPECT_TRUE(doc_name_is_valid(name));
	EXPECT_TRUE(doc_name_is_valid("map_lookup/hash:entries=1024"));
	EXPECT_FALSE(doc_name_is_valid(""));
	EXPECT_FALSE(doc_name_is_valid("a b"));
	EXPECT_FALSE(doc_name_is_valid("a#b"));
	EXPECT_FALSE(doc_name_is_valid("a\nb"));
	EXPECT_FALSE(doc_name_is_valid("a\x7f"));
	EXPECT_FALSE(doc_name_is_valid("\xc3\xa9"));
}

TEST(texts)
{
	static const char *const good[] = {
		"", "plain", "\xc3\xa9", "\xc2\xa0", "\xe0\xa0\x80", "\xe2\x82\xac", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xf0\x90\x80\x80", "\xf1\x80\x80\x80", "\xf4\x8f\xbf\xbf",
	};
	static const char *const wrong[] = {
		"\x1b[31m", "a\n", "\x7f", "\xc2\x9b", "\xc2\x80", "\x80", "\xc0\x80", "\xc1\xbf",
		"\xc3", "\xc3(", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xe2\x82(",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf1\x80\x80(",
	};
	char *text = calloc(1, DOC_MAX_TEXT + 2);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		EXPECT_TRUE(doc_text_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_FALSE(doc_text_is_valid(wrong[i]));
	memset(text, 't', DOC_MAX_TEXT);
	EXPECT_TRUE(doc_text_is_valid(text));
	text[DOC_MAX_TEXT] = 't';
	EXPECT_FALSE(doc_text_is_valid(text));
	free(text);
}

TEST(statuses)
{
	enum status s;

	for (int i = 0; i < NR_STATUSES; i++) {
		ASSERT_EQ(0, status_parse(status_name(i), &s));
		ASSERT_EQ(i, (int)s);
	}
	EXPECT_EQ(-EINVAL, status_parse("passed", &s));
	EXPECT_FALSE(status_is_failure(STATUS_OK));
	EXPECT_FALSE(status_is_failure(STATUS_SKIP));
	EXPECT_TRUE(status_is_failure(STATUS_FAIL));
	EXPECT_TRUE(status_is_failure(STATUS_TIMEOUT));
	EXPECT_TRUE(status_is_failure(STATUS_CRASH));
}

TEST(result_metrics)
{
	struct estimate e = estimate_ns(12.3, 0.1);
	struct result r = { 0 };

	EXPECT_EQ(NULL, result_headline(&r));
	EXPECT_EQ(-EINVAL, result_add_metric(&r, "score", &e));
	EXPECT_EQ(0, result_add_metric(&r, "raw", &e));
	EXPECT_STREQ("raw", result_headline(&r)->def->name);
	EXPECT_EQ(-EEXIST, result_add_metric(&r, "raw", &e));
	EXPECT_EQ(0, result_add_metric(&r, "net", &e));
	EXPECT_STREQ("net", result_headline(&r)->def->name);
	EXPECT_EQ(NULL, result_metric(&r, "base"));
	for (; r.nr_metrics < RESULT_MAX_METRICS; r.nr_metrics++)
		r.metrics[r.nr_metrics].def = metric_find("raw");
	EXPECT_EQ(-ENOSPC, result_add_metric(&r, "base", &e));
	result_free(&r);
	result_free(&r);
}

TEST(result_reason)
{
	static const wchar_t unconvertible[] = { 0x20ac, 0 };
	struct result r = { 0 };

	ASSERT_EQ(0, result_set_reason(&r, "exit %d", 3));
	EXPECT_STREQ("exit 3", r.reason);
	ASSERT_EQ(0, result_set_reason(&r, "signal %s", "SEGV"));
	EXPECT_STREQ("signal SEGV", r.reason);
	EXPECT_EQ(-EINVAL, result_set_reason(&r, "%ls", unconvertible));
	EXPECT_STREQ("signal SEGV", r.reason);
	ASSERT_TRUE(can_fail());
	fail_after = 0;
	EXPECT_EQ(-ENOMEM, result_set_reason(&r, "lost"));
	fail_after = -1;
	EXPECT_STREQ("signal SEGV", r.reason);
	result_free(&r);
}

TEST(ids)
{
	static const struct {
		const char *id, *family, *name;
		bool is_valid;
	} cases[] = {
		{ "f/c", "f", "c", true },
		{ "f/c:n=1", "f", "c", true },
		{ "f/c", "f", NULL, false },
		{ "f/c", NULL, "c", false },
		{ NULL, "f", "c", false },
		{ "f c", "f", "c", false },
		{ "f/c", "", "c", false },
		{ "f/c", "f", "", false },
		{ "g/c", "f", "c", false },
		{ "fc", "f", "c", false },
		{ "f/d", "f", "c", false },
		{ "f/cd", "f", "c", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = {
			.id = (char *)cases[i].id, .family = (char *)cases[i].family,
			.name = (char *)cases[i].name,
		};

		EXPECT_EQ(cases[i].is_valid, result_id_is_valid(&r));
	}
}

TEST(strings_are_made_fit)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ NULL, "\"\"" }, { "plain", "\"plain\"" }, { "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\tc\x1b[1m", "\"a b c [1m\"" }, { "\x7f|\xc2\x9b|", "\" | |\"" },
		{ "\xc3\xa9\xff\xe2\x82", "\"\xc3\xa9???\"" },
	};
	char *text = malloc(DOC_MAX_TEXT + 3);
	struct memory m;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memory_open(&m);
		doc_put_string(m.out, cases[i].in);
		fflush(m.out);
		EXPECT_STREQ(cases[i].out, m.text);
		memory_close(&m);
	}
	/* The last character that fits does, a whole one. */
	memset(text, 't', DOC_MAX_TEXT - 1);
	strcpy(text + DOC_MAX_TEXT - 1, "\xc3\xa9");
	memory_open(&m);
	doc_put_string(m.out, text);
	fflush(m.out);
	EXPECT_EQ(DOC_MAX_TEXT - 1 + 2, m.sz);
	memory_close(&m);
	free(text);
}

TEST(cut_texts)
{
	static const char *const cases[][2] = {
		{ "", "" }, { "a", "a" }, { "\xc3\xa9", "\xc3\xa9" }, { "a\xc3", "a" },
		{ "a\xe2\x82", "a" }, { "a\xe2", "a" }, { "\xf0\x90\x80", "" },
		{ "\xf0\x90\x80\x80", "\xf0\x90\x80\x80" }, { "\x80\x80", "\x80\x80" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[8], *cut = text;

		strcpy(text, cases[i][0]);
		doc_end_text(cut);
		EXPECT_STREQ(cases[i][1], cut);
	}
}

TEST(doubles_read_back_to_the_bit)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = i > 1 ? rng_u64(&rng) : (uint64_t)i << 63;
		struct memory m;
		json_t *back;
		double v;

		memcpy(&v, &bits, sizeof(v));
		if (!isfinite(v))
			continue;
		if (i > 1 && i % 3 == 0)
			v = rint(rng_normal(&rng) * 1e6) / 8;
		memory_open(&m);
		doc_put_double(m.out, v);
		fflush(m.out);
		back = json_loads(m.text, JSON_DECODE_ANY, NULL);
		ASSERT_NE(NULL, back);
		ASSERT_TRUE(json_number_value(back) == v);
		ASSERT_EQ(!!signbit(v), !!signbit(json_number_value(back)));
		json_decref(back);
		memory_close(&m);
	}
}

static void good_result(struct result *r)
{
	struct estimate e = estimate_ns(12.3, 0.1), jited = estimate_exact(312);
	struct sample s = { .elapsed = 1000, .done = 10, .slot = 1 };

	result_init(r, "map/hash:entries=1024", STATUS_OK);
	r->params[r->nr_params++] = (struct param){ strdup("entries"), 1024 };
	r->params[r->nr_params++] = (struct param){ strdup("b"), -3 };
	r->notes[r->nr_notes++] = strdup("rep movsb counts once per byte");
	r->is_user_loop = true;
	e.nr_excluded = 3;
	result_add_metric(r, "net", &e);
	e.quality = QUALITY_UNSTABLE;
	result_add_metric(r, "raw", &e);
	result_add_metric(r, "jited", &jited);
	for (; s.round < 3; s.round++) {
		sample_set__add(&r->samples[SLOT_RAW], &s);
		sample_set__add(&r->samples[SLOT_REF], &s);
	}
	s.flags = SAMPLE_WARMUP;
	s.elapsed = INT64_MAX;
	s.load = DOC_MAX_INDEX - 1;
	sample_set__add(&r->samples[SLOT_RAW], &s);
}

TEST(result_round_trip)
{
	struct memory first, second;
	struct doc_item item;
	struct result r;
	char err[256];

	good_result(&r);
	memory_open(&first);
	ASSERT_EQ(0, doc_write_result(first.out, &r, CLOCK_KIND_NS));
	ASSERT_EQ(DOC_LINE_RESULT, doc_parse_line(first.text, first.sz, &item, err, sizeof(err)));
	ASSERT_EQ(2, item.result.nr_params);
	EXPECT_EQ(-3, item.result.params[1].value);
	EXPECT_EQ(4, item.result.samples[SLOT_RAW].nr);
	EXPECT_EQ(0, item.result.samples[SLOT_BASE].nr);
	EXPECT_EQ(3, item.result.samples[SLOT_REF].nr);
	EXPECT_EQ(3, result_metric(&item.result, "net")->est.nr_excluded);
	EXPECT_EQ(QUALITY_EXACT, result_metric(&item.result, "jited")->est.quality);
	EXPECT_EQ(NULL, item.result.reason);
	EXPECT_TRUE(item.result.is_user_loop);
	memory_open(&second);
	ASSERT_EQ(0, doc_write_result(second.out, &item.result, CLOCK_KIND_NS));
	EXPECT_STREQ(first.text, second.text);
	result_free(&item.result);
	result_free(&r);
	memory_close(&first);
	memory_close(&second);
}

TEST(header_round_trip)
{
	static const uint64_t seeds[] = { 0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX };

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct memory first, second;
		struct doc_item item;
		struct run_doc doc;
		char err[256];

		doc_init(&doc, CLOCK_KIND_INSN);
		doc.header.seed = seeds[i];
		doc_plan(&doc.header, "map/hash");
		doc_plan(&doc.header, "map/array");
		doc.header.argv = calloc(2, sizeof(char *));
		doc.header.argv[doc.header.argc++] = strdup("bench_progs");
		doc.header.argv[doc.header.argc++] = strdup("-t\n\xff");
		json_object_set_new(doc.header.env, "jit", json_integer(1));
		json_object_set_new(doc.header.env, "load", json_real(0.1));
		json_object_set_new(doc.header.env, "smt", json_false());
		json_object_set_new(doc.header.env, "nested", json_true());
		memory_open(&first);
		ASSERT_EQ(0, doc_write_header(first.out, &doc.header));
		ASSERT_EQ(DOC_LINE_HEADER, doc_parse_line(first.text, first.sz, &item, err,
							  sizeof(err)));
		EXPECT_TRUE(item.header.seed == seeds[i]);
		ASSERT_EQ(2, item.header.argc);
		EXPECT_STREQ("-t ?", item.header.argv[1]);
		ASSERT_EQ(2, item.header.nr_plan);
		EXPECT_STREQ("map/array", item.header.plan[1]);
		EXPECT_EQ(CLOCK_KIND_INSN, item.header.clock);
		memory_open(&second);
		ASSERT_EQ(0, doc_write_header(second.out, &item.header));
		EXPECT_STREQ(first.text, second.text);
		doc_header_free(&item.header);
		run_doc_free(&doc);
		memory_close(&first);
		memory_close(&second);
	}
}

TEST(writers_refuse_results)
{
	struct sample s = { .elapsed = 1000, .done = 10 };
	struct result r;
	struct memory m;

	memory_open(&m);
#define REFUSED(change, undo) do {						\
	change;									\
	EXPECT_EQ(-EINVAL, doc_write_result(m.out, &r, CLOCK_KIND_NS));		\
	undo;									\
} while (0)
	good_result(&r);
	REFUSED(r.id[0] = '#', r.id[0] = 'm');
	REFUSED(r.status = STATUS_FAIL, r.status = STATUS_OK);
	REFUSED(r.nr_params = -1, r.nr_params = 2);
	REFUSED(r.nr_params = RESULT_MAX_PARAMS + 1, r.nr_params = 2);
	REFUSED(r.nr_notes = -1, r.nr_notes = 1);
	REFUSED(r.nr_notes = RESULT_MAX_NOTES + 1, r.nr_notes = 1);
	REFUSED(r.nr_metrics = -1, r.nr_metrics = 3);
	REFUSED(r.nr_metrics = RESULT_MAX_METRICS + 1, r.nr_metrics = 3);
	REFUSED(r.params[0].name[0] = ' ', r.params[0].name[0] = 'e');
	for (int i = 0; i < 9; i++) {
		struct estimate *e = &r.metrics[1].est, old = *e;
		double *const fields[] = { &e->value, &e->lo, &e->hi, &e->mad, &e->mad_within,
					   &e->level, &e->level, &e->mad, &e->mad_within };
		const double wrong[] = { NAN, -INFINITY, INFINITY, NAN, NAN, 1.5, -0.5, -1, -1 };

		REFUSED(*fields[i] = wrong[i], *e = old);
	}
	REFUSED(r.metrics[0].est.lo = 13, r.metrics[0].est.lo = 12.2);
	for (int i = 0; i < 7; i++) {
		struct sample *s = &r.samples[SLOT_REF].v[2], old = *s;

		REFUSED({
			s->done = i == 0 ? 0 : i == 1 ? UINT64_MAX : s->done;
			s->elapsed = i == 2 ? UINT64_MAX : s->elapsed;
			s->load = i == 3 ? DOC_MAX_INDEX : s->load;
			s->round = i == 4 ? DOC_MAX_INDEX : s->round;
			s->slot = i == 5 ? NR_SLOTS : s->slot;
			s->flags = i == 6 ? SAMPLE_FLAGS_ALL + 1 : s->flags;
		}, *s = old);
	}
	REFUSED(r.samples[SLOT_REF].nr = DOC_MAX_SAMPLES + 1, r.samples[SLOT_REF].nr = 3);
	/* Within the bound of a slot, but more than a line can hold. */
	for (size_t i = 0; i < 900000; i++)
		sample_set__add(&r.samples[SLOT_RAW], &s);
	REFUSED(, );
	result_free(&r);
	fflush(m.out);
	EXPECT_EQ(0, m.sz);
	memory_close(&m);
#undef REFUSED
}

TEST(writers_refuse_headers_and_ends)
{
	struct doc_header h = { .clock = CLOCK_KIND_NS };
	struct doc_end end = { .seconds = 1 };
	struct memory m;

	memory_open(&m);
	h.argc = -1;
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	h.argc = DOC_MAX_RESULTS + 1;
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	h.argc = 0;
	h.nr_plan = -1;
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	h.nr_plan = DOC_MAX_RESULTS + 1;
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	h.nr_plan = 1;
	h.plan = &(char *){ "a b" };
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	h.nr_plan = 0;
	h.env = json_array();
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	json_decref(h.env);
	h.env = json_pack("{s:s}", "a b", "");
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	json_decref(h.env);
	h.env = json_pack("{s:[]}", "list");
	EXPECT_EQ(-EINVAL, doc_write_header(m.out, &h));
	json_decref(h.env);
	end.seconds = -1;
	EXPECT_EQ(-EINVAL, doc_write_end(m.out, &end));
	end.seconds = NAN;
	EXPECT_EQ(-EINVAL, doc_write_end(m.out, &end));
	fflush(m.out);
	EXPECT_EQ(0, m.sz);
	memory_close(&m);
}

TEST(a_header_without_strings)
{
	struct doc_header h = { .clock = CLOCK_KIND_NONE };
	struct doc_item item;
	struct memory m;
	char err[256];

	memory_open(&m);
	ASSERT_EQ(0, doc_write_header(m.out, &h));
	ASSERT_EQ(DOC_LINE_HEADER, doc_parse_line(m.text, m.sz, &item, err, sizeof(err)));
	EXPECT_STREQ("", item.header.version);
	doc_header_free(&item.header);
	memory_close(&m);
}

TEST(writers_report_the_write)
{
	FILE *full = fopen("/dev/full", "w"), *unwritable = fopen("/dev/null", "r");
	struct doc_header h = { .clock = CLOCK_KIND_NS };
	struct doc_end end = { 0 };
	struct result r;

	ASSERT_NE(NULL, full);
	EXPECT_EQ(-ENOSPC, doc_write_header(full, &h));
	good_result(&r);
	EXPECT_EQ(-ENOSPC, doc_write_result(full, &r, CLOCK_KIND_NS));
	result_free(&r);
	EXPECT_EQ(-ENOSPC, doc_write_end(full, &end));
	fclose(full);
	/* The error is of an earlier call, which took its errno along. */
	ASSERT_NE(NULL, unwritable);
	EXPECT_EQ(EOF, putc('x', unwritable));
	EXPECT_EQ(-EIO, doc_flush(unwritable));
	fclose(unwritable);
}

TEST_HARNESS_MAIN
