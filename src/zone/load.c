/* SPDX-License-Identifier: ISC */
/* An entry of a zone file, into a draft. */
#include "config/value.h"
#include "wire/types.h"
#include "zone/fields.h"
#include "zone/loader.h"

#include <ctype.h>
#include <string.h>

/* What stands before the type: `owner [TTL] [IN]`. */
struct head {
	const struct name *owner;
	bool ttl_given;
	uint32_t ttl_s;
	size_t type; /* index of the token behind it */
};

static struct scope *scope(struct loader *l)
{
	return &l->scopes[l->depth];
}

static bool refuse(struct loader *l, const struct entry *e, size_t token, const char *text)
{
	size_t at = token < e->n ? token : e->n - 1;
	fault_add(l->context->faults, token_spot(e, &e->tokens[at]), "%s", text);
	return false;
}

/* The number of the entry's file. */
static uint32_t file_of(struct loader *l, const struct entry *e)
{
	if (l->file_seen != e->file)
		l->file = draft_file(l->draft, e->file);
	l->file_seen = e->file;
	return l->file;
}

static bool read_name(struct loader *l, const struct entry *e, size_t token, struct name *out)
{
	const struct token *t = &e->tokens[token];
	const char *why;
	uint8_t octets[NAME_OCTETS_MAX];
	if (fields_name(t, &scope(l)->origin, octets) > 0) {
		name_from_octets(octets, out);
		return true;
	}
	if (name_parse(t->text, t->len, &scope(l)->origin, out, &why))
		return true;
	fault_add(l->context->faults, token_spot(e, t), "\"%.*s\" is no domain name: %s", (int)t->len,
		  t->text, why);
	return false;
}

static void read_ttl_directive(struct loader *l, const struct entry *e)
{
	if (e->n != 2 || !value_ttl(e->tokens[1].text, e->tokens[1].len, &l->default_ttl))
		refuse(l, e, 1, "$TTL takes one TTL, such as 30, 90s or 1h30m");
	else
		l->has_default_ttl = true;
}

static void read_origin_directive(struct loader *l, const struct entry *e)
{
	struct name origin;
	if (e->n != 2)
		refuse(l, e, 1, "$ORIGIN takes one domain name");
	else if (read_name(l, e, 1, &origin))
		scope(l)->origin = origin;
}

static void read_include_directive(struct loader *l, const struct entry *e)
{
	struct scope inner = *scope(l);
	if (e->n != 2 && e->n != 3) {
		refuse(l, e, 1, "$INCLUDE takes a file and, if need be, an origin");
		return;
	}
	if (e->n == 3 && !read_name(l, e, 2, &inner.origin))
		return;
	if (lexer_include(l->lexer, e, &e->tokens[1]))
		l->scopes[++l->depth] = inner;
}

static bool read_directive(struct loader *l, const struct entry *e)
{
	static const struct {
		const char *word;
		void (*read)(struct loader *, const struct entry *);
	} directives[] = {
		{"$TTL", read_ttl_directive},
		{"$ORIGIN", read_origin_directive},
		{"$INCLUDE", read_include_directive},
	};
	if (e->tokens[0].text[0] != '$')
		return false;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (token_is(&e->tokens[0], directives[i].word)) {
			directives[i].read(l, e);
			return true;
		}
	}
	fault_add(l->context->faults, token_spot(e, &e->tokens[0]),
		  "unknown directive \"%.*s\"; there are $ORIGIN, $TTL and $INCLUDE", (int)e->tokens[0].len,
		  e->tokens[0].text);
	return true;
}

