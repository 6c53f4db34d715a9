/* SPDX-License-Identifier: ISC */
/* What came of a drill, for people: who moved where, how fast, and what was wrong. */
#include "report.h"
#include "base/memory.h"
#include "base/plural.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_SHOWN = 3, WRONGS_SHOWN = 20, LINE_ROOM = 256 };

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

int64_t *report_times(const struct drill *d, bool back, size_t *n)
{
	int64_t *times = mem_alloc((d->n_probes + 1) * sizeof(*times));
	*n = 0;
	for (size_t i = 0; i < d->n_probes; i++) {
		const struct probe *p = &d->probes[i];
		int64_t us = back ? p->back_us : p->moved_us;
		if (p->concerned && p->had && us >= 0)
			times[(*n)++] = us;
	}
	qsort(times, *n, sizeof(*times), compare);
	return times;
}

size_t report_concerned(const struct drill *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n_probes; i++)
		n += d->probes[i].concerned;
	return n;
}

static size_t count_emptied(const struct drill *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n_probes; i++)
		n += probe_emptied(&d->probes[i], d->datacenter);
	return n;
}

static size_t count_unjudged(const struct drill *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n_probes; i++)
		n += !d->probes[i].had;
	return n;
}

/* Another server, say, which knows none of the zones. */
static bool is_unjudged(const struct drill *d)
{
	return d->n_probes > 0 && count_unjudged(d) == d->n_probes;
}

int report_result(const struct drill *d, bool dry)
{
	if (d->ending == ENDING_STOPPED || d->kept_away)
		return RESULT_TROUBLE;
	if (dry)
		return count_emptied(d) > 0 ? RESULT_BAD : RESULT_GOOD;
	if (d->n_wrong > 0 || d->n_away > 0)
		return RESULT_BAD;
	if (is_unjudged(d))
		return RESULT_TROUBLE;
	return d->ending == ENDING_LOST ? RESULT_TROUBLE : RESULT_GOOD;
}

static const char *sample_text(const struct sample *s, char *out)
{
	if (s->map[0] == '\0')
		snprintf(out, LINE_ROOM, "everybody");
	else
		snprintf(out, LINE_ROOM, "%s %s", s->map, s->line);
	return out;
}

static const char *share_text(double share, char *out)
{
	snprintf(out, LINE_ROOM, share > 0 && share < 0.0001 ? "< 0.01 %%" : "%.2f %%", share * 100);
	return out;
}

/* Those of one client who go the same way are one row. */
struct row {
	const struct sample *sample;
	char *from, *to;
	size_t n; /* names */
	const char *last;
	int64_t slowest_us;
	char names[LINE_ROOM];
};

struct rows {
	size_t n, cap;
	struct row *list;
};

static void row_add(struct row *row, const struct probe *p)
{
	size_t len = strlen(row->names);
	bool known = row->last != NULL && strcmp(row->last, p->question->name) == 0;
	row->n += !known;
	row->last = p->question->name;
	if (row->n <= NAMES_SHOWN)
		snprintf(row->names + len, LINE_ROOM - len, "%s%s%s%s", len ? ", " : "",
			 known ? "" : p->question->name, known ? "" : " ", p->question->type);
	row->slowest_us = p->moved_us > row->slowest_us ? p->moved_us : row->slowest_us;
}

/* Probes come client by client. */
static void rows_add(struct rows *rows, const struct drill *d, const struct probe *p)
{
	char *from = possible_datacenters(&p->before, NULL);
	char *to = possible_datacenters(&p->during, d->datacenter);
	for (size_t i = rows->n; i > 0 && rows->list[i - 1].sample == p->sample; i--) {
		struct row *row = &rows->list[i - 1];
		if (strcmp(row->from, from) != 0 || strcmp(row->to, to) != 0)
			continue;
		row_add(row, p);
		free(from);
		free(to);
		return;
	}
	rows->list = mem_grow(rows->list, &rows->cap, rows->n + 1, sizeof(*rows->list));
	rows->list[rows->n] = (struct row){.sample = p->sample, .from = from, .to = to, .slowest_us = -1};
	row_add(&rows->list[rows->n++], p);
}

static void add_cells(struct table *table, const struct row *row, bool dry)
{
	char text[LINE_ROOM];
	table_add(table, COLOUR_NONE, sample_text(row->sample, text));
	table_add(table, COLOUR_NONE, share_text(row->sample->share, text));
	snprintf(text, sizeof(text), "%.60s -> %.60s", row->from, row->to);
	table_add(table, strcmp(row->to, "nothing") == 0 ? COLOUR_BAD : COLOUR_NONE, text);
	snprintf(text, sizeof(text), "%.1f ms", (double)row->slowest_us / 1000);
	table_add(table, COLOUR_NONE, dry || row->slowest_us < 0 ? NULL : text);
	if (row->n > NAMES_SHOWN)
		snprintf(text, sizeof(text), "%.200s and %zu more", row->names, row->n - NAMES_SHOWN);
	else
		snprintf(text, sizeof(text), "%s", row->names);
	table_add(table, COLOUR_NONE, text);
}

