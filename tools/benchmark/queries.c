/* SPDX-License-Identifier: ISC */
/* Making queries. */
#include "queries.h"
#include "base/memory.h"
#include "base/random.h"
#include "wire/name.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct question {
	struct name name;
	uint16_t type;
};

static bool type_read(const char *text, uint16_t *out)
{
	static const struct {
		const char *text;
		uint16_t type;
	} rows[] = {{"A", TYPE_A},   {"AAAA", TYPE_AAAA},   {"TXT", TYPE_TXT},
		    {"MX", TYPE_MX}, {"HTTPS", TYPE_HTTPS}, {"NS", TYPE_NS}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*out = rows[i].type;
		if (strcmp(rows[i].text, text) == 0)
			return true;
	}
	return false;
}

static struct question *questions_read(const char *path, size_t *n)
{
	FILE *in = fopen(path, "r");
	struct question *list = NULL;
	size_t cap = 0;
	char line[1100], name[1040], type[20];
	const char *why;
	*n = 0;
	if (in == NULL) {
		perror(path);
		return NULL;
	}
	while (fgets(line, sizeof(line), in) != NULL) {
		int fields = sscanf(line, "%1039s %19s", name, type);
		if (fields < 1)
			continue;
		list = mem_grow(list, &cap, *n + 1, sizeof(*list));
		list[*n].type = TYPE_A;
		if (!name_parse(name, strlen(name), NULL, &list[*n].name, &why) ||
		    (fields == 2 && !type_read(type, &list[*n].type))) {
			fprintf(stderr, "%s:%zu: wrong: %s", path, *n + 1, line);
			free(list);
			fclose(in);
			return NULL;
		}
		++*n;
	}
	fclose(in);
	if (*n == 0)
		fprintf(stderr, "%s: no name\n", path);
	return list;
}

/* An OPT record with a client-subnet option (RFC 6891 §6.1, RFC 7871 §6). */
static size_t subnet_write(uint8_t *p, unsigned len, struct random *random)
{
	unsigned octets = (len + 7) / 8;
	uint32_t address = (uint32_t)random_next(random) & ~(len == 32 ? 0 : UINT32_MAX >> len);
	p[0] = 0;
	octets_put16(p + 1, TYPE_OPT);
	octets_put16(p + 3, 1232);
	octets_put32(p + 5, 0);
	octets_put16(p + 9, 8 + octets);
	octets_put16(p + 11, EDNS_OPTION_SUBNET);
	octets_put16(p + 13, 4 + octets);
	octets_put16(p + 15, 1);
	p[17] = (uint8_t)len;
	p[18] = 0;
	for (unsigned i = 0; i < octets; i++)
		p[19 + i] = (uint8_t)(address >> (24 - 8 * i));
	return 19 + octets;
}

static void query_write(struct query_bytes *q, const struct question *question, unsigned subnet,
			struct random *random)
{
	uint8_t *p = q->octets;
	memset(p, 0, HEADER_OCTETS);
	octets_put16(p + 4, 1);
	memcpy(p + HEADER_OCTETS, question->name.octets, question->name.len);
	size_t at = HEADER_OCTETS + (size_t)question->name.len;
	octets_put16(p + at, question->type);
	octets_put16(p + at + 2, CLASS_IN);
	at += 4;
	q->question_len = (uint16_t)(at - HEADER_OCTETS);
	if (subnet > 0) {
		octets_put16(p + 10, 1);
		at += subnet_write(p + at, subnet, random);
	}
	q->len = (uint16_t)at;
}

bool queries_make(struct queries *q, const char *path, size_t n, unsigned subnet, uint64_t seed)
{
	size_t n_questions;
	struct random random;
	struct question *questions = questions_read(path, &n_questions);
	random_seed_with(&random, seed);
	if (n_questions == 0)
		return false;
	q->n = n;
	q->list = mem_alloc(n * sizeof(*q->list));
	for (size_t i = 0; i < n; i++)
		query_write(&q->list[i], &questions[random_below(&random, (uint32_t)n_questions)], subnet,
			    &random);
	free(questions);
	return true;
}
