/* SPDX-License-Identifier: ISC */
/* Tables, colours, ages. */
#include "table.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct cell {
	enum colour colour;
	char *text;
};

void table_add(struct table *table, enum colour colour, const char *text)
{
	if (text == NULL)
		text = "-";
	char *copy = mem_copy_text(text, strlen(text));
	for (char *c = copy; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	table->cells = mem_grow(table->cells, &table->cap, table->n + 1, sizeof(*table->cells));
	table->cells[table->n++] = (struct cell){colour, copy};
}

/* Characters, of UTF-8. */
static int width(const char *text)
{
	int n = 0;
	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void table_paint(const char *text, enum colour colour, bool coloured, FILE *out)
{
	static const char *const codes[] = {[COLOUR_NONE] = "",
					    [COLOUR_GOOD] = "\033[32m",
					    [COLOUR_MIDDLING] = "\033[33m",
					    [COLOUR_BAD] = "\033[1;31m"};
	if (coloured && colour != COLOUR_NONE)
		fprintf(out, "%s%s\033[0m", codes[colour], text);
	else
		fputs(text, out);
}

void table_print(const struct table *table, bool coloured, FILE *out)
{
	int widths[TABLE_COLUMNS_MAX] = {0};
	for (size_t i = 0; i < table->n; i++) {
		int w = width(table->cells[i].text), *widest = &widths[i % table->columns];
		*widest = w > *widest ? w : *widest;
	}
	for (size_t i = 0; i < table->n; i++) {
		const struct cell *cell = &table->cells[i];
		table_paint(cell->text, cell->colour, coloured, out);
		if (i % table->columns == table->columns - 1)
			fputc('\n', out);
		else
			fprintf(out, "%*s", widths[i % table->columns] - width(cell->text) + 2, "");
	}
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->cells[i].text);
	free(table->cells);
}

bool table_coloured(FILE *out)
{
	const char *no = getenv("NO_COLOR");
	return isatty(fileno(out)) && (no == NULL || no[0] == '\0');
}

char *age_text(int64_t seconds, char *out)
{
	static const struct {
		int64_t least, unit;
		char letter;
	} rows[] = {{172800, 86400, 'd'}, {7200, 3600, 'h'}, {120, 60, 'm'}, {0, 1, 's'}};
	size_t i = 0;
	while (seconds < rows[i].least && rows[i].least > 0)
		i++;
	snprintf(out, AGE_MAX, "%lld%c", (long long)((seconds > 0 ? seconds : 0) / rows[i].unit),
		 rows[i].letter);
	return out;
}

bool age_of(const char *moment, int64_t *seconds)
{
	struct tm tm = {0};
	if (moment == NULL || strptime(moment, "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return false;
	*seconds = (int64_t)(time(NULL) - timegm(&tm));
	return true;
}