static void print_moves(const struct drill *d, bool dry, FILE *out)
{
	static const char *const heads[] = {"CLIENTS", "OF IPv4", "FROM -> TO", "WITHIN", "NAMES"};
	struct rows rows = {0};
	struct table table = {.columns = sizeof(heads) / sizeof(heads[0])};
	for (size_t i = 0; i < table.columns; i++)
		table_add(&table, COLOUR_NONE, heads[i]);
	for (size_t i = 0; i < d->n_probes; i++) {
		if (d->probes[i].concerned)
			rows_add(&rows, d, &d->probes[i]);
	}
	for (size_t i = 0; i < rows.n; i++) {
		add_cells(&table, &rows.list[i], dry);
		free(rows.list[i].from);
		free(rows.list[i].to);
	}
	if (rows.n > 0)
		table_print(&table, table_coloured(out), out);
	table_free(&table);
	free(rows.list);
}

/* The share of addresses of each geomap that something moves for. */
static void print_shares(const struct drill *d, FILE *out)
{
	char text[LINE_ROOM];
	for (size_t i = 0; i < d->n_samples; i++) {
		const char *map = d->samples[i].map;
		double share = 0;
		bool known = i > 0 && strcmp(map, d->samples[i - 1].map) == 0;
		const struct sample *last = NULL;
		for (size_t j = 0; j < d->n_probes && !known; j++) {
			const struct probe *p = &d->probes[j];
			if (!p->concerned || p->sample == last || strcmp(p->sample->map, map) != 0)
				continue;
			last = p->sample;
			share += last->share;
		}
		if (!known)
			fprintf(out, "%s of the IPv4 addresses%s%s lose %s for some name\n",
				share_text(share, text), map[0] ? " by geomap " : "", map, d->datacenter);
	}
}

/* Of whom nothing is left. */
static void print_emptied(const struct drill *d, FILE *out)
{
	size_t n = count_emptied(d), shown = 0;
	char text[LINE_ROOM];
	if (n > 0)
		fprintf(out, "nothing would be left of:\n");
	for (size_t i = 0; i < d->n_probes && shown < WRONGS_SHOWN; i++) {
		const struct probe *p = &d->probes[i];
		if (!probe_emptied(p, d->datacenter))
			continue;
		fprintf(out, "  %s %s for %s\n", p->question->name, p->question->type,
			sample_text(p->sample, text));
		shown++;
	}
	if (n > shown)
		fprintf(out, "  and %zu more\n", n - shown);
}

static void print_times(const struct drill *d, bool back, FILE *out)
{
	size_t n, of = report_concerned(d);
	int64_t *times = report_times(d, back, &n);
	fprintf(out, "%-8s %zu of %zu", back ? "back" : "moved", n, of);
	if (n > 0)
		fprintf(out, " in %.1f / %.1f / %.1f ms (the first, the median, the last)",
			(double)times[0] / 1000, (double)times[n / 2] / 1000, (double)times[n - 1] / 1000);
	fputc('\n', out);
	free(times);
}

static void print_wrong(const struct drill *d, const struct wrong *w, FILE *out)
{
	static const char *const phases[] = {
		[PHASE_BEFORE] = "before", [PHASE_DURING] = "into it", [PHASE_BACK] = "into the way back"};
	const struct probe *p = w->probe;
	char text[LINE_ROOM];
	fprintf(out, "  %s %s as %s (%s), %.3f s %s: ", p->question->asked, p->question->asked_type,
		p->sample->network, sample_text(p->sample, text), (double)w->at_us / 1000000,
		phases[w->phase]);
	switch (w->judgement) {
	case JUDGEMENT_RIGHT: break;
	case JUDGEMENT_NOTHING: fprintf(out, "got %s, and was answered before; ", w->got); break;
	case JUDGEMENT_DRILLED: fprintf(out, "got %s, of %s still; ", w->got, d->datacenter); break;
	case JUDGEMENT_LAST:
		fprintf(out, "got %s, the last resort, as nothing usable is left; ", w->got);
		break;
	case JUDGEMENT_STRANGE: fprintf(out, "got %s; ", w->got); break;
	}
	fprintf(out, "allowed: %s%s\n", w->allowed, p->n_wrong > 1 ? "; and more of the kind" : "");
}

/* Is one of the kind, of the same client and name, among those before it? */
static bool is_told(const struct drill *d, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (d->wrongs[i].probe == d->wrongs[at].probe &&
		    d->wrongs[i].judgement == d->wrongs[at].judgement)
			return true;
	}
	return false;
}