static bool read_owner(struct loader *l, const struct entry *e, struct head *head)
{
	struct scope *s = scope(l);
	if (e->indented) {
		head->type = 0;
		if (!s->has_owner)
			return s->wrong_owner
				       ? false
				       : refuse(l, e, 0, "the first entry of a file must name its owner");
	} else {
		head->type = 1;
		s->wrong_owner = true;
		s->has_owner = false; /* a wrong owner must not pass its entries on to the one before */
		if (!read_name(l, e, 0, &s->owner))
			return false;
		if (!name_within(&s->owner, &l->draft->apex)) {
			char owner[NAME_TEXT_MAX], apex[NAME_TEXT_MAX];
			fault_add(l->context->faults, token_spot(e, &e->tokens[0]),
				  "%s is outside of the zone %s", name_format(s->owner.octets, owner),
				  name_format(l->draft->apex.octets, apex));
			return false;
		}
		s->has_owner = true;
		s->wrong_owner = false;
	}
	head->owner = &s->owner;
	return true;
}

/* TTL and class, in either order. */
static bool read_ttl_and_class(struct loader *l, const struct entry *e, struct head *head)
{
	bool class_given = false;
	head->ttl_given = false;
	for (; head->type < e->n; head->type++) {
		const struct token *t = &e->tokens[head->type];
		if (!class_given && token_is(t, "IN")) {
			class_given = true;
		} else if (!head->ttl_given && isdigit((unsigned char)t->text[0])) {
			if (!value_ttl(t->text, t->len, &head->ttl_s))
				return refuse(l, e, head->type, "not a TTL; write it like 30, 90s or 1h30m");
			head->ttl_given = true;
		} else if (token_is(t, "CH") || token_is(t, "HS") || token_is(t, "CS")) {
			return refuse(l, e, head->type, "the only class of a zone is IN");
		} else {
			return true;
		}
	}
	return refuse(l, e, e->n, "the entry ends before a record type");
}

static bool settle_ttl(struct loader *l, const struct entry *e, struct head *head)
{
	if (head->ttl_given) {
		l->last_ttl = head->ttl_s;
		l->has_last_ttl = true;
	} else if (l->has_default_ttl) {
		head->ttl_s = l->default_ttl;
	} else if (l->has_last_ttl) {
		head->ttl_s = l->last_ttl;
	} else {
		return refuse(l, e, head->type, "no TTL: give the record one, or set $TTL above it");
	}
	return true;
}

/* ALIAS NAME: the record stands for what that name has. */
static struct draft_record *read_alias(struct loader *l, const struct entry *e, const struct head *head)
{
	struct name target;
	if (e->n != head->type + 2) {
		refuse(l, e, head->type + 2, "ALIAS takes one domain name");
		return NULL;
	}
	if (!read_name(l, e, head->type + 1, &target))
		return NULL;
	struct draft_owner *owner = draft_owner(l->draft, head->owner);
	return draft_add(l->draft, owner, DRAFT_ALIAS, target.octets, target.len);
}

static struct draft_record *read_record(struct loader *l, const struct entry *e, const struct head *head)
{
	struct draft_record *record;
	if (token_is(&e->tokens[head->type], "ALIAS")) {
		record = read_alias(l, e, head);
	} else {
		if (!rdata_type_check(e, head->type, l->context->faults) ||
		    !rdata_parse(e, head->type, &scope(l)->origin, &l->rdata, l->context->faults))
			return NULL;
		struct draft_owner *owner = draft_owner(l->draft, head->owner);
		record = draft_add(l->draft, owner, l->rdata.type, l->rdata.octets, l->rdata.len);
	}
	if (record == NULL)
		return NULL;
	record->file = file_of(l, e);
	record->line = e->tokens[head->type].line;
	record->column = e->tokens[head->type].column;
	record->ttl_s = head->ttl_s & INT32_MAX;
	record->ttl_given = head->ttl_given;
	return record;
}

