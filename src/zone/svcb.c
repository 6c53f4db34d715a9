/* SPDX-License-Identifier: ISC */
/* SvcParams: ldns takes escapes in lists, and lists of nothing, for what they are not. */
#include "zone/svcb.h"
#include "base/addr.h"
#include "base/memory.h"
#include "config/value.h"
#include "wire/octets.h"
#include "base/base64.h"

#include <stdlib.h>
#include <string.h>

enum {
	WIDENED = 8 /* the octets of a value for one of its text at most: `::` is 16 */
};

/* A value as text, its quotes and escapes taken away, and the octets that it becomes. */
struct value {
	const char *text; /* a NUL behind it */
	size_t text_len;
	size_t len, room;
	uint8_t *octets;
};

static bool put(struct value *v, const void *octets, size_t len)
{
	if (len > v->room - v->len)
		return false;
	memcpy(v->octets + v->len, octets, len);
	v->len += len;
	return true;
}

static bool put16(struct value *v, unsigned number)
{
	uint8_t octets[2];
	octets_put16(octets, number);
	return put(v, octets, sizeof(octets));
}

/* Takes the list apart at its commas, a backslash standing before one that is none (RFC 9460 §A.1). */
static bool read_list(struct value *v, bool (*read)(struct value *, const char *, size_t))
{
	char item[256];
	size_t len = 0;
	for (size_t i = 0; i <= v->text_len; i++) {
		if (i == v->text_len || v->text[i] == ',') {
			item[len] = '\0';
			if (len == 0 || !read(v, item, len))
				return false;
			len = 0;
			continue;
		}
		if (v->text[i] == '\\' && ++i == v->text_len)
			return false;
		if (len == sizeof(item) - 1)
			return false;
		item[len++] = v->text[i];
	}
	return true;
}

static bool read_protocol(struct value *v, const char *text, size_t len)
{
	uint8_t octets = (uint8_t)len;
	return put(v, &octets, 1) && put(v, text, len);
}

static bool read_alpn(struct value *v)
{
	return read_list(v, read_protocol);
}

static bool read_ipv4(struct value *v, const char *text, size_t len)
{
	struct addr addr;
	return addr_parse(text, len, &addr) && addr.family == FAMILY_V4 && put(v, addr.octets, 4);
}

static bool read_ipv6(struct value *v, const char *text, size_t len)
{
	struct addr addr;
	return addr_parse(text, len, &addr) && addr.family == FAMILY_V6 && put(v, addr.octets, 16);
}

static bool read_ipv4hint(struct value *v)
{
	return read_list(v, read_ipv4);
}

static bool read_ipv6hint(struct value *v)
{
	return read_list(v, read_ipv6);
}

static bool read_port(struct value *v)
{
	uint64_t port;
	return value_number(v->text, v->text_len, &port) && port <= UINT16_MAX && put16(v, (unsigned)port);
}

static bool read_ech(struct value *v)
{
	return base64_decode(v->text, v->text_len, v->octets, &v->len);
}

static bool read_text(struct value *v)
{
	return put(v, v->text, v->text_len);
}

static bool key_find(const char *text, size_t len, uint16_t *out);

static bool read_key(struct value *v, const char *text, size_t len)
{
	uint16_t key;
	return key_find(text, len, &key) && put16(v, key);
}

static int number_compare(const void *a, const void *b)
{
	return memcmp(a, b, 2);
}

/* The keys ascend on the wire, whatever their order in the text (RFC 9460 §8). */
static bool read_mandatory(struct value *v)
{
	if (!read_list(v, read_key))
		return false;
	qsort(v->octets, v->len / 2, 2, number_compare);
	return true;
}

struct key_row {
	const char *word;
	bool (*read)(struct value *v); /* NULL: it has no value */
	const char *expected;
};

/* By number. */
static const struct key_row keys[] = {
	[SVCB_MANDATORY] = {"mandatory", read_mandatory, "keys of parameters, such as alpn,port"},
	[SVCB_ALPN] = {"alpn", read_alpn, "protocols of 1 to 255 octets, such as h2,h3"},
	[SVCB_NO_DEFAULT_ALPN] = {"no-default-alpn", NULL, NULL},
	[SVCB_PORT] = {"port", read_port, "a port from 0 to 65535"},
	[SVCB_IPV4HINT] = {"ipv4hint", read_ipv4hint, "IPv4 addresses with commas between them"},
	[SVCB_ECH] = {"ech", read_ech, "an ECHConfigList in base64"},
	[SVCB_IPV6HINT] = {"ipv6hint", read_ipv6hint, "IPv6 addresses with commas between them"},
	[SVCB_DOHPATH] = {"dohpath", read_text, "a URI template, such as /dns-query{?dns}"},
	[SVCB_OHTTP] = {"ohttp", NULL, NULL},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* The number of a key's word, or of keyNNNNN without zeros before it. */
static bool key_find(const char *text, size_t len, uint16_t *out)
{
	uint64_t number;
	for (uint16_t i = 0; i < KEYS; i++) {
		if (strlen(keys[i].word) == len && memcmp(keys[i].word, text, len) == 0) {
			*out = i;
			return true;
		}
	}
	if (len < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && len > 4) ||
	    !value_number(text + 3, len - 3, &number) || number >= SVCB_INVALID)
		return false;
	*out = (uint16_t)number;
	return true;
}