static void print_wrongs(const struct drill *d, FILE *out)
{
	char text[LINE_ROOM];
	size_t shown = 0;
	if (d->n_wrong > 0)
		fprintf(out, "wrong    %llu answer%s:\n", (unsigned long long)d->n_wrong, plural(d->n_wrong));
	for (size_t i = 0; i < d->n_wrongs && shown < WRONGS_SHOWN; i++) {
		if (is_told(d, i))
			continue;
		print_wrong(d, &d->wrongs[i], out);
		shown++;
	}
	if (d->n_away > 0)
		fprintf(out, "not back %zu:\n", d->n_away);
	shown = 0;
	for (size_t i = 0; i < d->n_probes && shown < WRONGS_SHOWN; i++) {
		const struct probe *p = &d->probes[i];
		if (!p->away)
			continue;
		fprintf(out, "  %s %s as %s (%s)\n", p->question->asked, p->question->asked_type,
			p->sample->network, sample_text(p->sample, text));
		shown++;
	}
}

static void print_verdict(const struct drill *d, bool dry, FILE *out)
{
	char address[ADDR_TEXT_MAX];
	bool coloured = table_coloured(out);
	int result = report_result(d, dry);
	const char *words = result == RESULT_GOOD         ? "good"
			    : result == RESULT_BAD        ? "NOT GOOD"
			    : d->kept_away                ? "NOT GIVEN BACK"
			    : d->ending == ENDING_LOST    ? "UNFINISHED"
			    : d->ending == ENDING_STOPPED ? "INTERRUPTED"
							  : "NOT JUDGED";
	table_paint(words, result == RESULT_GOOD ? COLOUR_GOOD : COLOUR_BAD, coloured, out);
	if (dry)
		fputs(result == RESULT_GOOD ? ": everybody would have somewhere to go\n"
					    : ": some would have nowhere to go\n",
		      out);
	else if (d->kept_away)
		fprintf(out, ": %s is not as it was before, see `gslbctl status`\n", d->datacenter);
	else if (result == RESULT_TROUBLE && d->ending == ENDING_LOST)
		fprintf(out, ": the server did not answer to the end; %s was given back\n", d->datacenter);
	else if (result == RESULT_TROUBLE && d->ending != ENDING_STOPPED)
		fprintf(out, ": no question had a usable answer before; does %s serve these names?\n",
			endpoint_format(&d->server, address));
	else if (result == RESULT_TROUBLE)
		fprintf(out, ": %s was given back at once\n", d->datacenter);
	else
		fputs(result == RESULT_GOOD ? ": nobody was answered wrongly, and all are back\n"
					    : ": see above\n",
		      out);
}

/* How another datacenter's state has changed since the plan, in words that follow its name; NULL: it has not.
 */
static const char *meanwhile(const struct drill *d, struct json_object *before)
{
	const char *name = member_text(before, "name"), *was = member_text(before, "state");
	struct json_object *after = plan_datacenter(d->after, name);
	const char *is = member_text(after, "state");
	const char *then = member_text(before, "since"), *since = member_text(after, "since");
	bool moved = then != NULL && since != NULL && strcmp(then, since) != 0;
	if (is == NULL || strcmp(name, d->datacenter) == 0 || (strcmp(was, is) == 0 && !moved))
		return NULL;
	return strcmp(is, "down") == 0 ? "went down" : strcmp(is, "up") == 0 ? "came up" : is;
}

/* What others did must not be taken for the drill's. */
static void print_meanwhile(const struct drill *d, FILE *out)
{
	struct json_object *list = member(d->status, "datacenters");
	for (size_t i = 0; d->after != NULL && i < json_object_array_length(list); i++) {
		struct json_object *before = json_object_array_get_idx(list, i);
		const char *what = meanwhile(d, before);
		if (what != NULL)
			fprintf(out, "meanwhile: %s %s\n", member_text(before, "name"), what);
	}
}

int report_print(const struct drill *d, bool dry, FILE *out)
{
	char address[ADDR_TEXT_MAX], *did = d->o->fail ? "forced down" : "drained";
	if (dry)
		fprintf(out, "Were %s %s:\n", d->datacenter, did);
	else
		fprintf(out, "%s %s for %.1f s; %zu question%s of %zu client%s, asked %llu time%s of %s\n",
			d->datacenter, did, d->length_ms / 1000.0, d->n_probes, plural(d->n_probes),
			d->n_samples, plural(d->n_samples), (unsigned long long)d->n_replies,
			plural(d->n_replies), endpoint_format(&d->server, address));
	print_moves(d, dry, out);
	if (report_concerned(d) == 0)
		fprintf(out, "nobody is answered with %s\n", d->datacenter);
	if (dry) {
		print_shares(d, out);
		print_emptied(d, out);
	} else {
		print_times(d, false, out);
		print_times(d, true, out);
		if (count_unjudged(d) > 0)
			fprintf(out, "%zu question%s had no usable answer before, and %s not judged\n",
				count_unjudged(d), plural(count_unjudged(d)),
				count_unjudged(d) == 1 ? "is" : "are");
		print_meanwhile(d, out);
		print_wrongs(d, out);
	}
	print_verdict(d, dry, out);
	return report_result(d, dry);
}