/* The target that an AT record's own check polls; false where nothing says which address. */
static bool read_target(struct loader *l, const struct entry *e, size_t type_token, const struct at_entry *at,
			uint32_t *target)
{
	struct endpoint address = at->address;
	const struct check *check = &l->context->config->checks[at->check];
	if (!at->has_address) {
		uint16_t type = token_is(&e->tokens[type_token], "ALIAS") ? DRAFT_ALIAS : l->rdata.type;
		if (type != TYPE_A && type != TYPE_AAAA)
			return refuse(l, e, 0, "check= needs address= where the record is no address");
		address = (struct endpoint){.addr.family = type == TYPE_A ? FAMILY_V4 : FAMILY_V6};
		memcpy(address.addr.octets, l->rdata.octets, l->rdata.len);
	}
	if (address.port == 0 && check_needs_port(l->context->config, check)) {
		fault_add(l->context->faults, token_spot(e, &e->tokens[0]),
			  "check \"%s\" has no port=, so address= must have one", check->name);
		return false;
	}
	*target = roster_target(l->context->roster, &address, check);
	return true;
}

/* The record is a candidate. */
static struct draft_at *place(struct loader *l, const struct head *head, struct draft_record *record,
			      const struct at_entry *entry)
{
	struct draft_at *at = arena_alloc(l->draft->arena, sizeof(*at));
	*at = (struct draft_at){*entry, ROSTER_NONE};
	record->steer = at;
	draft_steer(l->draft, draft_owner(l->draft, head->owner));
	return at;
}

static void read_at(struct loader *l, const struct entry *e, struct head *head)
{
	struct at_entry entry;
	if (!at_parse(e, head->type + 1, l->context->config, l->context->faults, &entry, &head->type))
		return;
	struct draft_record *record = read_record(l, e, head);
	if (record == NULL)
		return;
	struct draft_at *at = place(l, head, record, &entry);
	if (entry.check != CONFIG_NONE)
		read_target(l, e, head->type, &entry, &at->target);
	if (record->type == TYPE_SOA || record->type == TYPE_NS || record->type == TYPE_DNAME ||
	    record->type == TYPE_DS)
		refuse(l, e, head->type,
		       "SOA, NS, DS and DNAME make up the zone itself and can't be steered");
}

/* An ALIAS without AT is the only candidate, and in no datacenter. */
static void read_plain_alias(struct loader *l, const struct entry *e, const struct head *head)
{
	static const struct at_entry anywhere = {
		.datacenter = CONFIG_NONE, .weight = 1, .check = CONFIG_NONE};
	struct draft_record *record = read_record(l, e, head);
	if (record != NULL)
		place(l, head, record, &anywhere);
}

static void read_steer(struct loader *l, const struct entry *e, const struct head *head)
{
	struct steer_entry steer;
	struct faults *faults = l->context->faults;
	if (!steer_parse(e, head->type + 1, l->context->config, l->context->arena, faults, &steer))
		return;
	struct draft_steered *owner = draft_steer(l->draft, draft_owner(l->draft, head->owner));
	struct spot at = token_spot(e, &e->tokens[head->type]);
	uint32_t file = file_of(l, e);
	at.file = l->draft->files[file]; /* outlives the lexer */
	if (head->ttl_given) {
		l->last_ttl = head->ttl_s;
		l->has_last_ttl = true;
	}
	if (owner->steer != NULL) {
		fault_add(faults, at, "the name has a STEER already, at line %u", owner->steer_at.line);
		return;
	}
	owner->steer = arena_copy(l->draft->arena, &steer, sizeof(steer));
	owner->steer_at = at;
	owner->steer_has_ttl = head->ttl_given;
	owner->steer_ttl_s = head->ttl_s;
}

void loader_entry(struct loader *l, const struct entry *e)
{
	struct head head;
	if (l->depth > e->depth)
		l->depth = e->depth;
	if (read_directive(l, e) || !read_owner(l, e, &head) || !read_ttl_and_class(l, e, &head))
		return;
	if (token_is(&e->tokens[head.type], "STEER"))
		read_steer(l, e, &head);
	else if (!settle_ttl(l, e, &head))
		return;
	else if (token_is(&e->tokens[head.type], "AT"))
		read_at(l, e, &head);
	else if (token_is(&e->tokens[head.type], "ALIAS"))
		read_plain_alias(l, e, &head);
	else
		read_record(l, e, &head);
}