/* As keyNNNNN a known key has its octets as text, not what its own form would say. */
static const struct key_row *row_of(uint16_t key, const struct token *word)
{
	static const struct key_row plain = {"", read_text, ""};
	return key < KEYS && strncmp(keys[key].word, word->text, word->len) == 0 ? &keys[key] : &plain;
}

struct parameter {
	uint16_t key;
	size_t len;
	const uint8_t *octets;
	const struct token *token;
};

struct parameters {
	const struct entry *entry;
	struct faults *faults;
	size_t n;
	struct parameter *list; /* in the order of the text */
	size_t room;
	uint8_t *octets; /* what no value has taken yet */
};

static bool refuse_key(struct parameters *p, const struct token *word)
{
	const char *words[KEYS];
	for (size_t i = 0; i < KEYS; i++)
		words[i] = keys[i].word;
	const char *near = value_nearest(word->text, word->len, words, KEYS);
	fault_add(p->faults, token_spot(p->entry, word), "unknown parameter \"%.*s\"%s%s%s", (int)word->len,
		  word->text, near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return false;
}

/* The value's octets, at the beginning of those that are free. `value` is NULL where there is no =. */
static bool read_value(struct parameters *p, const struct key_row *row, const struct token *word,
		       const struct token *value, size_t *len)
{
	struct spot at = token_spot(p->entry, value ? value : word);
	char *text = mem_alloc(value ? value->len + 1 : 1);
	struct value v = {.text = text, .room = p->room, .octets = p->octets};
	v.text_len = value ? token_decode(value, text, value->len) : 0;
	bool given = value != NULL, sound = row->read ? row->read(&v) : !given;
	if (!sound && row->read == NULL)
		fault_add(p->faults, at, "%s has no value", row->word);
	else if (!sound && !given)
		fault_add(p->faults, at, "%s needs a value; expected: %s", row->word, row->expected);
	else if (!sound)
		fault_add(p->faults, at, "\"%.*s\" is not right for %s; expected: %s", (int)value->len,
			  value->text, row->word, row->expected);
	free(text);
	*len = v.len;
	return sound;
}

static bool read_parameter(struct parameters *p, const struct token *token)
{
	const char *equals = memchr(token->text, '=', token->len);
	struct token word = *token, value = *token;
	uint16_t key;
	size_t len;
	if (equals != NULL) {
		word.len = (size_t)(equals - token->text);
		value.text += word.len + 1;
		value.len -= word.len + 1;
		value.column += (unsigned)word.len + 1;
	}
	if (!key_find(word.text, word.len, &key))
		return refuse_key(p, &word);
	if (!read_value(p, row_of(key, &word), &word, equals ? &value : NULL, &len))
		return false;
	p->list[p->n++] = (struct parameter){key, len, p->octets, token};
	p->octets += len;
	p->room -= len;
	return true;
}

static int parameter_compare(const void *a, const void *b)
{
	const struct parameter *x = a, *y = b;
	return x->key != y->key ? x->key - y->key : x->token < y->token ? -1 : x->token > y->token;
}

/* In the order of their keys, behind what the record has (RFC 9460 §2.2). */
static bool write_parameters(struct parameters *p, struct rdata *out)
{
	size_t len = out->len;
	qsort(p->list, p->n, sizeof(*p->list), parameter_compare);
	for (size_t i = 0; i < p->n; i++) {
		const struct parameter *s = &p->list[i];
		struct spot at = token_spot(p->entry, s->token);
		if (i > 0 && s->key == s[-1].key) {
			fault_add(p->faults, at, "a parameter is given twice");
			return false;
		}
		if (sizeof(out->octets) - len < SVCB_HEAD + s->len) {
			fault_add(p->faults, at, "the record's data is longer than 65535 octets");
			return false;
		}
		octets_put16(out->octets + len, s->key);
		octets_put16(out->octets + len + 2, (unsigned)s->len);
		memcpy(out->octets + len + SVCB_HEAD, s->octets, s->len);
		len += SVCB_HEAD + s->len;
	}
	out->len = (uint16_t)len;
	return true;
}

bool svcb_read(const struct entry *entry, size_t first, struct rdata *out, struct faults *faults)
{
	if (first >= entry->n)
		return true;
	struct parameters p = {.entry = entry, .faults = faults};
	bool sound = true;
	for (size_t i = first; i < entry->n; i++)
		p.room += WIDENED * entry->tokens[i].len;
	uint8_t *octets = p.octets = mem_alloc(p.room);
	p.list = mem_alloc((entry->n - first) * sizeof(*p.list));
	for (size_t i = first; i < entry->n; i++)
		sound &= read_parameter(&p, &entry->tokens[i]);
	sound = sound && write_parameters(&p, out);
	const char *wrong = sound ? svcb_wrong(out) : NULL;
	if (wrong != NULL)
		fault_add(faults, token_spot(entry, &entry->tokens[first]), "%s", wrong);
	if (sound && octets_get16(out->octets) == 0)
		fault_warn(
			faults, token_spot(entry, &entry->tokens[first]),
			"parameters have no effect where the priority is 0, which makes the record an alias");
	free(p.list);
	free(octets);
	return sound && wrong == NULL;
}
