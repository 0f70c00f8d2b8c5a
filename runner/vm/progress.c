// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "progress.h"

static int progress_plan(struct progress *p, const json_t *plan)
{
	size_t nr = json_array_size(plan), i;

	progress_free(p);
	p->ids = calloc(nr + 1, sizeof(*p->ids));
	p->done = calloc(nr + 1, sizeof(*p->done));
	if (!p->ids || !p->done)
		return -ENOMEM;
	p->has_plan = true;
	for (i = 0; i < nr; i++) {
		const char *id = json_string_value(json_array_get(plan, i));

		if (!id)
			return -EBADMSG;
		p->ids[p->nr] = strdup(id);
		if (!p->ids[p->nr])
			return -ENOMEM;
		p->nr++;
	}
	return 0;
}

static void progress_tick(struct progress *p, const char *id)
{
	size_t i;

	for (i = 0; id && i < p->nr; i++) {
		if (!p->done[i] && !strcmp(p->ids[i], id)) {
			p->done[i] = true;
			return;
		}
	}
}

int progress_line(struct progress *p, const char *line, size_t len)
{
	const char *type;
	json_t *root, *plan;
	int err = 0;

	root = json_loadb(line, len, 0, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return -EBADMSG;
	}
	plan = json_object_get(root, "plan");
	type = json_string_value(json_object_get(root, "type"));
	if (json_is_array(plan))
		err = progress_plan(p, plan);
	else if (type && !strcmp(type, "result"))
		progress_tick(p, json_string_value(json_object_get(root, "id")));
	else if (type && !strcmp(type, "end"))
		p->has_end = true;
	json_decref(root);
	return err;
}

const char *progress_running(const struct progress *p)
{
	size_t i;

	for (i = 0; i < p->nr; i++) {
		if (!p->done[i])
			return p->ids[i];
	}
	return NULL;
}

void progress_free(struct progress *p)
{
	size_t i;

	for (i = 0; i < p->nr; i++)
		free(p->ids[i]);
	free(p->ids);
	free(p->done);
	memset(p, 0, sizeof(*p));
}
